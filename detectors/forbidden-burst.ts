import { z } from 'zod';
import type { AuditEvent, Contribution, Facts, Finding, Memory, Severity } from '../src/model/index.ts';
import { defineDetector, duration, formatDuration, MINUTE, SECOND } from '../src/model/index.ts';

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
type Params = z.output<typeof params>;

const QUESTIONS = ['selfsubjectrulesreviews', 'selfsubjectaccessreviews', 'selfsubjectreviews'];
const SENSITIVE =
  /^(secrets|serviceaccounts\/token|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy|(cluster)?role(binding)?s|certificatesigningrequests|(mutating|validating)webhookconfigurations)(\/|$)/;
const READS = new Set(['get', 'list', 'watch', 'head']);
/** Clients that a person or a script drives, as against the library of a controller. */
const BY_HAND = /^(kubectl|curl|wget|python|httpie|postman|k9s|powershell|go-http-client)/i;
/** How the parts of Kubernetes itself name their client, kubectl apart. */
const COMPONENT = /^(?!kubectl)[\w.-]{1,64}\/\S{1,64} \([\w/]{1,32}\) kubernetes\//;
const MOST = 100;

/** One actor is told no again and again: someone tries what a credential can do, or looks around without rights. */
export const forbiddenBurst = defineDetector<Params>({
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
  quiet: 30 * MINUTE,
  params,
  wants: [
    { outcome: 'refused', final: true },
    { resources: QUESTIONS, verbs: ['create'], outcome: 'success', final: true },
  ],
  on(event, memory, facts, { refusals, window, failedLogins, slowTargets, slowWindow }) {
    const { key: actor } = facts.identity(event);
    if (event.denial === undefined) {
      if (QUESTIONS.includes(event.resource)) memory.distinct('questions', actor, event.auditId, slowWindow, MOST);
      return [];
    }
    // A 403 of a proxied backend is the backend's; the escalation check has a detector of its own.
    if (event.denial === 'admission' && /(\/proxy|^(cluster)?role(binding)?s)$/.test(event.resource)) return [];
    const login = event.denial === 'authentication';
    const key = `${event.denial}/${actor}`;
    const needed = login ? failedLogins : refusals;
    const burst = memory.count('refused', key, window, needed);
    const fast = breadth('fast', event, memory, key, window);
    const slow = breadth('slow', event, memory, key, slowWindow);
    const isBurst = burst.count >= needed;
    if (!isBurst && slow.targets < slowTargets) return [];
    const seen = isBurst ? fast : slow;
    const contributions = login ? weighLogins(seen) : weigh(event, facts, memory, actor, seen, slowWindow);
    const score = contributions.reduce((sum, each) => sum + each.points, 0);
    if (score < 15) return [];
    const of = (what: string) =>
      memory.members(`${isBurst ? 'fast' : 'slow'} ${what}`, key, isBurst ? window : slowWindow);
    const kinds = of('kinds');
    const sources = of('sources').filter((each) => each !== '');
    const finding: Finding = {
      key,
      severity: severityOf(score, event),
      action: login
        ? 'login-failed-burst'
        : event.denial === 'admission'
          ? 'admission-refused-burst'
          : 'forbidden-burst',
      reason: (life) =>
        `${clip(facts.identity(event).label)} was ${login ? 'not let in' : 'refused'} ${life.count} times within ` +
        `${lasting(life.lastSeen - life.firstSeen)}${sources.length === 0 ? '' : ` from ${listed(sources)}`}: ` +
        `${counted(seen.targets, 'different request')} over ${counted(seen.kinds, 'kind')} in ${counted(seen.namespaces, 'scope')} (${listed(kinds)})` +
        `${seen.questions > 0 ? `, with ${counted(seen.questions, 'question')} about its own rights` : ''}.`,
      evidence: burst.evidence,
      window: formatDuration(isBurst ? window : slowWindow),
      observed: { ...seen, refusals: burst.count },
      threshold: isBurst ? { refusals: needed } : { targets: slowTargets },
      contributions,
      target: null,
    };
    return [finding];
  },
});

interface Breadth {
  readonly targets: number;
  readonly namespaces: number;
  readonly kinds: number;
  readonly sensitive: number;
  readonly writes: number;
  readonly agents: number;
  readonly sources: number;
  readonly questions: number;
}

function breadth(name: string, event: AuditEvent, memory: Memory, key: string, window: number): Breadth {
  const path = event.uri.split('?', 1)[0]!;
  const kind = event.resource === '' ? path : event.resource;
  const scope = event.object?.namespace ?? '';
  const add = (what: string, value: string | undefined, most: number): number =>
    value === undefined
      ? memory.members(`${name} ${what}`, key, window).length
      : memory.distinct(`${name} ${what}`, key, value, window, most);
  return {
    targets: add('targets', `${event.verb} ${kind} ${scope}/${event.object?.name ?? ''}`, MOST),
    namespaces: add('namespaces', scope, 32),
    kinds: add('kinds', kind, 32),
    sensitive: add('sensitive', SENSITIVE.test(kind) ? kind : undefined, 16),
    writes: add('writes', READS.has(event.verb) ? undefined : `${event.verb} ${kind}`, 16),
    agents: add('agents', event.userAgent, 8),
    sources: add('sources', event.peer, 8),
    questions: memory.members('questions', key.slice(key.indexOf('/') + 1), window).length,
  };
}

function weigh(
  event: AuditEvent,
  facts: Facts,
  memory: Memory,
  actor: string,
  seen: Breadth,
  window: number,
): Contribution[] {
  const byHand = BY_HAND.test(event.userAgent);
  const { class: actorClass } = facts.identity(event);
  // Once by hand, by hand for the window: mixing in a library's name buys nothing.
  if (byHand) memory.distinct('by hand', actor, '', window, 1);
  const everByHand = byHand || memory.members('by hand', actor, window).length > 0;
  const component = actorClass === 'control-plane' || actorClass === 'node';
  const own = COMPONENT.test(event.userAgent);
  const impersonation = event.denial === 'authorization' && /\bcannot impersonate/.test(event.statusMessage);
  const parts: [string, number][] = [
    [`${upTo(seen.targets)} different requests`, Math.min(45, 3 * seen.targets)],
    [`${seen.namespaces} scopes`, Math.min(24, 4 * (seen.namespaces - 1))],
    [`${seen.sensitive} sensitive kinds`, Math.min(20, 5 * seen.sensitive)],
    [`${seen.writes} kinds of change tried`, Math.min(15, 5 * seen.writes)],
    ['asked what it may do', seen.questions > 0 ? 10 : 0],
    ['a machine credential used by hand', everByHand && actorClass === 'serviceaccount' ? 10 : 0],
    ['a component credential in another client', component && !own ? 25 : 0],
    [`${seen.agents} user agents`, seen.agents > 1 ? 10 : 0],
    ['tried to act as someone else', impersonation ? 15 : 0],
    ['only reads by a client library, as controllers without rights do', !everByHand && seen.writes === 0 ? -25 : 0],
    ['a cluster component', component && own ? -40 : 0],
  ];
  return contributions(parts);
}

const weighLogins = (seen: Breadth): Contribution[] =>
  contributions([
    ['failed logins', 15],
    [`${upTo(seen.targets)} different requests`, Math.min(30, 2 * (seen.targets - 1))],
    [`${seen.agents} user agents`, seen.agents > 1 ? 10 : 0],
  ]);

const contributions = (parts: readonly [string, number][]): Contribution[] =>
  parts.filter(([, points]) => points !== 0).map(([what, points]) => ({ what, points }));

function severityOf(score: number, { denial }: AuditEvent): Severity {
  const severity = score >= 80 ? 'high' : score >= 50 ? 'medium' : score >= 25 ? 'low' : 'info';
  return severity === 'high' && denial !== 'authorization' ? 'medium' : severity;
}

const upTo = (count: number): string => (count >= MOST ? `${MOST} or more` : String(count));

const counted = (count: number, what: string): string => `${upTo(count)} ${what}${count === 1 ? '' : 's'}`;

const lasting = (span: number): string =>
  span < 120 * SECOND ? `${Math.max(1, Math.round(span / SECOND))} s` : `${Math.round(span / MINUTE)} min`;

const listed = (names: readonly string[]): string =>
  names.slice(0, 4).map(clip).join(', ') + (names.length > 4 ? ', …' : '');

const clip = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 99).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
