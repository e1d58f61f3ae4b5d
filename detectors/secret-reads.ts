import { z } from 'zod';
import type { AuditEvent, Facts, Memory, Micros, Scale, Weight } from '../src/model/index.ts';
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
  MINUTE,
  sentence,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('10m').describe('The span in which reads of one actor are added up'),
  secrets: z
    .int()
    .min(0)
    .max(100)
    .default(2)
    .describe('Different secrets that one actor may read in the window without remark'),
  history: duration('7d').describe('How long the cluster must have been watched before a new reader counts as new'),
});

const SCALE = { low: 20, medium: 50, high: 80 } satisfies Scale;
/** Breadth below this is nobody's business. */
const COUNTS = 20;
/** Different secrets that are counted; more are "or more". */
const MOST = 100;

/** An identity reads more, other or wider secrets than a reader of its kind does. */
export const secretReads = defineDetector<z.output<typeof params>>({
  id: 'secret-reads',
  version: '1',
  name: 'Secrets read out of the ordinary',
  description: 'An identity reads more, other or wider secrets than it does or should.',
  category: 'secrets',
  eventCategory: ['iam'],
  eventType: ['access'],
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [
    { id: 'T1552', name: 'Unsecured Credentials' },
    { id: 'T1552.007', name: 'Container API' },
  ],
  needs: 'Level Metadata for secrets; stage ResponseComplete, and ResponseStarted to see a watch when it begins.',
  falsePositives: [
    'Operators that live on secrets (syncing, certificates, backup): a client library that lists and watches.',
    'An administrator who lists every secret once with kubectl: stays low.',
    'A deployment that reads each secret before it writes it: what is written in the window does not count as read.',
  ],
  blindSpots: [
    'Secrets that a pod reads from its mounts or environment.',
    'Slow reading of few secrets, and a stolen operator credential used through the same client library.',
  ],
  next: [
    'Find out where the credential is used from: its own pod, or somewhere else?',
    'List the secrets that were read, and replace them, the cluster-wide ones first.',
    'Look at what these secrets open was used afterwards.',
  ],
  quiet: 30 * MINUTE,
  params,
  wants: [
    { resources: ['secrets'], apiGroups: [''], verbs: ['get', 'list'], final: true },
    { resources: ['secrets'], apiGroups: [''], verbs: ['watch'] },
    { resources: ['secrets'], apiGroups: [''], verbs: ['create', 'update', 'patch'], outcome: 'success', final: true },
  ],
  on(event, memory, facts, { window, secrets, history }) {
    const { key, class: actor, label } = facts.identity(event);
    // A component's own client may read what it likes; its credential in another client may not.
    if (isComponent(actor) && facts.client(event) === 'component') return [];
    const { namespace = '', name = '' } = event.object ?? {};
    if (!['get', 'list', 'watch'].includes(event.verb)) {
      if (facts.fate(event) === 'done') memory.distinct('written', key, `${namespace}/${name}`, window, MOST);
      return [];
    }
    const isRefused = event.denial === 'authorization';
    if ((!isRefused && event.outcome !== 'success') || isHelm(event) || !begins(event, memory)) return [];

    const watched = memory.firstSeen('watching since', '', 30 * DAY);
    const reader = memory.firstSeen('reader', key, 30 * DAY);
    const reads = memory.count('reads', key, window, 20);
    remember(event, memory, facts, window);
    if (isModest(key, memory, window, secrets)) return [];
    const seen = survey(key, memory, facts, window);
    const { read, lists, wide, refused, namespaces, sources } = seen;
    const breadth = weighBreadth(seen, secrets);
    const isNew = reader.since - watched.since > history && event.time - reader.since < HOUR;
    const { points, severity, contributions } = addUp([...breadth, ...weighReader(event, facts, seen, isNew)], SCALE);
    if (addUp(breadth).points < COUNTS || points < SCALE.low) return [];
    return [
      {
        key,
        severity: read + lists + wide > 0 ? severity : 'low',
        action: isRefused ? 'secret-read-refused' : name === '' ? `secret-${event.verb}` : 'secret-read',
        reason: ({ firstSeen, lastSeen }) =>
          sentence(
            `${clip(label)} ${did(seen)} within ${lasting(lastSeen - firstSeen)}`,
            sources.length > 0 && `from ${listed(sources)}`,
            `, last with ${clip(event.userAgent || 'an unnamed client')}`,
            isNew && '; it had not touched secrets before',
          ),
        evidence: reads.evidence,
        window: formatDuration(window),
        observed: { secrets: read, namespaces, lists: lists + wide, cluster_wide: wide, refused },
        threshold: { secrets },
        baseline: { events: reader.times - 1, since: reader.isNew ? null : reader.since },
        contributions,
      },
    ];
  },
});

/** Helm keeps its releases as secrets, and looks for them by label. */
const isHelm = ({ object, uri }: AuditEvent): boolean =>
  (object?.name ?? '').startsWith('sh.helm.release.v1.') || /[?&]labelSelector=[^&]*\bowner(%3D|=)helm\b/.test(uri);

/** A watch is told twice, when it begins and when it ends: the first of the two counts. */
const begins = ({ verb, stage, auditId, uri }: AuditEvent, memory: Memory): boolean =>
  verb !== 'watch' ||
  (stage !== 'RequestReceived' && memory.distinct('watch', `${auditId} ${uri}`, stage, HOUR, 2) === 1);

type Survey = ReturnType<typeof survey>;

function remember(event: AuditEvent, memory: Memory, facts: Facts, window: Micros): void {
  const { key } = facts.identity(event);
  const { namespace = '', name = '' } = event.object ?? {};
  const add = (what: string, value: string, most: number) => memory.distinct(what, key, value, window, most);
  const client = facts.client(event);
  add('agents', event.userAgent, 8);
  add('sources', event.peer, 8);
  if (['tool', 'script', 'bare'].includes(client)) add('by hand', client === 'tool' ? 'tool' : 'script', 2);
  if (event.denial !== undefined) add('refused', `${event.verb} ${namespace}/${name}`, 32);
  else if (name !== '') add('read', `${namespace}/${name}`, MOST);
  else add(namespace === '' ? 'wide' : 'lists', namespace, 32);
}

/** Most readers read a secret or two of their own. Sizes alone tell that the breadth cannot count, before anything is weighed. */
function isModest(key: string, memory: Memory, window: Micros, free: number): boolean {
  const size = (what: string) => memory.size(what, key, window);
  const [read, lists, wide, refused] = [size('read'), size('lists'), size('wide'), size('refused')];
  return wide === 0 && read <= free && 8 * Math.max(0, read + lists - 1) + 10 * lists + 3 * refused < COUNTS;
}

/** What the actor did in the window. What it wrote itself does not count as read. */
function survey(key: string, memory: Memory, facts: Facts, window: Micros) {
  const of = (what: string) => memory.members(what, key, window);
  const written = new Set(of('written'));
  const read = of('read').filter((secret) => !written.has(secret));
  const lists = of('lists');
  const names = [...new Set([...read.map((secret) => secret.slice(0, secret.indexOf('/'))), ...lists])];
  return {
    read: read.length,
    lists: lists.length,
    wide: of('wide').length,
    refused: of('refused').length,
    namespaces: names.length,
    isSystem: names.some(facts.isSystem),
    agents: of('agents').length,
    hands: of('by hand'),
    sources: of('sources').filter((source) => source !== ''),
  };
}

/** How far the actor reached. */
function weighBreadth({ read, lists, wide, refused, namespaces, hands }: Survey, free: number): readonly Weight[] {
  const singly = Math.min(30, 3 * Math.max(0, read - free)) + Math.min(32, 8 * Math.max(0, namespaces - 1));
  const everything = wide > 0 ? 30 : 0;
  // Who lists and watches everything by a library already has what it then gets one by one.
  const isSynced = wide > 0 && hands.length === 0;
  return [
    [
      `${counted(read, 'different secret', MOST)} in ${counted(namespaces, 'namespace')}`,
      isSynced ? Math.max(0, singly - everything) : singly,
    ],
    [`${counted(lists, 'namespace')} listed`, isSynced ? 0 : Math.min(20, 10 * lists)],
    ['every secret of the cluster listed or watched', everything],
    [counted(refused, 'refused attempt'), Math.min(24, 3 * refused)],
  ];
}

function weighReader(event: AuditEvent, facts: Facts, seen: Survey, isNew: boolean): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const byHand = seen.hands.length > 0;
  const isMachine = actor !== 'human';
  const isUnbound = actor === 'serviceaccount' && !facts.isPodBound(event.user);
  const isAtHome = /^system:serviceaccount:(kube-|openshift)/.test(event.user.name);
  return [
    ['secrets of a system namespace', seen.isSystem && !isAtHome ? 15 : 0],
    ['a component credential in another client', isComponent(actor) ? 40 : 0],
    ['a machine credential used by hand', isMachine && byHand ? 15 : 0],
    ['by a script', seen.hands.includes('script') ? 10 : 0],
    [`${seen.agents} user agents`, seen.agents > 1 ? 15 : 0],
    ['a token that is bound to no pod', isUnbound ? 10 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 25],
    ['it had not touched secrets before', isNew ? 15 : 0],
    ['one client library, as operators use', isMachine && !byHand ? -30 : 0],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
  ];
}

const did = ({ read, lists, wide, refused, namespaces }: Survey): string =>
  listed(
    [
      wide > 0 && 'listed or watched every secret in the cluster',
      lists > 0 && `listed the secrets of ${counted(lists, 'namespace')}`,
      read > 0 && `read ${counted(read, 'secret', MOST)} in ${counted(namespaces, 'namespace')}`,
      refused > 0 && `was refused ${counted(refused, 'different read')} of secrets`,
    ].filter((part) => part !== false),
    4,
  );
