import { z } from 'zod';
import type { AuditEvent, Facts, Memory, Micros } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  lasting,
  listed,
  sentence,
  isByHand,
} from '../src/model/index.ts';

const params = z.object({
  identities: z
    .int()
    .min(2)
    .max(1_000)
    .default(4)
    .describe('Different identities refused from one address within the window'),
  window: duration('10m').describe('The span in which identities are counted'),
  slowIdentities: z
    .int()
    .min(2)
    .max(1_000)
    .default(10)
    .describe('Different identities refused by hand from one address within slowWindow'),
  slowWindow: duration('24h').describe('The span in which slow tries are counted'),
});

const SCALE = { low: 20, medium: 45, high: 90 };
const MOST = 64;
/** Told at the first of the alert: the first refusal of each identity. */
const EVIDENCE = 48;

/** Many identities are refused at one address: somebody tries a handful of stolen credentials one after the other. */
export const refusalsBySource = defineDetector<z.output<typeof params>>({
  id: 'refusals-by-source',
  version: '1',
  name: 'Many identities refused at one address',
  description: 'Different identities are refused at one address, by hand: a collection of credentials is tried.',
  category: 'forbidden',
  eventCategory: ['api'],
  eventType: ['access', 'denied'],
  tactics: [
    { id: 'TA0006', name: 'Credential Access' },
    { id: 'TA0007', name: 'Discovery' },
  ],
  techniques: [
    { id: 'T1528', name: 'Steal Application Access Token' },
    { id: 'T1613', name: 'Container and Resource Discovery' },
  ],
  needs: 'Level Metadata for every request, also refused ones; stage ResponseComplete.',
  falsePositives: [
    'A node behind which all its pods share one address: client libraries do not count.',
    'A bastion or proxy for many people: people count less than machine credentials; low.',
    'A runner of pipelines with an account for each team, all without their rights: kubectl counts half of a script; low.',
  ],
  blindSpots: [
    'Credentials tried through a client library, or from an address for each.',
    'Credentials that are not refused anything.',
  ],
  next: [
    'Find out what is behind the address: a node, a proxy, a runner of pipelines, or a stranger.',
    'Take every credential that was used there for stolen until somebody explains it, and replace it.',
    'Look for where they were together before: a node, a namespace, a backup, a repository.',
  ],
  quiet: HOUR,
  params,
  wants: [{ outcome: 'refused', final: true }],
  on(event, memory, facts, { identities, window, slowIdentities, slowWindow }) {
    if (event.denial !== 'authorization' || event.peer === '') return [];
    // Whoever acts as others is one identity.
    const who = facts.identity(event).key.split(' as ', 1)[0]!;
    const actor = facts.classOf(event.user);
    // Nothing but the address tells these apart; they have detectors of their own.
    if (actor === 'anonymous' || actor === 'unauthenticated') return [];
    const client = facts.client(event);
    // Behind one address of a node many programs go about their own work.
    if (!isByHand(client)) return [];
    const key = event.peer;
    const kind = actor === 'human' ? 'people' : client === 'tool' ? 'machines' : 'scripts';
    memory.distinct(`fast ${kind}`, key, who, window, MOST);
    const before = memory.size(`slow ${kind}`, key, slowWindow);
    if (memory.distinct(`slow ${kind}`, key, who, slowWindow, MOST) !== before)
      memory.count('first', key, slowWindow, EVIDENCE);
    const seen = ['people', 'machines', 'scripts'].map((each) => memory.size(`slow ${each}`, key, slowWindow));
    if (seen.reduce((sum, each) => sum + each) < Math.min(identities, slowIdentities)) return [];
    const views = [
      judge(memory, key, 'fast', window, identities, facts, event),
      judge(memory, key, 'slow', slowWindow, slowIdentities, facts, event),
    ].filter(({ isOver }) => isOver);
    const graver = views.toSorted((a, b) => b.points - a.points)[0];
    if (!graver || graver.points < 15) return [];
    const isFirst = memory.size('told', key, HOUR) === 0;
    memory.distinct('told', key, '', HOUR, 1);
    const first = isFirst ? memory.count('first', key, slowWindow, EVIDENCE) : undefined;
    const from = event.time - graver.span;
    const reason = sentence(
      `${graver.total} different identities were refused at ${clip(key)}`,
      `within ${lasting(graver.span)}: ${listed(graver.names)}`,
    );
    return [
      {
        key,
        severity: graver.severity,
        reason: () => reason,
        evidence: first?.evidence.filter(({ time }) => time > from) ?? [],
        window: formatDuration(graver.span),
        observed: { identities: graver.total, machines: graver.machines, people: graver.people },
        threshold: { identities: graver.needed },
        contributions: graver.contributions,
        target: null,
      },
    ];
  },
});

/** How many identities were refused at the address within a span, and how grave that is. */
function judge(
  memory: Memory,
  key: string,
  pace: 'fast' | 'slow',
  span: Micros,
  needed: number,
  facts: Facts,
  event: AuditEvent,
) {
  const scripts = memory.members(`${pace} scripts`, key, span);
  const machines = memory.members(`${pace} machines`, key, span).filter((each) => !scripts.includes(each));
  const people = memory.members(`${pace} people`, key, span);
  const byHand = [...scripts, ...machines, ...people];
  // Over a day many a runner of pipelines has had its accident.
  const share = pace === 'slow' ? 0.5 : 1;
  const sum = addUp(
    [
      [`${counted(scripts.length, 'machine credential')} in scripts`, share * Math.min(60, 12 * scripts.length)],
      [`${counted(machines.length, 'machine credential')} in a tool`, share * Math.min(40, 6 * machines.length)],
      [`${counted(people.length, 'user')} by hand`, share * Math.min(28, 4 * people.length)],
      ['an address unusual for the last of them', facts.habit(event, 'network') === 'unusual' ? 15 : 0],
    ],
    SCALE,
  );
  const total = byHand.length;
  const names = byHand.map((name) => name.replace('system:serviceaccount:', ''));
  const counts = { total, machines: scripts.length + machines.length, people: people.length };
  return { ...sum, ...counts, names, span, needed, isOver: total >= needed };
}
