import { z } from 'zod';
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
    .default(5)
    .describe('Different identities refused at one sensitive object within the window, by hand'),
  window: duration('24h').describe('The span in which identities are counted'),
});

const SCALE = { low: 20, medium: 50 };
/** What is worth trying with every credential one has. */
const SENSITIVE = [
  'secrets',
  'serviceaccounts/token',
  'pods/exec',
  'pods/attach',
  'pods/ephemeralcontainers',
  'nodes/proxy',
  'clusterroles',
  'clusterrolebindings',
  'roles',
  'rolebindings',
  'certificatesigningrequests/approval',
];
const MOST = 64;
const EVIDENCE = 48;

/** Many identities are refused at one sensitive object: somebody looks for a credential that opens it. */
export const refusalsAtObject = defineDetector<z.output<typeof params>>({
  id: 'refusals-at-object',
  version: '1',
  name: 'Many identities refused at one object',
  description: 'Different identities are refused at the same sensitive object: somebody looks for one that is let in.',
  category: 'forbidden',
  eventCategory: ['api'],
  eventType: ['access', 'denied'],
  tactics: [
    { id: 'TA0006', name: 'Credential Access' },
    { id: 'TA0007', name: 'Discovery' },
  ],
  techniques: [{ id: 'T1613', name: 'Container and Resource Discovery' }],
  needs: 'Level Metadata for every request, also refused ones; stage ResponseComplete.',
  falsePositives: [
    'A role that was taken away: every workload that had it is refused at the same object, through its client library, which does not count.',
    'Instructions that tell a whole team to read a secret that it may not read: people count less; low.',
  ],
  blindSpots: [
    'Objects that are not sensitive by their kind, and credentials tried through a client library.',
    'The name of what was to be created is not logged where it was refused: then its namespace stands for it.',
  ],
  next: [
    'Find out what the identities have in common: an address, a node, a namespace, a person who may act as them.',
    'Look whether one of them was let in at last.',
    'Replace the credentials, and what the object holds if it was opened.',
  ],
  quiet: HOUR,
  params,
  wants: [{ resources: SENSITIVE, outcome: 'refused', final: true }],
  on(event, memory, facts, { identities, window }) {
    if (event.denial !== 'authorization') return [];
    const { key: who, class: actor } = facts.identity(event);
    // Addresses are made up by the million, and have a detector of their own.
    if (actor === 'anonymous' || actor === 'unauthenticated') return [];
    // A role that was taken away has every program that had it refused at once.
    if (!isByHand(facts.client(event))) return [];
    const { namespace = '', name = '' } = event.object ?? {};
    const key = JSON.stringify([event.resource, namespace, name]);
    memory.distinct(actor === 'human' ? 'people' : 'machines', key, who, window, MOST);
    memory.distinct('sources', key, event.peer, window, 16);
    const refused = memory.count('refused', key, window, EVIDENCE);
    const machines = memory.members('machines', key, window);
    const people = memory.members('people', key, window);
    const byHand = machines.length + people.length;
    if (byHand < identities) return [];
    const sources = memory.size('sources', key, window);
    const { severity, points, contributions } = addUp(
      [
        [`${counted(machines.length, 'machine credential')} used by hand`, Math.min(50, 10 * machines.length)],
        [`${counted(people.length, 'user')} by hand`, Math.min(28, 4 * people.length)],
        ['all from one address', sources === 1 ? 10 : 0],
        ['in a system namespace', facts.isSystem(event.object?.namespace ?? '') ? 10 : 0],
      ],
      SCALE,
    );
    if (points < 15) return [];
    const isFirst = memory.size('told', key, HOUR) === 0;
    memory.distinct('told', key, '', HOUR, 1);
    const names = [...machines, ...people].map((name) => name.replace('system:serviceaccount:', ''));
    const reason = sentence(
      // Of what was to be created no name is told.
      `${byHand} identities were refused at ${event.resource} ${clip(name)}`.trimEnd(),
      namespace !== '' && `in ${clip(namespace)}`,
      `within ${lasting(event.time - refused.first)}, by hand: ${listed(names)}`,
    );
    return [
      {
        key,
        severity,
        reason: () => reason,
        evidence: isFirst ? refused.evidence : [],
        window: formatDuration(window),
        observed: { identities: byHand, machines: machines.length, people: people.length, sources },
        threshold: { identities },
        contributions,
      },
    ];
  },
});
