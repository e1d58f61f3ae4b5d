import { z } from 'zod';
import type { AuditEvent, Facts, Fate, Grant, Memory, Micros, RoleStrength } from '../src/model/index.ts';
import type { Scale, Strength, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  listed,
  sentence,
  isTool,
  baselineOf,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('The span in which the grants of one actor are counted'),
  slowWindow: duration('24h').describe('The span in which small grants of one actor, or to one subject, add up'),
});

const SCALE = { low: 20, medium: 40, high: 70, critical: 110 } satisfies Scale;
/** Points where the rights hold: everywhere, in one namespace; in a cluster role or role that was changed; in one that was made. */
const WEIGHT: Readonly<Record<Strength | 'unseen', readonly number[]>> = {
  admin: [60, 40, 50, 30, 40, 25],
  strong: [40, 25, 30, 20, 25, 15],
  secrets: [20, 10, 15, 8, 10, 5],
  unknown: [15, 8, 10, 5, 10, 5],
  ordinary: [0, 0, 0, 0, 0, 0],
  unseen: [30, 15, 20, 10, 20, 10],
};
const EVERYONE: ReadonlyMap<string, number> = new Map([
  ['User:system:anonymous', 50],
  ['Group:system:unauthenticated', 50],
  ['Group:system:authenticated', 40],
  ['Group:system:serviceaccounts', 40],
  ['Group:system:masters', 30],
]);
/** What was not done: how it is told, and how much of the points is left. */
const FATES: Readonly<Record<Fate, readonly [tried: string, least: number, most: number, part: number]>> = {
  done: ['', 0, Infinity, 1],
  'dry run': ['tried in a dry run to', 0, Infinity, 0.5],
  refused: ['was refused when it tried to', 0, 35, 1],
  escalation: ["was stopped by RBAC's escalation check when it tried to", 45, 69, 1],
  // It may be the escalation check in words that are not known: evidence in any case.
  admission: ['was refused by admission when it tried to', 40, Infinity, 0.5],
  failed: ['', 0, 0, 0],
};
/** Names that the cluster, its installer or its provider uses for itself. */
const SYSTEM_NAME = /^(system|kubeadm|eks|gce|aks|openshift)[:-]/;

/** Someone writes roles or bindings that give more than an ordinary team needs, or is stopped while trying. */
export const rbacEscalation = defineDetector<z.output<typeof params>>({
  id: 'rbac-escalation',
  version: '2',
  name: 'Rights widened',
  description: 'A role or binding newly gives strong rights or rights to everyone, or was refused as an escalation.',
  category: 'rbac',
  eventCategory: ['iam'],
  eventType: ['admin', 'change'],
  tactics: [
    { id: 'TA0004', name: 'Privilege Escalation' },
    { id: 'TA0003', name: 'Persistence' },
  ],
  techniques: [
    { id: 'T1098', name: 'Account Manipulation' },
    { id: 'T1098.006', name: 'Additional Container Cluster Roles' },
  ],
  needs:
    'Stage ResponseComplete. Level RequestResponse for rbac.authorization.k8s.io is best; at Request, patches are followed where the rules before are known; Metadata gives a milder finding that says so.',
  falsePositives: [
    'Setting up a cluster or installing an operator as administrator: the credential of system:masters weighs little.',
    'A GitOps controller that installs charts with wide roles: its own pod and client library weigh little, unless people are bound.',
    'A role that was there before Lapwing: its first update counts all it allows as new, and the alert says so.',
  ],
  blindSpots: [
    'Rights given outside RBAC: webhook authorizers, cloud access entries, static token and certificate groups.',
    'A role that was strong before the log begins is known only by the well-known names, or once facts are imported.',
    'Rights that a subject holds through groups nobody told of: they count as new when they are given by name.',
  ],
  next: [
    'See what the subject of the grant may do now, and take the grant back if nobody can explain it.',
    'Look at what the subject did since the grant.',
    'Find out how the actor came to be allowed to give it: who bound the actor?',
  ],
  quiet: HOUR,
  params,
  wants: [
    {
      resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
      apiGroups: ['rbac.authorization.k8s.io', 'authorization.openshift.io'],
      verbs: ['create', 'update', 'patch'],
      final: true,
    },
  ],
  on(event, memory, facts, { window, slowWindow }) {
    const { key, class: actor, label } = facts.identity(event);
    // The cluster's own components keep the default roles; their credentials in another client do not.
    if (isComponent(actor) && facts.client(event) === 'component') return [];
    const fate = facts.fate(event);
    const isDone = fate === 'done';
    const grant = facts.grant(event);
    const kind = event.resource.slice(0, -1);
    const object = `${kind} ${[event.object?.namespace, grant?.name || event.object?.name].filter(Boolean).join('/')}`;
    const given = weighGrant(event, facts, grant);
    if (given.every(([, points]) => points === 0) && fate !== 'escalation') return [];
    const adds = isDone && grant?.adds.strength !== 'ordinary' && !isOnboarding(grant);
    const slow = adds ? weighSlow(event, memory, facts, object, slowWindow) : [];
    const burst = weighBurst(event, memory, facts, object, window);
    // What is little in itself is not made much by being new.
    const novelty = addUp(given).points < SCALE.low ? [] : weighNovelty(event, facts);
    const weights = [...given, ...slow, ...burst, ...weighActor(event, facts, grant), ...novelty];
    const [tried, least, most, part] = FATES[fate];
    const { points: sum } = addUp(weights);
    const left = Math.floor(part * Math.min(most, Math.max(least, sum)));
    const { points, severity, contributions } = addUp([...weights, [fate, left - sum]], SCALE);
    if (points < SCALE.low) return [];
    const action = actionOf(event, grant);
    const why = addUp([...given, ...slow, ...burst]).contributions.map(({ what }) => what);
    const did = isDone ? (event.verb === 'patch' ? 'patched' : `${event.verb}d`) : `${tried} ${event.verb}`;
    return [
      {
        key: `${key} ${isDone ? action : 'not done'}`,
        severity,
        action: isDone ? action : `${action}-${fate === 'dry run' ? 'dry-run' : 'refused'}`,
        reason: ({ count }) =>
          sentence(
            `${clip(label)} ${did} ${object.endsWith(' ') ? `a ${kind}` : clip(object)}`,
            !!grant?.label && `, which ${isDone ? 'gives' : 'would give'} ${grant.label}`,
            why.length > 0 && `(${why.join('; ')})`,
            event.peer !== '' && `, from ${clip(event.peer)}`,
            count > 1 && `; ${count} such requests so far`,
          ),
        window: formatDuration(window),
        observed: { grants: isDone ? memory.distinct('granted', key, object, window, 100) : 0 },
        contributions,
        ...(grant?.subjects[0] && { targetUser: grant.subjects[0].user }),
        ...(novelty.some(([, each]) => each !== 0) && {
          baseline: baselineOf(event, facts),
        }),
      },
    ];
  },
});

const isMore = (rights: RoleStrength | undefined): boolean =>
  ['admin', 'strong', 'secrets'].includes(rights?.strength ?? 'unknown');

function actionOf({ resource }: AuditEvent, grant: Grant | undefined): string {
  if (!resource.endsWith('bindings')) {
    if (!isMore(grant?.adds)) return grant?.isBuiltIn ? 'built-in-changed' : 'role-changed';
    return grant!.aggregatesTo.length > 0 ? 'role-aggregated' : 'role-powerful';
  }
  if (grant?.subjects.some(({ isEveryone }) => isEveryone)) return 'grant-everyone';
  if (grant?.adds.strength === 'admin') return 'grant-admin';
  return grant?.subjects.some(({ isActor }) => isActor) ? 'grant-self' : 'binding-changed';
}

/** What the write comes to by itself, whoever does it: only what is new counts. */
function weighGrant(event: AuditEvent, facts: Facts, grant: Grant | undefined): readonly Weight[] {
  const { namespace = '', name = '' } = event.object ?? {};
  const isBinding = event.resource.endsWith('bindings');
  const isLocal = namespace !== '';
  const isMade = event.verb === 'create' || event.code === 201;
  const scope = isBinding ? namespace : grant?.scope;
  const place = scope === undefined ? (isMade ? 4 : 2) + Number(isLocal) : Number(scope !== '');
  if (grant === undefined || grant.isHidden)
    return [[`its body was not ${event.denial ? 'read' : 'logged at this audit level'}`, WEIGHT.unseen[place]!]];
  const { adds, allows, subjects, aggregatesTo } = grant;
  const { strength } = adds;
  const isNew = isBinding ? subjects.length > 0 : isMore(adds);
  const everyone = isNew ? subjects.filter(({ isEveryone }) => isEveryone) : [];
  const accounts = subjects.flatMap(({ name: each }) => /^ServiceAccount:([^:]*):(.*)$/.exec(each)?.slice(1, 3) ?? []);
  const isPublic = namespace === 'kube-public' && strength === 'ordinary' && allows?.strength === 'ordinary';
  const isDefault = isNew && subjects.some((each) => /^ServiceAccount:[^:]*:default$/.test(each.name));
  const isForeign =
    isBinding && isLocal && isMore(adds) && accounts.some((each, at) => at % 2 === 0 && each !== namespace);
  const flow = aggregatesTo.some((each) => each === 'view' || each === 'edit') ? 40 : 20;
  const isHeld = isBinding && subjects.length > 0 && strength === 'ordinary' && isMore(allows);
  const unknown = isBinding && allows === undefined ? 'a role that is not known' : 'rights that are not known';
  return [
    [strength === 'unknown' ? unknown : toldRights(grant, facts.fate(event) === 'done'), WEIGHT[strength][place]!],
    ['rights that it holds already: one more way to them', isHeld ? WEIGHT[allows!.strength][place]! / 4 : 0],
    [
      `to everyone in ${listed(everyone.map(({ user }) => user))}`,
      // What stands in kube-public is meant for everyone to read.
      Math.max(0, ...everyone.map((subject) => EVERYONE.get(subject.name) ?? 15)) / (isPublic ? 5 : 1),
    ],
    ['to itself', isNew && subjects.some(({ isActor }) => isActor) ? 30 : 0],
    ['in a system namespace', scope && facts.isSystem(scope) && strength !== 'ordinary' ? 20 : 0],
    ['to a default service account', isDefault ? (isMore(adds) ? 20 : 10) : 0],
    ["to another namespace's account", isForeign ? 10 : 0],
    [`aggregated into ${listed(aggregatesTo)}`, aggregatesTo.length > 0 ? (isMore(adds) ? flow : flow / 2) : 0],
    ['a patch that shows only a piece', grant.isPiece && !isMore(adds) ? WEIGHT.unknown[place]! + 10 : 0],
    ['one of those that the cluster is built on', grant.isBuiltIn ? 20 : 0],
    ['a name as the system uses them', !grant.isBuiltIn && isMore(adds) && SYSTEM_NAME.test(name) ? 10 : 0],
  ];
}

/** The difference in words: "now may read secrets and run commands in pods". */
function toldRights({ adds, isCompared }: Grant, isDone: boolean): string {
  const rights = adds.because.map((each) => each.replace(/^may /, '').replace(/^all verbs on/, 'do anything to'));
  const since = isCompared ? '' : ', and how much of it is new is not known';
  return `${isDone ? (isCompared ? 'now may' : 'may') : 'would allow to'} ${listed(rights, 6)}${since}`;
}

/** A team or a namespace's own account gets to work in one namespace: the most ordinary grant there is, however often. */
const isOnboarding = (grant: Grant | undefined): boolean =>
  grant?.scope !== undefined &&
  grant.scope !== '' &&
  grant.adds.strength === 'secrets' &&
  grant.subjects.every(({ name, isEveryone }) =>
    name.startsWith('Group:') ? !isEveryone : name.startsWith(`ServiceAccount:${grant.scope}:`),
  );

/**
 * What adds up over a day: many small grants of one actor; one subject that collects them, from several givers above all. Whoever manages
 * the cluster gives all day: that says nothing.
 */
function weighSlow(event: AuditEvent, memory: Memory, facts: Facts, object: string, within: Micros): readonly Weight[] {
  const { key } = facts.identity(event);
  const named = (facts.grant(event)?.subjects ?? []).filter(({ isEveryone }) => !isEveryone).slice(0, 5);
  const most = (name: string, value: string): number =>
    Math.max(0, ...named.map((subject) => memory.distinct(name, subject.name, value, within, 20)));
  const grants = memory.distinct('slow', key, object, within, 50);
  const [from, givers] = [most('collected', object), most('givers', key)];
  if (facts.authority(event) || isRoutine(event, facts)) return [];
  const span = formatDuration(within);
  return [
    [`${counted(grants, 'such grant')} by the same actor within ${span}`, Math.min(30, Math.max(0, 3 * (grants - 3)))],
    [`the subject collected ${counted(from, 'such grant')} within ${span}`, Math.min(20, Math.max(0, 5 * (from - 2)))],
    [`from ${givers} different givers`, givers > 1 ? Math.min(20, 10 * (givers - 1)) : 0],
  ];
}

/** What comes at once: grants that nobody can read, by hand; and grants from where someone else was just stopped at it. */
function weighBurst(
  event: AuditEvent,
  memory: Memory,
  facts: Facts,
  object: string,
  within: Micros,
): readonly Weight[] {
  const { key } = facts.identity(event);
  const fate = facts.fate(event);
  if (fate === 'escalation' && event.peer !== '') memory.distinct('stopped', event.peer, key, within, 5);
  if (fate !== 'done') return [];
  const isUnread = facts.grant(event)?.isHidden && isByHand(event, facts);
  const unread = isUnread ? memory.distinct('unread', key, object, within, 50) : 0;
  const others = memory.members('stopped', event.peer, within).filter((each) => each !== key);
  return [
    [`${counted(unread, 'such write')} by hand`, Math.min(30, Math.max(0, 10 * (unread - 2)))],
    ['someone else was stopped at it from the same address', others.length > 0 ? 25 : 0],
  ];
}

function weighActor(event: AuditEvent, facts: Facts, grant: Grant | undefined): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const isMachine = actor !== 'human' && actor !== 'anonymous';
  const forAccounts = grant?.subjects.every(({ name }) => name.startsWith('ServiceAccount:')) ?? true;
  const authority = facts.authority(event);
  // An account's credential lies in a pod: making one an administrator is worth a word, whoever does it.
  const toAccount = grant?.adds.strength === 'admin' && forAccounts && grant.subjects.length > 0;
  return [
    ['a machine credential used by hand', isMachine && isByHand(event, facts) ? 20 : 0],
    [
      'a pod with its own credential and client library',
      isRoutine(event, facts) ? (forAccounts ? -30 : -15) : isMachine && !isByHand(event, facts) ? 5 : 0,
    ],
    ['a component credential in another client', isComponent(actor) ? 20 : 0],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 20],
    ['the credential of system:masters, which needs no grant', authority === 'masters' ? (toAccount ? -20 : -40) : 0],
    ['an administrator of the cluster', authority === 'cluster-admin' ? -20 : 0],
  ];
}

const isByHand = (event: AuditEvent, facts: Facts): boolean => isTool(facts.client(event));
/** How operators and GitOps controllers work. */
const isRoutine = (event: AuditEvent, facts: Facts): boolean =>
  facts.identity(event).class === 'serviceaccount' && !isByHand(event, facts) && facts.isPodBound(event.user);

/** Charts bring new kinds of objects: what a controller never wrote before says little, where it writes from says as much as ever. */
const weighNovelty = (event: AuditEvent, facts: Facts): readonly Weight[] => [
  ['never did this before', facts.habit(event, 'deed') === 'unusual' ? (isRoutine(event, facts) ? 5 : 15) : 0],
  ['never came from this network before', facts.habit(event, 'network') === 'unusual' ? 15 : 0],
  ['never used this client before', facts.habit(event, 'agent') === 'unusual' ? 10 : 0],
];
