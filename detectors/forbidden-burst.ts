import { z } from 'zod';
import type { AuditEvent, Denial, Facts, Memory, Micros, Scale, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  defineDetector,
  duration,
  formatDuration,
  isComponent,
  lasting,
  listed,
  MINUTE,
  sentence,
} from '../src/model/index.ts';

const params = z.object({
  refusals: z.int().min(2).max(1_000).default(6).describe('Refusals of one actor within the window that make a burst'),
  window: duration('5m').describe('The span in which a burst is counted'),
  failedLogins: z.int().min(2).max(1_000).default(10).describe('Failed logins of one source that make a burst'),
  slowTargets: z
    .int()
    .min(2)
    .max(100)
    .default(15)
    .describe('Different things refused within slowWindow that count although there was no burst'),
  slowWindow: duration('1h').describe('The span in which slow probing is counted'),
});

/** By who said no. A failed login or a check of admission says less than an authorizer: never high. */
const DENIALS: Readonly<Record<Denial, readonly [action: string, did: string, scale: Scale]>> = {
  authorization: ['forbidden-burst', 'was refused', { low: 25, medium: 50, high: 80 }],
  authentication: ['login-failed-burst', 'was not let in', { low: 25, medium: 50 }],
  admission: ['admission-refused-burst', 'was refused', { low: 25, medium: 50 }],
};
/** Where clients ask what they may do. */
const QUESTIONS = ['selfsubjectrulesreviews', 'selfsubjectaccessreviews', 'selfsubjectreviews'];
const SENSITIVE =
  /^(secrets|serviceaccounts\/token|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy|(cluster)?role(binding)?s|certificatesigningrequests|(mutating|validating)webhookconfigurations)(\/|$)/;
/** Different things that are counted; more are "or more". */
const MOST = 100;
const FEWER = 32;

/** One actor is told no again and again: someone tries what a credential can do, or looks around without rights. */
export const forbiddenBurst = defineDetector<z.output<typeof params>>({
  id: 'forbidden-burst',
  version: '1',
  name: 'Many refused requests',
  description: 'One actor is refused again and again, over many resources and namespaces.',
  category: 'forbidden',
  eventCategory: ['api'],
  eventType: ['access', 'denied'],
  tactics: [{ id: 'TA0007', name: 'Discovery' }],
  techniques: [{ id: 'T1613', name: 'Container and Resource Discovery' }],
  needs:
    'Level Metadata for every request, also refused ones; stage ResponseComplete (failed logins: ResponseStarted).',
  falsePositives: [
    'A controller without its role asks for the same few kinds for ever: few different things, a client library, reads only.',
    'kubectl get all by someone who may not: about ten kinds in one namespace; stays low.',
    'An expired credential in a client that retries: 401 for the same requests.',
  ],
  blindSpots: [
    'Probing that spreads over many credentials, or slower than slowTargets in slowWindow.',
    'Failed logins are keyed by the last hop: clients behind one proxy count as one.',
  ],
  next: [
    'Find out whose credential it is and where it is used from: an address that is no pod or node of the cluster means a stolen token.',
    'Look at what the same actor was allowed to do in that hour: that matters more than what was refused.',
    'Replace the credential if nobody can explain it.',
  ],
  quiet: 30 * MINUTE,
  params,
  wants: [
    { outcome: 'refused', final: true },
    { resources: QUESTIONS, verbs: ['create'], outcome: 'success', final: true },
  ],
  on(event, memory, facts, { refusals, window, failedLogins, slowTargets, slowWindow }) {
    const { key: actor, label } = facts.identity(event);
    const { denial } = event;
    if (denial === undefined) {
      if (QUESTIONS.includes(event.resource)) memory.distinct('questions', actor, event.auditId, slowWindow, MOST);
      return [];
    }
    // A 403 of a proxied backend is the backend's; the escalation check has a detector of its own.
    if (denial === 'admission' && /(\/proxy|^(cluster)?role(binding)?s)$/.test(event.resource)) return [];
    const key = `${denial}/${actor}`;
    const needed = denial === 'authentication' ? failedLogins : refusals;
    const burst = memory.count('refused', key, window, needed);
    const isBurst = burst.count >= needed;
    const fast = breadth('fast', event, memory, actor, window);
    const slow = breadth('slow', event, memory, actor, slowWindow);
    if (!isBurst && slow.targets < slowTargets) return [];

    const [pace, span, seen] = isBurst ? (['fast', window, fast] as const) : (['slow', slowWindow, slow] as const);
    const of = (what: string) => memory.members(`${pace} ${what}`, key, span).filter((each) => each !== '');
    const [namespaces, kinds, sources] = [of('namespaces'), of('kinds'), of('sources')];
    const isPaths = kinds.every((kind) => kind.startsWith('/'));
    const where = [
      ...(namespaces.length > 0 ? [`in ${counted(namespaces.length, 'namespace', FEWER)}`] : []),
      ...(namespaces.length < seen.namespaces && !isPaths ? ['cluster-wide'] : []),
    ].join(' and ');
    const [action, did, scale] = DENIALS[denial];
    const { points, severity, contributions } = addUp(weigh(event, facts, memory, seen, where, slowWindow), scale);
    if (points < 15) return [];
    return [
      {
        key,
        severity,
        action,
        reason: ({ count, firstSeen, lastSeen }) =>
          sentence(
            `${clip(label)} ${did} ${count} times within ${lasting(lastSeen - firstSeen)}`,
            sources.length > 0 && `from ${listed(sources)}`,
            `: ${counted(seen.targets, 'different request', MOST)} for`,
            counted(kinds.length, isPaths ? 'path' : 'resource type', FEWER),
            where,
            `(${listed(kinds)})`,
            seen.questions > 0 && `, with ${counted(seen.questions, 'question')} about its own rights`,
          ),
        evidence: burst.evidence,
        window: formatDuration(span),
        observed: { ...seen, refusals: burst.count },
        threshold: isBurst ? { refusals: needed } : { targets: slowTargets },
        contributions,
        target: null,
      },
    ];
  },
});

type Breadth = ReturnType<typeof breadth>;

/** Remembers what the refused request was for; how many different things it has been by now. */
function breadth(pace: string, event: AuditEvent, memory: Memory, actor: string, window: Micros) {
  const key = `${event.denial}/${actor}`;
  const { namespace = '', name = '' } = event.object ?? {};
  const kind = event.resource || event.uri.split('?', 1)[0]!;
  const add = (what: string, value: string | false, most: number): number =>
    value === false
      ? memory.size(`${pace} ${what}`, key, window)
      : memory.distinct(`${pace} ${what}`, key, value, window, most);
  const isRead = ['get', 'list', 'watch', 'head'].includes(event.verb);
  return {
    targets: add('targets', `${event.verb} ${kind} ${namespace}/${name}`, MOST),
    namespaces: add('namespaces', namespace, FEWER),
    kinds: add('kinds', kind, FEWER),
    sensitive: add('sensitive', SENSITIVE.test(kind) && kind, 16),
    writes: add('writes', !isRead && `${event.verb} ${kind}`, 16),
    agents: add('agents', event.userAgent, 8),
    sources: add('sources', event.peer, 8),
    questions: memory.members('questions', actor, window).length,
  };
}

function weigh(
  event: AuditEvent,
  facts: Facts,
  memory: Memory,
  seen: Breadth,
  where: string,
  window: Micros,
): readonly Weight[] {
  const { targets, writes } = seen;
  const different = counted(targets, 'different request', MOST);
  const agents: Weight = [`${seen.agents} user agents`, seen.agents > 1 ? 10 : 0];
  if (event.denial === 'authentication')
    return [['failed logins', 15], [different, Math.min(30, 2 * (targets - 1))], agents];
  const { key, class: actor } = facts.identity(event);
  const client = facts.client(event);
  // Once by hand, by hand for the window: mixing in a library's name buys nothing.
  const byHand = ['tool', 'script', 'bare'].includes(client);
  if (byHand) memory.distinct('by hand', key, '', window, 1);
  const everByHand = byHand || memory.members('by hand', key, window).length > 0;
  const impersonates = event.denial === 'authorization' && /\bcannot impersonate/.test(event.statusMessage);
  const isOwn = client === 'component';
  return [
    [different, Math.min(45, 3 * targets)],
    [where, Math.min(24, 4 * (seen.namespaces - 1))],
    [counted(seen.sensitive, 'sensitive resource type'), Math.min(20, 5 * seen.sensitive)],
    [`${counted(writes, 'kind')} of change tried`, Math.min(15, 5 * writes)],
    ['asked what it may do', seen.questions > 0 ? 10 : 0],
    ['a machine credential used by hand', everByHand && actor === 'serviceaccount' ? 10 : 0],
    ['a component credential in another client', isComponent(actor) && !isOwn ? 25 : 0],
    agents,
    ['tried to act as someone else', impersonates ? 15 : 0],
    ['only reads by a client library, as controllers without rights do', !everByHand && writes === 0 ? -25 : 0],
    ['a cluster component', isComponent(actor) && isOwn ? -40 : 0],
  ];
}
