import { z } from 'zod';
import type { AlertLife, AuditEvent, Facts, Memory, Micros, Reached, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  DAY,
  defineDetector,
  duration,
  formatDuration,
  hasBegun,
  HOUR,
} from '../src/model/index.ts';
import { isComponent, lasting, sentence, isTool, baselineOf } from '../src/model/index.ts';

const params = z.object({
  window: duration('15m').describe('The span of a quick tour'),
  workloads: z
    .int()
    .min(2)
    .max(100)
    .default(4)
    .describe('Different workloads entered in the window that make it a tour'),
  slowWindow: duration('24h').describe('The span of a slow tour, and of failed attempts'),
  slowWorkloads: z
    .int()
    .min(2)
    .max(100)
    .default(12)
    .describe('Different workloads entered in the slow window that make it a tour'),
  attempts: z
    .int()
    .min(2)
    .max(100)
    .default(5)
    .describe('Different targets that failed in the slow window that make it a probe'),
});
type Params = z.output<typeof params>;

const SCALE = { low: 15, medium: 40, high: 70, critical: 110 };
/** Different things that are counted; more are "or more". */
const MOST = 100;
const EVIDENCE = 40;
/** How long a round that was told is remembered. */
const TOLD = 30 * DAY;
/** What gets inside; ports and proxied requests only reach. */
const INSIDE: ReadonlySet<string> = new Set(['pods/exec', 'pods/attach', 'pods/ephemeralcontainers']);

/** One actor goes into many workloads, or stands before many closed doors. */
export const execTour = defineDetector<Params>({
  id: 'exec-tour',
  version: '1',
  name: 'Tour through running pods',
  description: 'One identity goes into many workloads, fast or slowly, or fails at many.',
  category: 'exec',
  eventCategory: ['process', 'session'],
  eventType: ['start'],
  tactics: [
    { id: 'TA0002', name: 'Execution' },
    { id: 'TA0008', name: 'Lateral Movement' },
  ],
  techniques: [
    { id: 'T1609', name: 'Container Administration Command' },
    { id: 'T1613', name: 'Container and Resource Discovery' },
  ],
  needs:
    'Level Metadata for pods/exec, attach, portforward, ephemeralcontainers and the proxies; stage ResponseStarted to count a session when it begins, else ResponseComplete when it ends.',
  falsePositives: [
    'An incident: somebody looks into many workloads in a short time.',
    'A tool that runs one command in every workload (an inventory, a migration) with the credential of a person.',
  ],
  blindSpots: [
    'Operators through their own client are only counted once their network or program is unusual.',
    'Tours that are slower than slowWorkloads in slowWindow, and ports forwarded one by one.',
    'Workloads are told by the names of their pods: pods with names of their own count one by one.',
  ],
  next: [
    'Ask the owner of the credential whether it was they, and what for.',
    'See which of the workloads hold secrets or strong service accounts, and replace those first.',
    'Look at what was run: each workload has an alert of its own.',
  ],
  quiet: 12 * HOUR,
  params,
  wants: [{ resources: [...INSIDE, 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'] }],
  on(event, memory, facts, settings) {
    const reached = facts.reached(event);
    // A dashboard behind a proxy is no way in; a door that stays shut counts.
    if (reached === undefined || (reached.aim === 'other' && event.outcome === 'success')) return [];
    if (isAtWork(event, facts, reached) || hasBegun(event, memory)) return [];
    const { window, slowWindow, workloads, slowWorkloads, attempts } = settings;
    const { key, label } = facts.identity(event);
    const entries = memory.count('tour', key, slowWindow, EVIDENCE);
    const seen = remember(event, reached, key, memory, settings);
    const { quick, slow, failed, namespaces } = seen;
    if (quick < workloads && slow < slowWorkloads && failed < attempts) return [];
    const breadth = weighBreadth(seen, settings);
    const weights: readonly Weight[] = [...breadth, ...weighActor(event, facts, reached)];
    const { points } = addUp(weights, SCALE);
    const isKnown = points < SCALE.high && wasTold(key, memory, slowWindow);
    const again: Weight = [
      'the same workloads as on an earlier day',
      isKnown ? Math.min(0, SCALE.medium - 1 - points) : 0,
    ];
    const { severity, contributions } = addUp([...weights, again], SCALE);
    return [
      {
        key,
        severity,
        action: slow > 0 ? 'pods-tour' : 'pods-probe',
        reason: ({ firstSeen, lastSeen }: AlertLife) =>
          sentence(
            clip(label),
            slow > 0 && `went into ${counted(slow, 'workload', MOST)}`,
            slow > 0 && failed > 0 && 'and',
            failed > 0 && `failed at ${counted(failed, 'target', MOST)}`,
            `in ${counted(namespaces, 'namespace', MOST)} within ${lasting(lastSeen - firstSeen)}`,
            event.peer !== '' && `, last from ${clip(event.peer)}`,
            `(${contributions.map(({ what }) => what).join('; ')})`,
          ),
        evidence: entries.evidence,
        target: null,
        window: formatDuration(quick >= workloads ? window : slowWindow),
        observed: { workloads: quick, slow_workloads: slow, failed, namespaces },
        threshold: { workloads, slow_workloads: slowWorkloads, failed: attempts },
        baseline: baselineOf(event, facts),
        contributions,
      },
    ];
  },
});

/** An operator goes where its work is; nothing but a change of its habits makes a visitor of it. */
function isAtWork(event: AuditEvent, facts: Facts, { hasTerminal }: Reached): boolean {
  if (facts.identity(event).class !== 'serviceaccount') return false;
  const isOwn = !hasTerminal && !isTool(facts.client(event));
  const isAsEver = facts.habit(event, 'network') !== 'unusual' && facts.habit(event, 'agent') !== 'unusual';
  return isOwn && isAsEver && event.denial !== 'authorization';
}

/** A round that goes where earlier ones went is told to people once; what was not among them, or was seen to fail, is news. */
function wasTold(key: string, memory: Memory, slowWindow: Micros): boolean {
  if (memory.size('failed', key, slowWindow) > 0) return false;
  const known = new Set(memory.members('toured', key, TOLD));
  const round = memory.members('slow', key, slowWindow);
  for (const each of round) memory.distinct('toured', key, each, TOLD, MOST);
  return round.every((each) => known.has(each));
}

type Seen = ReturnType<typeof remember>;

function remember(event: AuditEvent, reached: Reached, key: string, memory: Memory, settings: Params) {
  const { window, slowWindow } = settings;
  const object = `${reached.namespace}/${reached.workload}`;
  const isInside = event.outcome === 'success' && (INSIDE.has(event.resource) || reached.aim === 'command');
  if (isInside) {
    memory.distinct('quick', key, object, window, MOST);
    memory.distinct('slow', key, object, slowWindow, MOST);
  }
  if (event.outcome === 'failure') memory.distinct('failed', key, `${event.resource} ${object}`, slowWindow, MOST);
  return {
    quick: memory.size('quick', key, window),
    slow: memory.size('slow', key, slowWindow),
    failed: memory.size('failed', key, slowWindow),
    namespaces: memory.distinct('namespaces', key, reached.namespace, slowWindow, MOST),
    ways: memory.distinct('ways', key, event.resource, slowWindow, 8),
  };
}

function weighBreadth({ quick, slow, failed, namespaces, ways }: Seen, settings: Params): readonly Weight[] {
  const { window, slowWindow, workloads, slowWorkloads, attempts } = settings;
  const byQuick = quick >= workloads ? Math.min(45, 5 * quick) : 0;
  const bySlow = slow >= slowWorkloads ? Math.min(45, 2 * slow) : 0;
  const isProbe = failed >= attempts;
  return [
    [`${counted(quick, 'workload', MOST)} within ${formatDuration(window)}`, byQuick >= bySlow ? byQuick : 0],
    [`${counted(slow, 'workload', MOST)} within ${formatDuration(slowWindow)}`, bySlow > byQuick ? bySlow : 0],
    [`${counted(failed, 'target', MOST)} where it failed`, isProbe ? Math.min(30, 3 * failed) : 0],
    ['none let it in', slow === 0 && failed >= 2 * attempts ? 10 : 0],
    [`${namespaces} namespaces`, Math.min(20, 4 * (namespaces - 1))],
    [`${ways} different ways in`, Math.min(12, 4 * (ways - 1))],
  ];
}

function weighActor(event: AuditEvent, facts: Facts, { hasTerminal }: Reached): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const isAccount = actor === 'serviceaccount';
  const byHand = hasTerminal || isTool(facts.client(event));
  return [
    ['a service account by hand', isAccount && byHand ? 10 : 0],
    ['its token is bound to no pod', isAccount && !facts.isPodBound(event.user) ? 10 : 0],
    ['a cluster component', isComponent(actor) || isComponent(facts.classOf(event.user)) ? 30 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 15],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
    ['it never did such a thing', facts.habit(event, 'deed') === 'unusual' ? 10 : 0],
    ['never from this network', facts.habit(event, 'network') === 'unusual' ? 15 : 0],
    ['never with this program', facts.habit(event, 'agent') === 'unusual' ? 10 : 0],
    ['not seen before today', facts.history(event).isNewcomer ? 10 : 0],
  ];
}
