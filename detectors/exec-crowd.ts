import { z } from 'zod';
import type { AuditEvent, Facts, Finding, Memory, Reached, Weight } from '../src/model/index.ts';
import { addUp, clip, counted, defineDetector, duration, formatDuration, hasBegun, HOUR } from '../src/model/index.ts';
import { lasting, listed, sentence, isTool } from '../src/model/index.ts';

const params = z.object({
  window: duration('15m').describe('The span in which a shared address is one person at one desk'),
  slowWindow: duration('24h').describe('The span in which identities are counted'),
  workload: z
    .int()
    .min(2)
    .max(50)
    .default(6)
    .describe('Different identities in the pods of one workload that are a crowd'),
  namespace: z
    .int()
    .min(2)
    .max(100)
    .default(12)
    .describe('Different identities in the pods of one namespace that are a crowd'),
  address: z.int().min(2).max(50).default(3).describe('Different identities from one address that are worth a word'),
});
type Params = z.output<typeof params>;

const SCALE = { low: 15, medium: 40, high: 70, critical: 110 };
const MOST = 100;
const EVIDENCE = 40;
/** What gets inside; ports and proxied requests only reach. */
const INSIDE: ReadonlySet<string> = new Set(['pods/exec', 'pods/attach', 'pods/ephemeralcontainers']);

/** Many identities go into one workload or namespace, or come from one address: one by one nobody would notice. */
export const execCrowd = defineDetector<Params>({
  id: 'exec-crowd',
  version: '1',
  name: 'Many identities into pods',
  description: 'Different identities go into the pods of one workload or namespace, or come from one address.',
  category: 'exec',
  eventCategory: ['process', 'session'],
  eventType: ['start'],
  tactics: [
    { id: 'TA0002', name: 'Execution' },
    { id: 'TA0001', name: 'Initial Access' },
  ],
  techniques: [
    { id: 'T1609', name: 'Container Administration Command' },
    { id: 'T1078', name: 'Valid Accounts' },
  ],
  needs:
    'Level Metadata for pods/exec, attach, portforward, ephemeralcontainers and the proxies; stage ResponseStarted to count a session when it begins, else ResponseComplete when it ends.',
  falsePositives: [
    'A team that shares one development namespace, or a workload with a console: a crowd of known people.',
    'A bastion, a proxy or a load balancer that hides who calls: all of its users seem to share one address.',
  ],
  blindSpots: [
    'Operators through their own client are not counted.',
    'Few identities a day, each from an address of its own, into different workloads.',
  ],
  next: [
    'Find out what the address is: a desk, a bastion, a pod, or nobody of yours.',
    'Ask the owners of the credentials whether it was they; one who says no speaks for all.',
    'See what the workload holds that so many want.',
  ],
  quiet: 12 * HOUR,
  params,
  wants: [{ resources: [...INSIDE, 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'] }],
  on(event, memory, facts, settings) {
    const reached = facts.reached(event);
    if (reached === undefined || (reached.aim === 'other' && event.outcome === 'success')) return [];
    if (isOperator(event, facts, reached) || hasBegun(event, memory)) return [];
    const isInside = event.outcome === 'success' && (INSIDE.has(event.resource) || reached.aim === 'command');
    const { namespace, workload, isPod } = reached;
    return [
      ...(isInside && isPod ? crowdIn('workload', `${namespace}/${workload}`, event, memory, facts, settings) : []),
      ...(isInside && isPod ? crowdIn('namespace', namespace, event, memory, facts, settings) : []),
      ...(event.peer === '' ? [] : crowdFrom(event, reached, memory, facts, settings)),
    ];
  },
});

const isOperator = (event: AuditEvent, facts: Facts, { hasTerminal }: Reached): boolean =>
  facts.identity(event).class === 'serviceaccount' && !hasTerminal && !isTool(facts.client(event));

function crowdIn(
  what: 'workload' | 'namespace',
  object: string,
  event: AuditEvent,
  memory: Memory,
  facts: Facts,
  settings: Params,
): readonly Finding[] {
  const { slowWindow: window, [what]: threshold } = settings;
  const entries = memory.count(`in ${what}`, object, window, EVIDENCE);
  const identities = memory.distinct(`in ${what}`, object, facts.identity(event).key, window, MOST);
  if (identities < threshold) return [];
  const each = what === 'workload' ? 5 : 3;
  const weights: readonly Weight[] = [
    [`${many(identities)} in one ${what}`, Math.min(60, each * identities)],
    ['a system namespace', facts.isSystem(event.object?.namespace ?? '') ? 15 : 0],
    ...weighNovelty(event, facts),
  ];
  const names = memory.members(`in ${what}`, object, window);
  return [
    {
      key: `${what} ${object}`,
      ...addUp(weights, SCALE),
      action: 'pods-crowd',
      reason: ({ firstSeen, lastSeen }) =>
        sentence(
          `${many(identities)} went into pods of ${what} ${clip(object)} within ${lasting(lastSeen - firstSeen)}`,
          `: ${listed(names.toReversed())}`,
        ),
      evidence: entries.evidence,
      target: null,
      window: formatDuration(window),
      observed: { identities },
      threshold: { identities: threshold },
    },
  ];
}

/** People behind one address are common; people and machine credentials, used by hand in one sitting, are not. */
function crowdFrom(
  event: AuditEvent,
  { namespace, workload }: Reached,
  memory: Memory,
  facts: Facts,
  settings: Params,
): readonly Finding[] {
  const { peer } = event;
  const { window, slowWindow, address } = settings;
  const { key, class: actor } = facts.identity(event);
  const add = (what: string, value: string, span = slowWindow) => memory.distinct(what, peer, value, span, MOST);
  const entries = memory.count('from', peer, slowWindow, EVIDENCE);
  const identities = add('from', key);
  const atOnce = add('at once from', key, window);
  add('classes', actor);
  const ways = add('ways', event.resource);
  if (event.outcome === 'failure') add('failed', `${event.resource} ${namespace}/${workload}`);
  if (identities < address || facts.habit(event, 'network') === 'usual') return [];
  const classes = memory.members('classes', peer, slowWindow);
  const isMixed = classes.includes('human') && classes.length > 1;
  const failed = memory.size('failed', peer, slowWindow);
  const weights: readonly Weight[] = [
    [`${many(identities)} from one address`, isMixed ? Math.min(40, 10 * identities) : Math.min(30, 4 * identities)],
    ['people and machine credentials by hand', isMixed ? 20 : 0],
    [`all within ${formatDuration(window)}`, isMixed && atOnce === identities ? 10 : 0],
    [`${ways} different ways in`, isMixed ? Math.min(12, 4 * (ways - 1)) : 0],
    [`${counted(failed, 'target', MOST)} where they failed`, isMixed || failed >= 5 ? Math.min(20, 2 * failed) : 0],
    ...weighNovelty(event, facts),
  ];
  const names = memory.members('from', peer, slowWindow);
  return [
    {
      key: `address ${peer}`,
      ...addUp(weights, SCALE),
      action: 'pods-shared-address',
      reason: ({ firstSeen, lastSeen }) =>
        sentence(
          `${many(identities)}${isMixed ? ', people and machines,' : ''} went into pods from ${clip(peer)}`,
          `within ${lasting(lastSeen - firstSeen)}: ${listed(names.toReversed())}`,
          failed > 0 && `; ${counted(failed, 'target', MOST)} did not let them in`,
        ),
      evidence: entries.evidence,
      target: null,
      window: formatDuration(slowWindow),
      observed: { identities, failed },
      threshold: { identities: address },
    },
  ];
}

const many = (identities: number): string => `${identities}${identities >= MOST ? ' or more' : ''} identities`;

function weighNovelty(event: AuditEvent, facts: Facts): readonly Weight[] {
  return [
    ['the last of them never did such a thing', facts.habit(event, 'deed') === 'unusual' ? 10 : 0],
    ['the last of them never came from this network', facts.habit(event, 'network') === 'unusual' ? 10 : 0],
    ['the last of them was not seen before today', facts.history(event).isNewcomer ? 10 : 0],
  ];
}
