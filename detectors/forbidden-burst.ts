import { z } from 'zod';
import type {
  AlertLife,
  AuditEvent,
  Client,
  Denial,
  Evidence,
  Facts,
  Finding,
  Memory,
  Micros,
  Reach,
  Scale,
  Sighting,
  Weight,
} from '../src/model/index.ts';
import {
  addUp,
  askedFor,
  clip,
  counted,
  DAY,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  lasting,
  listed,
  MINUTE,
  reachOf,
  sentence,
  whereOf,
  baselineOf,
  SELF_REVIEWS,
} from '../src/model/index.ts';

const params = z.object({
  refusals: z.int().min(2).max(1_000).default(6).describe('Refusals of one actor within the window that make a burst'),
  window: duration('5m').describe('The span in which a burst is counted'),
  slowTargets: z.int().min(2).max(100).default(15).describe('Different things within slowWindow that count as well'),
  slowWindow: duration('24h').describe('The span in which slow probing is counted'),
});

/** By who said no. A check of admission says less than an authorizer: never high. */
const DENIALS: ReadonlyMap<Denial | undefined, readonly [action: string, scale: Scale]> = new Map([
  ['authorization', ['forbidden-burst', { low: 25, medium: 50, high: 80 }]],
  ['admission', ['admission-refused-burst', { low: 25, medium: 50 }]],
]);
const ELSEWHERE = /(\/proxy|^(cluster)?role(binding)?s)$/;
/** Where clients ask what they may do. */
const BY_HAND: ReadonlySet<string> = new Set(['tool', 'script', 'bare']);
/** Programs that show a person what there is: they poll everything, and mean nothing by it. */
const SCREEN = /^(k9s|mozilla)/i;
/** Different things that are counted; more are "or more". */
const MOST = 64;
/** What a dashboard or a controller that lacks its rights may look like: low, however much it polls. */
const CALM = 34;
/** Refusals of a kind that go on for so long, so often, and are of so few kinds, are known. */
const KNOWN = { after: 3 * HOUR, times: 12, kinds: { byHand: 12, others: 60 }, kept: 3 * DAY } as const;
/** For how long an alert stays open, unless it is configured otherwise. */
const QUIET = 30 * MINUTE;
/** Evidence from before the alert. */
const EARLIER = { things: 32, questions: 64 } as const;

/** One actor is told no again and again: someone tries what a credential can do, or looks around without rights. */
export const forbiddenBurst = defineDetector<z.output<typeof params>>({
  id: 'forbidden-burst',
  version: '2',
  name: 'Many refused requests',
  description: 'One actor is refused again and again, over many resources and namespaces.',
  category: 'forbidden',
  eventCategory: ['api'],
  eventType: ['access', 'denied'],
  tactics: [{ id: 'TA0007', name: 'Discovery' }],
  techniques: [{ id: 'T1613', name: 'Container and Resource Discovery' }],
  needs: 'Level Metadata for every request, also refused ones; stage ResponseComplete.',
  falsePositives: [
    'A controller without its role asks for the same few kinds for ever: low at most, and known after three hours.',
    'Lens, k9s, Headlamp or Rancher poll what their user may not see: low, however many kinds and namespaces.',
    'kubectl get all by someone who may not: about ten kinds in one namespace; info.',
    'A pipeline without its rights: few kinds in few namespaces, by name; low.',
  ],
  blindSpots: [
    'Fewer different things than slowTargets in slowWindow.',
    'Wide reading through a client library or what calls itself a dashboard: low by itself, until something else is odd.',
    'What a controller has long been refused, asked for by a thief in its name and with its kind of client.',
  ],
  next: [
    'Find out whose credential it is and where it is used from: an address that is no pod or node of the cluster means a stolen token.',
    'Look at what the same actor was allowed to do in that hour: that matters more than what was refused.',
    'Replace the credential if nobody can explain it.',
  ],
  quiet: QUIET,
  params,
  wants: [
    { outcome: 'refused', final: true },
    { resources: SELF_REVIEWS, verbs: ['create'], outcome: 'success', final: true },
    { verbs: ['list'], outcome: 'success', final: true, by: 'refused' },
  ],
  on(event, memory, facts, { refusals, window, slowTargets, slowWindow }) {
    const style = styleOf(event, facts);
    if (event.denial === undefined) return whileAllowed(event, memory, facts, slowWindow, style);
    const judged = DENIALS.get(event.denial);
    // A 403 of a proxied backend is the backend's; the escalation check, failed logins and paths without login have detectors of their own.
    if (!judged || (event.denial === 'admission' && ELSEWHERE.test(event.resource))) return [];
    if (event.resource === '' && facts.identity(event).class === 'anonymous') return [];
    const key = keyOf(event, facts, style);
    const thing = askedFor(event);
    if (isKnown(event, memory, key, style, thing)) return [];

    const set = BY_HAND.has(style) ? 'hand' : 'own';
    const before = memory.size(`slow ${set}`, key, slowWindow);
    if (memory.distinct(`slow ${set}`, key, thing, slowWindow, MOST) !== before)
      memory.count('things', key, slowWindow, EARLIER.things);
    memory.distinct(`fast ${set}`, key, thing, window, MOST);
    memory.distinct('agents', key, `${style} ${event.userAgent}`, HOUR, 8);
    memory.distinct('sources', key, event.peer, HOUR, 8);
    const run = memory.session('run', key, QUIET);
    const burst = memory.count('refused', key, window, refusals);

    const isBurst = burst.count >= refusals;
    const slowly = memory.size('slow hand', key, slowWindow) + memory.size('slow own', key, slowWindow);
    const quickly = memory.size('fast hand', key, window) + memory.size('fast own', key, window);
    const isSlow = slowly >= slowTargets && (!isBurst || slowly > quickly);
    if (!isBurst && !isSlow) return [];
    const views = [
      ...(isBurst ? [look(event, memory, facts, key, judged[1], 'fast', window)] : []),
      ...(isSlow ? [look(event, memory, facts, key, judged[1], 'slow', slowWindow)] : []),
    ];
    const { pace, span, reach, byHand, sum } = views.reduce((a, b) => (b.sum.points > a.sum.points ? b : a));
    // Whoever is no program is worth a line as soon as there is some breadth.
    if (sum.points < (byHand >= 3 ? 0 : 15)) return [];
    const isFirst = memory.size('told', key, QUIET) === 0;
    memory.distinct('told', key, sum.severity === 'info' ? 'info' : 'graver', QUIET, 2);
    const since = pace === 'fast' ? run.since : 0;
    return [
      {
        key,
        severity: sum.severity,
        action: judged[0],
        reason: tell(event, memory, facts, key, reach, pace === 'fast' ? run : undefined),
        // Later ones have come as events of their own.
        evidence: isFirst ? [...earlier(memory, key, slowWindow, since), ...burst.evidence] : [],
        window: formatDuration(span),
        observed: {
          refusals: run.times,
          targets: reach.cells,
          kinds: reach.kinds.length,
          namespaces: reach.scopes.size,
          sensitive: reach.sensitive,
          writes: reach.writes,
          questions: memory.size('asked', key, HOUR),
        },
        threshold: pace === 'fast' ? { refusals } : { targets: slowTargets },
        contributions: sum.contributions,
        baseline: baselineOf(event, facts),
        target: null,
      },
    ];
  },
});

type Style = Client | 'screen';
type Pace = 'fast' | 'slow';

/** What drives it, and whether that shows a person what there is. A claim, like everything a client says of itself. */
const styleOf = (event: AuditEvent, facts: Facts): Style =>
  SCREEN.test(event.userAgent) ? 'screen' : facts.client(event);

/**
 * Whom the refusals count for. By hand that is the real user, whoever it acts as, so that trying many identities adds up; a program
 * that acts for many people answers for each apart. The separator holds a space, and no part of a key does.
 */
function keyOf(event: AuditEvent, facts: Facts, style: Style): string {
  const { key } = facts.identity(event);
  const who = BY_HAND.has(style) && event.impersonated ? key.split(' as ', 1)[0]! : key;
  return `${event.denial ?? 'authorization'}/${who}`;
}

/** Whether the actor has long been refused just this, with this kind of client, and little else: then it says nothing any more. */
function isKnown(event: AuditEvent, memory: Memory, key: string, style: Style, thing: string): boolean {
  const kind = thing.slice(0, thing.lastIndexOf('\n'));
  const { isNew, since, times } = memory.firstSeen('pairs', `${key} ${style} ${kind}`, KNOWN.kept);
  if (isNew) memory.distinct('kinds', key, kind, KNOWN.kept, 64);
  if (event.time - since < KNOWN.after || times < KNOWN.times) return false;
  if (memory.size('kinds', key, KNOWN.kept) > KNOWN.kinds[BY_HAND.has(style) ? 'byHand' : 'others']) return false;
  memory.distinct('known', key, '', DAY, 1);
  return true;
}

/** A question about its own rights, or a list that was allowed in between. The question is evidence while the alert is open. */
function whileAllowed(
  event: AuditEvent,
  memory: Memory,
  facts: Facts,
  window: Micros,
  style: Style,
): readonly Finding[] {
  const isQuestion = SELF_REVIEWS.includes(event.resource);
  if (!isQuestion && !BY_HAND.has(style)) return [];
  const key = keyOf(event, facts, style);
  if (!isQuestion) {
    if (memory.size('slow hand', key, window) > 0) memory.distinct('allowed', key, event.resource, HOUR, 32);
    return [];
  }
  memory.count('questions', key, HOUR, EARLIER.questions);
  memory.distinct('asked', key, event.auditId, HOUR, MOST);
  if (BY_HAND.has(style)) memory.distinct('asked by hand', key, '', HOUR, 1);
  if (!memory.members('told', key, QUIET).includes('graver')) return [];
  const asks = sentence(`${clip(facts.identity(event).label)} asks what it may do, after refusals`);
  return [{ key, severity: 'info', action: 'self-review', reason: () => asks, target: null }];
}

/** What led to the alert: each first refusal of something, and the questions. */
const earlier = (memory: Memory, key: string, window: Micros, since: Micros): readonly Evidence[] => [
  ...memory.count('questions', key, HOUR, EARLIER.questions).evidence,
  ...memory.count('things', key, window, EARLIER.things).evidence.filter(({ time }) => time >= since),
];

/** What the reach alone says. */
function reaching(reach: Reach, most: number, each: number): readonly Weight[] {
  const { cells, scopes, kinds, sensitive, telling, writes } = reach;
  // Many namespaces of two or three plain kinds is how namespaced controllers look.
  const isFew = kinds.length <= 3 && sensitive === 0 && telling === 0;
  const scoped = Math.max(0, scopes.size - 1);
  return [
    [counted(cells, 'different request', MOST), Math.min(isFew ? 4 * kinds.length : most, cells)],
    [whereOf(scopes), isFew ? Math.min(12, 2 * scoped) : Math.min(24, each * scoped)],
    [counted(sensitive, 'sensitive resource type'), Math.min(20, 4 * sensitive)],
    [`${counted(writes, 'kind')} of change tried`, Math.min(12, 3 * writes)],
  ];
}

/** What is known of the actor's refusals within a span, and how grave that is. */
function look(event: AuditEvent, memory: Memory, facts: Facts, key: string, scale: Scale, pace: Pace, span: Micros) {
  const byHand = memory.members(`${pace} hand`, key, span);
  const others = memory.members(`${pace} own`, key, span);
  const reach = reachOf(others.length === 0 ? byHand : [...new Set([...byHand, ...others])]);
  const { class: actor } = facts.identity(event);
  const isMachine = actor === 'serviceaccount' || isComponent(actor);
  const agents = memory.members('agents', key, HOUR);
  const isBy = (style: Style): boolean => agents.some((each) => each.startsWith(style));
  const isHand = byHand.length > 0;
  // In a day of work a person is refused this and that: kubectl get all is ten kinds at once.
  const isDay = pace === 'slow' && !isMachine;
  const limits = [isDay ? 12 : 30, isDay ? 2 : isMachine || reach.sensitive > 0 ? 4 : 3] as const;
  const whole = reaching(reach, ...limits);
  const calm = CALM + (isBy('screen') ? Math.min(12, 3 * reach.writes) : 0);
  const least = Math.max(calm, isHand && others.length > 0 ? addUp(reaching(reachOf(byHand), ...limits)).points : 0);
  const allowed = isHand ? memory.size('allowed', key, HOUR) : 0;
  // Dashboards ask for their user, and nobody else's credential is in one.
  const asks = isHand && memory.size(isMachine ? 'asked' : 'asked by hand', key, HOUR) > 0;
  const isEditing = isBy('screen') && reach.writes > 0;
  const isOwn = isComponent(actor) && facts.client(event) === 'component';
  const sum = addUp(
    [
      ...whole,
      ['polled, as by dashboards and controllers', others.length > 0 ? Math.min(0, least - addUp(whole).points) : 0],
      ['things that nobody asks for by the way', Math.min(24, 8 * reach.telling)],
      ['tried to act as someone else', reach.kinds.includes('impersonation') ? 20 : 0],
      ['asked what it may do', asks ? (isMachine ? 10 : 5) : 0],
      ['a machine credential in a script', isMachine && isBy('script') ? 20 : 0],
      ['a machine credential used by hand', isMachine && !isBy('script') && (isHand || isEditing) ? 10 : 0],
      ['a component credential in another client', isComponent(actor) && !isOwn ? 40 : 0],
      ['nobody logged in', actor === 'anonymous' ? 15 : 0],
      [`${agents.length} user agents`, isHand && !isDay && agents.length > (isMachine ? 1 : 2) ? 10 : 0],
      ['slowly, over hours', pace === 'slow' && isMachine && isHand ? 10 : 0],
      [`allowed to list ${allowed} other kinds`, isMachine && allowed > 2 ? Math.min(15, 3 * allowed) : 0],
      ['not what it has long been refused', memory.size('known', key, DAY) > 0 ? 10 : 0],
      ['from a network unusual for it', facts.habit(event, 'network') === 'unusual' ? (isMachine ? 25 : 10) : 0],
      ['with a program unusual for it', facts.habit(event, 'agent') === 'unusual' ? (isMachine ? 15 : 5) : 0],
      ['a cluster component', isOwn ? -40 : 0],
    ],
    scale,
  );
  return { pace, span, reach, byHand: byHand.length, sum };
}

/** Told of the run of refusals; of all that is evidence where they are too slow to be one. */
function tell(event: AuditEvent, memory: Memory, facts: Facts, key: string, reach: Reach, run: Sighting | undefined) {
  const { label } = facts.identity(event);
  const sources = memory.members('sources', key, HOUR).filter((each) => each !== '');
  const allowed = memory.members('allowed', key, HOUR);
  const asked = memory.size('asked', key, HOUR);
  const isPaths = reach.kinds.every((kind) => kind.startsWith('/'));
  return ({ count, firstSeen, lastSeen }: AlertLife): string =>
    sentence(
      `${clip(label)} was refused ${counted(run?.times ?? Math.max(1, count - asked), 'time')} within`,
      lasting(run === undefined ? lastSeen - firstSeen : event.time - run.since),
      sources.length > 0 && `from ${listed(sources)}`,
      `: ${counted(reach.cells, 'different request', MOST)} for`,
      counted(reach.kinds.length, isPaths ? 'path' : 'resource type', MOST),
      whereOf(reach.scopes),
      `(${listed(reach.kinds)})`,
      asked > 0 && `, with ${counted(asked, 'question', MOST)} about its own rights`,
      allowed.length > 2 && `; it was allowed to list ${listed(allowed)} meanwhile`,
    );
}
