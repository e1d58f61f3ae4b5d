import { z } from 'zod';
import type { AuditEvent, Facts, Finding, Memory, Severity } from '../src/model/index.ts';
import { DAY, defineDetector, duration, formatDuration, HOUR, MINUTE, SECOND } from '../src/model/index.ts';

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
type Params = z.output<typeof params>;

/** Clients that a person or a script drives, as against the library of a controller. */
const BY_HAND = /^(kubectl|curl|wget|python-(requests|urllib|httpx)|httpie|postman|k9s|powershell|go-http-client)/i;
const SCRIPT = /^(curl|wget|python-|httpie|postman|powershell|go-http-client)/i;
/** How the parts of Kubernetes itself name their client, kubectl apart. */
const COMPONENT = /^(?!kubectl)[\w.-]{1,64}\/\S{1,64} \([\w/]{1,32}\) kubernetes\//;
const SYSTEM = /^(kube-|openshift(-|$))/;
const READS = new Set(['get', 'list', 'watch']);
const MOST = 100;

/** An identity reads more, other or wider secrets than a reader of its kind does. */
export const secretReads = defineDetector<Params>({
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
  quiet: 30 * MINUTE,
  params,
  wants: [
    { resources: ['secrets'], apiGroups: [''], verbs: ['get', 'list'], final: true },
    { resources: ['secrets'], apiGroups: [''], verbs: ['watch'] },
    { resources: ['secrets'], apiGroups: [''], verbs: ['create', 'update', 'patch'], outcome: 'success', final: true },
  ],
  on(event, memory, facts, { window, secrets, history }) {
    const { key, class: actorClass, label } = facts.identity(event);
    // A component's own client may read what it likes; its credential in another client may not.
    if ((actorClass === 'control-plane' || actorClass === 'node') && COMPONENT.test(event.userAgent)) return [];
    const { namespace = '', name = '' } = event.object ?? {};
    if (!READS.has(event.verb)) {
      if (!/[?&]dryRun=/.test(event.uri)) memory.distinct('written', key, `${namespace}/${name}`, window, MOST);
      return [];
    }
    const refused = event.denial === 'authorization';
    if ((!refused && event.outcome !== 'success') || isHelm(event) || !begins(event, memory)) return [];

    const watched = memory.firstSeen('watching since', '', 30 * DAY);
    const reader = memory.firstSeen('reader', key, 30 * DAY);
    const reads = memory.count('reads', key, window, 20);
    remember(event, memory, key, window, refused);
    const seen = survey(memory, key, window, secrets);
    const isNew = reader.since - watched.since > history && event.time - reader.since < HOUR;
    const contributions = weigh(event, facts, seen, isNew);
    const score = contributions.reduce((sum, { points }) => sum + points, 0);
    if (seen.breadth < 20 || score < 20) return [];
    const finding: Finding = {
      key,
      severity: seen.read + seen.lists + seen.wide === 0 ? 'low' : severityOf(score),
      action: refused ? 'secret-read-refused' : name === '' ? `secret-${event.verb}` : 'secret-read',
      reason: (life) =>
        `${clip(label)} ${did(seen)} within ${lasting(life.lastSeen - life.firstSeen)}` +
        `${seen.sources.length === 0 ? '' : ` from ${seen.sources.slice(0, 3).map(clip).join(' and ')}`}, last with ${clip(event.userAgent || 'an unnamed client')}` +
        `${isNew ? '; it had not touched secrets before' : ''}.`,
      evidence: reads.evidence,
      window: formatDuration(window),
      observed: {
        secrets: seen.read,
        namespaces: seen.namespaces,
        lists: seen.lists + seen.wide,
        cluster_wide: seen.wide,
        refused: seen.refused,
      },
      threshold: { secrets },
      baseline: { events: reader.times - 1, since: reader.isNew ? null : reader.since },
      contributions,
    };
    return [finding];
  },
});

type Survey = ReturnType<typeof survey>;

/** Helm keeps its releases as secrets, and looks for them by label. */
const isHelm = (event: AuditEvent): boolean =>
  (event.object?.name ?? '').startsWith('sh.helm.release.v1.') ||
  /[?&]labelSelector=[^&]*\bowner(%3D|=)helm\b/.test(event.uri);

/** A watch is told twice, when it begins and when it ends: the first of the two counts. */
function begins(event: AuditEvent, memory: Memory): boolean {
  if (event.verb !== 'watch') return true;
  if (event.stage === 'RequestReceived') return false;
  return memory.distinct('watch', `${event.auditId} ${event.uri}`, event.stage, HOUR, 2) === 1;
}

function remember(event: AuditEvent, memory: Memory, key: string, window: number, refused: boolean): void {
  const { namespace = '', name = '' } = event.object ?? {};
  const add = (what: string, value: string, most: number) => memory.distinct(what, key, value, window, most);
  add('agents', event.userAgent, 8);
  add('sources', event.peer, 8);
  if (BY_HAND.test(event.userAgent)) add('by hand', SCRIPT.test(event.userAgent) ? 'script' : 'tool', 2);
  if (refused) {
    add('refused', `${event.verb} ${namespace}/${name}`, 32);
    return;
  }
  if (name !== '') add('read', `${namespace}/${name}`, MOST);
  else add(namespace === '' ? 'wide' : 'lists', namespace, 32);
}

/** What the actor did in the window; breadth tells how far it reached, in points. */
function survey(memory: Memory, key: string, window: number, free: number) {
  const of = (what: string) => memory.members(what, key, window);
  const written = new Set(of('written'));
  const secrets = of('read').filter((secret) => !written.has(secret));
  const lists = of('lists');
  const names = new Set([...secrets.map((secret) => secret.slice(0, secret.indexOf('/'))), ...lists]);
  const namespaces = names.size;
  const system = [...names].some((each) => SYSTEM.test(each));
  const [read, wide, refused] = [secrets.length, of('wide').length, of('refused').length];
  const [agents, hands] = [of('agents').length, of('by hand')];
  const sources = of('sources').filter((each) => each !== '');
  const singly = Math.min(30, 3 * Math.max(0, read - free)) + Math.min(32, 8 * Math.max(0, namespaces - 1));
  const listed = Math.min(20, 10 * lists.length);
  const everything = wide > 0 ? 30 : 0;
  const denied = Math.min(24, 3 * refused);
  // Who lists and watches everything by a library already has what it then gets one by one.
  const synced = wide > 0 && hands.length === 0;
  const points = synced
    ? { singly: Math.max(0, singly - everything), listed: 0, everything, denied }
    : { singly, listed, everything, denied };
  const breadth = points.singly + points.listed + points.everything + points.denied;
  return { read, namespaces, lists: lists.length, wide, refused, agents, hands, sources, system, points, breadth };
}

function weigh(event: AuditEvent, facts: Facts, seen: Survey, isNew: boolean) {
  const { class: actorClass } = facts.identity(event);
  const machine = actorClass !== 'human';
  const component = actorClass === 'control-plane' || actorClass === 'node';
  const bound = event.user.extra.has('authentication.kubernetes.io/pod-name');
  const outsider = seen.system && !/^system:serviceaccount:(kube-|openshift)/.test(event.user.name);
  const parts: [string, number][] = [
    [`${upTo(seen.read)} different secrets in ${seen.namespaces} namespaces`, seen.points.singly],
    [`${seen.lists} namespaces listed`, seen.points.listed],
    ['every secret of the cluster listed or watched', seen.points.everything],
    [`${seen.refused} refused attempts`, seen.points.denied],
    ['secrets of a system namespace', outsider ? 15 : 0],
    ['a component credential in another client', component ? 40 : 0],
    ['a machine credential used by hand', machine && seen.hands.length > 0 ? 15 : 0],
    ['by a script', seen.hands.includes('script') ? 10 : 0],
    [`${seen.agents} user agents`, seen.agents > 1 ? 15 : 0],
    ['a token that is bound to no pod', actorClass === 'serviceaccount' && !bound ? 10 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 25],
    ['it had not touched secrets before', isNew ? 15 : 0],
    ['one client library, as operators use', machine && seen.hands.length === 0 ? -30 : 0],
    ['nobody logged in', actorClass === 'anonymous' ? 60 : 0],
  ];
  return parts.filter(([, points]) => points !== 0).map(([what, points]) => ({ what, points }));
}

const severityOf = (score: number): Severity => (score >= 80 ? 'high' : score >= 50 ? 'medium' : 'low');

function did(seen: Survey): string {
  const parts = [
    seen.wide > 0 && 'listed or watched every secret in the cluster',
    seen.lists > 0 && `listed the secrets of ${counted(seen.lists, 'namespace')}`,
    seen.read > 0 && `read ${counted(seen.read, 'secret')} in ${counted(seen.namespaces, 'namespace')}`,
    seen.refused > 0 && `was refused ${counted(seen.refused, 'way')} of reading secrets`,
  ].filter((each) => each !== false);
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ');
}

const upTo = (count: number): string => (count >= MOST ? `${MOST} or more` : String(count));

const counted = (count: number, what: string): string => `${upTo(count)} ${what}${count === 1 ? '' : 's'}`;

const lasting = (span: number): string =>
  span < 120 * SECOND ? `${Math.max(1, Math.round(span / SECOND))} s` : `${Math.round(span / MINUTE)} min`;

const clip = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 99).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
