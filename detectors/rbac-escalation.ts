import { z } from 'zod';
import type { AuditEvent, Facts, Finding, RoleRef, Severity, Strength } from '../src/model/index.ts';
import { defineDetector, duration, formatDuration, HOUR } from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('The span in which the grants of one actor are counted, and a removal is told'),
});
type Params = z.output<typeof params>;

/** Points: bound cluster-wide, bound in one namespace, written into a cluster role, into a role. */
const WEIGHT: Readonly<Record<Strength, readonly [number, number, number, number]>> = {
  admin: [60, 40, 50, 30],
  strong: [40, 25, 30, 20],
  secrets: [20, 10, 15, 8],
  unknown: [15, 8, 10, 5],
  ordinary: [0, 0, 0, 0],
};
const EVERYONE: ReadonlyMap<string, number> = new Map([
  ['User:system:anonymous', 50],
  ['Group:system:unauthenticated', 50],
  ['Group:system:authenticated', 40],
  ['Group:system:serviceaccounts', 40],
  ['Group:system:masters', 30],
]);
const BY_HAND = /^(kubectl|curl|wget|python|httpie|postman|k9s|powershell)/i;
/** How the parts of Kubernetes itself name their client, kubectl apart. */
const COMPONENT = /^(?!kubectl)[\w.-]{1,64}\/\S{1,64} \([\w/]{1,32}\) kubernetes\//;
const SYSTEM = /^(kube-|openshift(-|$))/;
const BUILT_IN = /^(system:|(cluster-admin|admin|edit|view)$)/;
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

/** Someone writes roles or bindings that give more than an ordinary team needs, or is stopped while trying. */
export const rbacEscalation = defineDetector<Params>({
  id: 'rbac-escalation',
  version: '1',
  name: 'Rights widened',
  description: 'A role or binding gives strong rights, gives rights to everyone, or was refused as an escalation.',
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
    'Level RequestResponse for rbac.authorization.k8s.io (Request misses what patches lead to; Metadata gives a milder finding that says so).',
  falsePositives: [
    'Setting up a cluster or installing an operator as administrator: the credential of system:masters weighs little.',
    'A GitOps controller that installs charts with wide roles: its own pod and client library weigh little.',
  ],
  blindSpots: [
    'Rights given outside RBAC: webhook authorizers, cloud access entries, static token and certificate groups.',
    'A role that was strong before the log begins is known only by the well-known names.',
  ],
  quiet: HOUR,
  params,
  wants: [
    {
      resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
      apiGroups: ['rbac.authorization.k8s.io', 'authorization.openshift.io'],
      verbs: ['create', 'update', 'patch', 'delete'],
      final: true,
    },
  ],
  on(event, memory, facts, { window }) {
    const { key, class: actorClass, label } = facts.identity(event);
    const byHand = BY_HAND.test(event.userAgent);
    // The cluster's own components keep the default roles; their credentials in another client do not.
    if ((actorClass === 'control-plane' || actorClass === 'node') && COMPONENT.test(event.userAgent)) return [];
    const object = `${event.resource.slice(0, -1)} ${nameOf(event)}`;
    if (event.verb === 'delete') {
      if (event.outcome !== 'success' || !memory.members('granted', key, window).includes(object)) return [];
      const reason = () => `${clip(label)} removed ${clip(object)}, which it had made shortly before.`;
      return [{ key: `${key} removed`, severity: 'low', action: 'grant-removed', reason }];
    }
    if (event.outcome !== 'success' && event.code !== 403) return [];
    const grant = event.resource.endsWith('bindings') ? binding(event, facts) : role(event, facts);
    const [given, fate] = [total(grant.parts), fateOf(event)];
    if (given === 0 && fate !== 'escalation') return [];
    const actor = weighActor(event, facts, byHand, grant.self);
    const sum = given + total(actor);
    const score = fate === '' ? sum : FATES[fate][1](sum);
    const parts = [...grant.parts, ...actor, [fate, score - sum] as const].filter(([, points]) => points !== 0);
    if (score < 20) return [];
    const grants = fate === '' ? memory.distinct('granted', key, object, window, 100) : 0;
    const why = grant.parts.filter(([, points]) => points !== 0).map(([what]) => what);
    const done = event.verb === 'patch' ? 'patched' : `${event.verb}d`;
    const finding: Finding = {
      key: `${key} ${fate === '' ? grant.action : 'not done'}`,
      severity: severityOf(score),
      action: fate === '' ? grant.action : `${grant.action}-${fate === 'dry run' ? 'dry-run' : 'refused'}`,
      reason: ({ count }) =>
        `${clip(label)} ${fate === '' ? done : `${FATES[fate][0]} ${event.verb}`} ${clip(object)}${grant.what}` +
        `${why.length === 0 ? '' : ` (${why.join('; ')})`}${event.peer === '' ? '' : `, from ${clip(event.peer)}`}` +
        `${count > 1 ? `; ${count} such requests so far` : ''}.`,
      window: formatDuration(window),
      observed: { grants },
      contributions: parts.map(([what, points]) => ({ what, points })),
      ...(grant.subject !== undefined && { targetUser: grant.subject }),
    };
    return [finding];
  },
});

/** Requests that changed nothing, and what is left of their weight. */
const half = (sum: number): number => Math.floor(sum / 2);
const FATES = {
  escalation: [
    "was stopped by RBAC's escalation check when it tried to",
    (sum: number) => Math.min(69, Math.max(45, sum)),
  ],
  refused: ['was refused when it tried to', (sum: number) => Math.min(35, sum)],
  admission: ['was refused by admission when it tried to', half],
  'dry run': ['tried in a dry run to', half],
} as const;

function fateOf(event: AuditEvent): keyof typeof FATES | '' {
  if (event.denial === 'authorization') return 'refused';
  if (event.denial === 'admission')
    return /\battempting to grant RBAC permissions not currently held\b/.test(event.statusMessage)
      ? 'escalation'
      : 'admission';
  return /[?&]dryRun=All\b/.test(event.uri) ? 'dry run' : '';
}

/** Why, and how much it weighs. */
type Part = readonly [what: string, points: number];

/** What a write gives, in words and points. */
interface Grant {
  readonly action: string;
  readonly what: string;
  readonly parts: readonly Part[];
  readonly self?: boolean;
  readonly subject?: string;
}

function binding(event: AuditEvent, facts: Facts): Grant {
  const body = bodyOf(event);
  const namespace = event.object?.namespace ?? '';
  const [narrow, action] = [namespace === '' ? 0 : 1, 'binding-changed'];
  if (body === undefined) return { action, what: '', parts: [unlogged(event, [30, 15][narrow]!)] };
  const ref = refOf(body['roleRef'], namespace);
  const known = ref && facts.role(ref);
  const strength = known?.strength ?? 'unknown';
  const subjects = [...new Set(listOf(body['subjects']).map((each) => subjectOf(each, namespace)))];
  const everyone = subjects.filter((each) => EVERYONE.has(each) || each.startsWith('Group:system:serviceaccounts:'));
  const self = subjects.find((each) => isSelf(each, event));
  const told = everyone[0] ?? self ?? subjects.at(-1);
  const parts: Part[] = [
    [
      known === undefined ? 'a role that is not known' : `the role allows: ${listed(known.because) || strength}`,
      WEIGHT[strength][narrow]!,
    ],
    [
      `to everyone in ${listed(everyone.map(userOf))}`,
      Math.max(0, ...everyone.map((each) => EVERYONE.get(each) ?? 15)),
    ],
    ['in a system namespace', narrow === 1 && SYSTEM.test(namespace) && strength !== 'ordinary' ? 20 : 0],
    ['to a default service account', subjects.some((each) => /^ServiceAccount:[^:]*:default$/.test(each)) ? 10 : 0],
  ];
  return {
    action: everyone.length > 0 ? 'grant-everyone' : strength === 'admin' ? 'grant-admin' : action,
    what:
      `, which gives ${ref === undefined ? 'its role' : `${ref.kind} ${clip(ref.name)}`} to ` +
      `${told === undefined ? 'nobody' : clip(told.replace(':', ' '))}${subjects.length > 1 ? ` and ${subjects.length - 1} more` : ''} ` +
      (narrow === 1 ? `in ${clip(namespace)}` : 'cluster-wide'),
    parts,
    self: self !== undefined,
    ...(told !== undefined && { subject: userOf(told) }),
  };
}

function role(event: AuditEvent, facts: Facts): Grant {
  const body = bodyOf(event);
  const wide = event.resource === 'clusterroles';
  if (body === undefined) return { action: 'role-changed', what: '', parts: [unlogged(event, wide ? 20 : 10)] };
  const { strength, because } = facts.strengthOf(body['rules'] ?? []);
  const labels = recordOf(recordOf(body['metadata'])?.['labels']) ?? {};
  const into = Object.keys(labels).filter((each) => each.startsWith(AGGREGATE) && labels[each] === 'true');
  const names = into.map((each) => each.slice(AGGREGATE.length));
  const piece = body['piece'] === true && strength === 'ordinary';
  const gives = strength !== 'ordinary' && strength !== 'unknown';
  const parts: Part[] = [
    [listed(because) || strength, WEIGHT[strength][wide ? 2 : 3]!],
    [
      `aggregated into ${listed(names)}`,
      !gives || names.length === 0 ? 0 : names.some((each) => each !== 'admin') ? 40 : 20,
    ],
    ['a patch that shows only a piece of a rule', piece ? WEIGHT.unknown[wide ? 2 : 3] + 10 : 0],
    ['a built-in role', gives && BUILT_IN.test(nameOf(event)) ? 20 : 0],
  ];
  const action = gives && names.length > 0 ? 'role-aggregated' : gives ? 'role-powerful' : 'role-changed';
  return { action, what: '', parts };
}

const unlogged = ({ denial }: AuditEvent, points: number): Part =>
  denial === undefined ? ['its body was not logged at this audit level', points] : ['its body was not read', points];

function weighActor(event: AuditEvent, facts: Facts, byHand: boolean, self = false): Part[] {
  const { class: actorClass } = facts.identity(event);
  const { user, impersonated } = event;
  const machine = actorClass !== 'human' && actorClass !== 'anonymous';
  const inPod = user.extra.has('authentication.kubernetes.io/pod-name');
  const masters = impersonated === undefined && user.groups.includes('system:masters');
  const rules =
    impersonated === undefined && !masters && actorClass === 'human' && BY_CLUSTER_ADMIN.test(event.decisionReason);
  return [
    ['to itself', self ? 30 : 0],
    ['a machine credential used by hand', machine && byHand ? 20 : 0],
    ['a pod with its own credential and client library', machine && !byHand ? (inPod ? -15 : 5) : 0],
    ['a component credential in another client', actorClass === 'control-plane' || actorClass === 'node' ? 20 : 0],
    ['nobody logged in', actorClass === 'anonymous' ? 60 : 0],
    ['acting as someone else', impersonated === undefined ? 0 : 20],
    ['the credential of system:masters, which needs no grant', masters ? -40 : 0],
    ['an administrator of the cluster', rules ? -20 : 0],
  ];
}

/** The authorizer's own words for a person who rules the cluster anyway. */
const BY_CLUSTER_ADMIN = /^RBAC: allowed by ClusterRoleBinding "[^"]*" of ClusterRole "cluster-admin" to (User|Group) /;

type Body = Readonly<Record<string, unknown>>;

/** The object as it is after the write, or what the request says of it. */
function bodyOf(event: AuditEvent): Body | undefined {
  const after = event.outcome === 'success' ? recordOf(event.responseObject) : undefined;
  if (after !== undefined && after['kind'] !== 'Status' && (after['rules'] ?? after['roleRef']) !== undefined)
    return after;
  const asked = event.requestObject;
  return Array.isArray(asked) ? patched(asked) : recordOf(asked);
}

/** What a JSON patch puts in: rules and subjects, as far as its values tell. */
function patched(operations: readonly unknown[]): Body {
  const values = operations.slice(0, 200).flatMap((each) => {
    const value = recordOf(each)?.['value'];
    return Array.isArray(value) ? (value as unknown[]) : [value];
  });
  const records = values.map(recordOf).filter((each) => each !== undefined);
  const piece = records.length < values.length;
  return {
    rules: records.filter((each) => 'verbs' in each),
    subjects: records.filter((each) => 'kind' in each),
    piece,
  };
}

const recordOf = (value: unknown): Body | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;

const listOf = (value: unknown): readonly Body[] =>
  (Array.isArray(value) ? value.slice(0, 200) : []).map(recordOf).filter((each) => each !== undefined);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function refOf(value: unknown, namespace: string): RoleRef | undefined {
  const ref = recordOf(value);
  const name = textOf(ref?.['name']);
  if (ref === undefined || name === '') return undefined;
  return ref['kind'] === 'Role' ? { kind: 'Role', namespace, name } : { kind: 'ClusterRole', namespace: '', name };
}

/** "User:alice", "Group:sre", "ServiceAccount:ns:name". */
function subjectOf(subject: Body, namespace: string): string {
  const name = textOf(subject['name']);
  if (subject['kind'] !== 'ServiceAccount') return `${textOf(subject['kind'])}:${name}`;
  return `ServiceAccount:${textOf(subject['namespace']) || namespace}:${name}`;
}

/** The subject by the name under which it acts. */
const userOf = (subject: string): string =>
  subject.startsWith('ServiceAccount:')
    ? `system:serviceaccount:${subject.slice(15)}`
    : subject.slice(subject.indexOf(':') + 1);

function isSelf(subject: string, { user, impersonated }: AuditEvent): boolean {
  const names = [user.name, impersonated?.name];
  if (!subject.startsWith('Group:')) return names.includes(userOf(subject));
  const group = subject.slice(6);
  return !EVERYONE.has(subject) && !group.startsWith('system:serviceaccounts') && user.groups.includes(group);
}

const nameOf = ({ object }: AuditEvent): string => object?.name || '(unnamed)';

const listed = (texts: readonly string[]): string => texts.slice(0, 3).map(clip).join(', ');

const total = (parts: readonly Part[]): number => parts.reduce((sum, [, points]) => sum + points, 0);

const severityOf = (score: number): Severity =>
  score >= 110 ? 'critical' : score >= 70 ? 'high' : score >= 40 ? 'medium' : 'low';

const clip = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 99).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
