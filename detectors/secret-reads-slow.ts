import { z } from 'zod';
import type { AuditEvent, Facts, Scale, Trait, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  DAY,
  defineDetector,
  duration,
  formatDuration,
  formatTime,
  HOUR,
  isComponent,
  MINUTE,
  sentence,
  programOf,
  baselineOf,
} from '../src/model/index.ts';

const few = z.int().min(0).max(100);
const params = z.object({
  window: duration('24h').describe('The span in which secrets that an actor had not read before are added up'),
  secrets: few.default(8).describe('Secrets new to it that one actor may read in the window without remark'),
});

const SCALE = { low: 25, medium: 50, high: 80 } satisfies Scale;
/** Breadth below this is nobody's business. */
const COUNTS = 15;
const MOST = 100;
/** What takes less is a burst, and told as such. */
const HALF_HOUR = 30 * MINUTE;
const LONG = 30 * DAY;

/** An identity collects secrets patiently, each too late to be counted with the one before. */
export const secretReadsSlow = defineDetector<z.output<typeof params>>({
  id: 'secret-reads-slow',
  version: '1',
  name: 'Secrets collected slowly',
  description:
    'An identity reads one secret after another that it had not read before, slowly enough to pass unnoticed.',
  category: 'secrets',
  eventCategory: ['iam'],
  eventType: ['access'],
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [
    { id: 'T1552', name: 'Unsecured Credentials' },
    { id: 'T1552.007', name: 'Container API' },
  ],
  needs: 'Level Metadata for secrets, stage ResponseComplete.',
  falsePositives: [
    'A pipeline or a person whose work begins to reach many more applications than before: said once, since each secret is new only once.',
    'The first day of Lapwing itself, when every secret is new to everybody.',
  ],
  blindSpots: [
    'A client library that reads for a service account as it always did: operators read every new secret.',
    'Slower than that: up to `secrets` new secrets in a window.',
  ],
  next: [
    'Look at the rhythm of the reads: a person has a working day, a script has none.',
    'Find out where the credential is used from: its own pod, or somewhere else?',
    'List the secrets that were read, and replace them.',
  ],
  quiet: 12 * HOUR,
  params,
  wants: [
    {
      resources: ['secrets'],
      apiGroups: [''],
      verbs: ['get', 'list', 'deletecollection', 'create', 'update', 'patch'],
      outcome: 'success',
      final: true,
    },
  ],
  on(event, memory, facts, { window, secrets: free }) {
    const { key, class: actor, label } = facts.identity(event);
    const isUnusual = (trait: Trait): boolean => facts.habit(event, trait) === 'unusual';
    const isByHand = handOf(event, facts) !== '';
    // What runs by itself reads what is there, at its own pace.
    if (actor !== 'human' && !isByHand && !isUnusual('network') && !isUnusual('agent')) return [];
    if (isComponent(actor) && !isByHand) return [];
    const { namespace = '', name = '' } = event.object ?? {};
    const secret = `${namespace}/${name}`;
    if (['create', 'update', 'patch'].includes(event.verb)) {
      if (facts.fate(event) === 'done' && name !== '') memory.distinct('written', key, secret, window, MOST);
      return [];
    }
    // Everything at once is no slow reading; Helm keeps its records as secrets, and looks for them by label.
    if (secret === '/' || name.startsWith('sh.helm.release.v1.')) return [];
    if (name === '' && isNarrow(event.uri)) return [];
    // Another program is another reader: what the owner knows is new to a thief.
    const first = memory.firstSeen('read', `${key}\n${programOf(event.userAgent)}\n${secret}`, LONG);
    if (!first.isNew) return [];
    const reads = memory.count('reads', key, window, 50);
    memory.distinct('new', key, secret, window, MOST);

    const written = new Set(memory.members('written', key, window));
    const seen = memory.members('new', key, window).filter((each) => !written.has(each));
    const read = seen.filter((each) => !each.endsWith('/'));
    const lists = seen.length - read.length;
    const namespaces = new Set(seen.map((each) => each.slice(0, each.indexOf('/'))));
    const breadth: readonly Weight[] = [
      [
        `${counted(read.length, 'secret', MOST)} that were new to it`,
        Math.min(40, 2 * Math.max(0, read.length - free)),
      ],
      [`${counted(namespaces.size, 'namespace')}`, Math.min(20, 4 * Math.max(0, namespaces.size - 2))],
      [`${counted(lists, 'namespace')} listed`, Math.min(24, 8 * Math.max(0, lists - 2))],
    ];
    const { points, severity, contributions } = addUp([...breadth, ...weighReader(event, facts)], SCALE);
    const isPatient = event.time - reads.first >= HALF_HOUR;
    if (!isPatient || addUp(breadth).points < COUNTS || points < SCALE.low) return [];
    const baseline = baselineOf(event, facts);
    return [
      {
        key,
        severity,
        action: 'secret-read-slowly',
        target: null,
        evidence: reads.evidence,
        reason: ({ firstSeen }) =>
          sentence(
            `${clip(label)} read ${counted(read.length, 'secret', MOST)} in ${counted(namespaces.size, 'namespace')}`,
            lists > 0 && `and listed those of ${counted(lists, 'namespace')}`,
            `that it had not read before, one after another since ${formatTime(firstSeen).slice(0, 16)}Z`,
            event.peer !== '' && `, last from ${clip(event.peer)} with ${clip(event.userAgent || 'an unnamed client')}`,
            baseline.usual !== undefined && `; usual for it: ${baseline.usual}`,
          ),
        window: formatDuration(window),
        observed: { secrets: read.length, namespaces: namespaces.size, lists },
        threshold: { secrets: free },
        baseline,
        contributions,
      },
    ];
  },
});

/** Whether only secrets with certain labels are asked for; a negation, or what reads otherwise, may cover everything. */
const isNarrow = (uri: string): boolean =>
  // Only an escape can hide a selector.
  /elector|%/.test(uri) &&
  /^[\w./-]+==?[\w.-]+(?:,[\w./-]+==?[\w.-]+)*$/.test(
    new URLSearchParams(uri.slice(uri.indexOf('?') + 1)).get('labelSelector') ?? '',
  );

/** What a person works with, as it names itself: Lens calls itself a browser, and who hides its name is no operator. */
function handOf(event: AuditEvent, facts: Facts): 'tool' | 'script' | '' {
  const client = facts.client(event);
  if (client === 'tool' || /^mozilla/i.test(event.userAgent)) return 'tool';
  return client === 'script' || client === 'bare' || event.userAgent === '' ? 'script' : '';
}

function weighReader(event: AuditEvent, facts: Facts): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const isPerson = actor === 'human';
  const hand = handOf(event, facts);
  const isScript = hand === 'script';
  const points = isPerson ? 10 : 20;
  return [
    ['a machine credential used by hand', !isPerson && actor !== 'anonymous' && hand !== '' ? 15 : 0],
    ['by a script', isScript ? 10 : 0],
    ['a component credential in another client', isComponent(actor) ? 40 : 0],
    ['a token that is bound to no pod', actor === 'serviceaccount' && !facts.isPodBound(event.user) ? 10 : 0],
    ['from an unusual network', facts.habit(event, 'network') === 'unusual' ? points : 0],
    ['with an unusual client', facts.habit(event, 'agent') === 'unusual' ? points : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 15],
    ["a person's tool", isPerson && !isScript && event.impersonated === undefined ? -10 : 0],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
  ];
}
