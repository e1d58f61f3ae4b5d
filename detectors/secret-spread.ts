import { z } from 'zod';
import type { AuditEvent, Facts, Finding, Memory, Scale, Weight } from '../src/model/index.ts';
import {
  addUp,
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
  sentence,
  isByHand,
  programOf,
  areaOf,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('The span in which new readers of one place are added up'),
  slowWindow: duration('24h').describe(
    'The span in which they are added up at half the points; how long a reader is new',
  ),
});
type Params = z.output<typeof params>;

const SCALE = { low: 25, medium: 50, high: 80 } satisfies Scale;
const MOST = 100;
const LONG = 30 * DAY;
/** Reads of one reader that are kept as evidence. */
const READS = 4;

/** Many identities read secrets, each only a few: counted from the side of the source, the namespace, the cluster and who wears them. */
export const secretSpread = defineDetector<Params>({
  id: 'secret-spread',
  version: '1',
  name: 'Secrets read under many identities',
  description:
    'Many identities that did not read secrets so before do, from one address, in one namespace or all over the cluster.',
  category: 'secrets',
  eventCategory: ['iam'],
  eventType: ['access'],
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [
    { id: 'T1552', name: 'Unsecured Credentials' },
    { id: 'T1552.007', name: 'Container API' },
    { id: 'T1078', name: 'Valid Accounts' },
  ],
  needs: 'Level Metadata for secrets, stage ResponseComplete.',
  falsePositives: [
    'A new runner that deploys with one service account for each team, on its first day.',
    'A new exit address of the company, from which many people work at once.',
    'The first day of Lapwing itself, when every reader is new.',
  ],
  blindSpots: [
    'Accounts that are used with a client library from where they usually are.',
    'Readers that were new longer than slowWindow ago: whoever adds one account a day stays below.',
  ],
  next: [
    'See which credentials were used from that address, and where they were kept together: a node, a backup, a repository.',
    'Replace the credentials of all the accounts that are named, then the secrets they read.',
  ],
  quiet: 6 * HOUR,
  params,
  wants: [
    {
      resources: ['secrets'],
      apiGroups: [''],
      verbs: ['get', 'list', 'watch', 'deletecollection'],
      outcome: 'success',
      final: true,
    },
  ],
  on(event, memory, facts, settings) {
    const { key, class: actor } = facts.identity(event);
    if (!isWorthCounting(event, facts)) return [];
    // Only a reader that is new to secrets with this program and from this network is counted: others are at their daily work.
    const way = `${key}\n${programOf(event.userAgent)}\n${areaOf(event.peer)}`;
    const { since, times } = memory.firstSeen('way', way, LONG);
    if (event.time - since >= settings.slowWindow || times > READS) return [];
    const { namespace = '' } = event.object ?? {};
    const real = event.user.name.slice(0, 200);
    const isOwn = facts.isPodBound(event.user) && real.startsWith(`system:serviceaccount:${namespace}:`);
    const places: readonly Place[] = [
      { key: `source ${event.peer}`, told: `from ${clip(event.peer)}`, share: 1, isOpen: event.peer !== '' },
      { key: `worn by ${real}`, told: `put on by ${clip(real)}`, share: 2, isOpen: isNewToMasks(event, memory) },
      {
        key: `namespace ${namespace}`,
        told: `in namespace ${clip(namespace)}`,
        share: 1,
        isOpen: namespace !== '' && !isOwn,
      },
      { key: 'cluster', told: 'all over the cluster', share: 0.5, isOpen: !isOwn },
    ];
    const reader = `${actor === 'human' ? 'person' : 'account'} ${key}`;
    const findings = places
      .filter(({ isOpen }) => isOpen)
      .map((place) => judge(place, reader, event, memory, settings));
    return findings.filter((each) => each !== undefined).slice(0, 1);
  },
});

interface Place {
  readonly key: string;
  readonly told: string;
  /** How much a reader counts here. */
  readonly share: number;
  readonly isOpen: boolean;
}

/**
 * People, machines' credentials used by hand, and those that are used from elsewhere or with another client than usual. What runs by itself
 * where it always does reads its own secrets, and a restart of everything looks like that.
 */
function isWorthCounting(event: AuditEvent, facts: Facts): boolean {
  const { class: actor } = facts.identity(event);
  const { name = '' } = event.object ?? {};
  // Helm keeps its records as secrets, and whoever asks by label asks for something of its own.
  if (name.startsWith('sh.helm.release.v1.') || (name === '' && isNarrow(event.uri))) return false;
  const client = facts.client(event);
  if (actor === 'anonymous' || (isComponent(actor) && client === 'component')) return false;
  if (actor === 'human' || isByHand(client)) return true;
  // Lens calls itself a browser, and who hides its name is no operator.
  if (/^(mozilla|$)/i.test(event.userAgent)) return true;
  return facts.habit(event, 'network') === 'unusual' || facts.habit(event, 'agent') === 'unusual';
}

/** Whether only secrets with certain labels are asked for; a negation, or what reads otherwise, may cover everything. */
const isNarrow = (uri: string): boolean =>
  // Only an escape can hide a selector.
  /elector|%/.test(uri) &&
  /^[\w./-]+==?[\w.-]+(?:,[\w./-]+==?[\w.-]+)*$/.test(
    new URLSearchParams(uri.slice(uri.indexOf('?') + 1)).get('labelSelector') ?? '',
  );

/** A proxy that acts as its users for a living has done so for longer than a day. */
const isNewToMasks = (event: AuditEvent, memory: Memory): boolean =>
  event.impersonated !== undefined &&
  event.time - memory.firstSeen('acts as others', event.user.name, LONG).since < DAY;

function judge(
  { key, told, share }: Place,
  reader: string,
  event: AuditEvent,
  memory: Memory,
  { window, slowWindow }: Params,
): Finding | undefined {
  memory.distinct('fast', key, reader, window, MOST);
  memory.distinct('slow', key, reader, slowWindow, MOST);
  const reads = memory.count('reads', key, slowWindow, MOST);
  const weigh = (set: string, span: number, each: { account: number; person: number }) => {
    const readers = memory.members(set, key, span);
    const accounts = readers.filter((one) => one.startsWith('account ')).length;
    const people = readers.length - accounts;
    const weights: readonly Weight[] = [
      [
        `${counted(accounts, 'new reader')} with a credential of a machine`,
        Math.floor(share * each.account * accounts),
      ],
      [`${counted(people, 'new reader')} among people`, Math.floor(share * each.person * people)],
    ];
    return { readers, span, ...addUp(weights, SCALE) };
  };
  const fast = weigh('fast', window, { account: 5, person: 2 });
  const slow = weigh('slow', slowWindow, { account: 2.5, person: 0 });
  const { readers, span, points, severity, contributions } = slow.points > fast.points ? slow : fast;
  if (points < SCALE.low) return undefined;
  const names = readers.map((one) => one.slice(one.indexOf(' ') + 1)).sort();
  return {
    key,
    severity,
    action: 'secret-read-by-many',
    target: key.startsWith('namespace ') ? { namespace: event.object?.namespace ?? '' } : null,
    evidence: reads.evidence,
    reason: ({ firstSeen, lastSeen }) =>
      sentence(
        `${counted(names.length, 'different reader', MOST)} that had not done so before read secrets ${told}`,
        `within ${lasting(lastSeen - firstSeen)}: ${listed(names)}`,
        `, last with ${clip(event.userAgent || 'an unnamed client')}`,
      ),
    window: formatDuration(span),
    observed: { readers: names.length },
    threshold: { points: SCALE.low },
    contributions,
  };
}
