import { z } from 'zod';
import type { AuditEvent, Facts, Fate, Grant, Scale, Strength, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  listed,
  sentence,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('The span in which the grants of one actor are counted, and a removal is told'),
});

const SCALE = { low: 20, medium: 40, high: 70, critical: 110 } satisfies Scale;
/** Points: bound cluster-wide, bound in one namespace, written into a cluster role, into a role. */
const WEIGHT: Readonly<Record<Strength | 'unseen', readonly [number, number, number, number]>> = {
  admin: [60, 40, 50, 30],
  strong: [40, 25, 30, 20],
  secrets: [20, 10, 15, 8],
  unknown: [15, 8, 10, 5],
  ordinary: [0, 0, 0, 0],
  unseen: [30, 15, 20, 10],
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
  admission: ['was refused by admission when it tried to', 0, Infinity, 0.5],
  failed: ['', 0, 0, 0],
};
const BUILT_IN = /^(system:|(cluster-admin|admin|edit|view)$)/;

/** Someone writes roles or bindings that give more than an ordinary team needs, or is stopped while trying. */
export const rbacEscalation = defineDetector<z.output<typeof params>>({
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
      verbs: ['create', 'update', 'patch', 'delete'],
      final: true,
    },
  ],
  on(event, memory, facts, { window }) {
    const { key, class: actor, label } = facts.identity(event);
    // The cluster's own components keep the default roles; their credentials in another client do not.
    if (isComponent(actor) && facts.client(event) === 'component') return [];
    const fate = facts.fate(event);
    const kind = event.resource.slice(0, -1);
    const object = `${kind} ${event.object?.name ?? ''}`;
    if (event.verb === 'delete') {
      if (fate !== 'done' || !memory.members('granted', key, window).includes(object)) return [];
      const reason = () => `${clip(label)} removed ${clip(object)}, which it had made shortly before.`;
      return [{ key: `${key} removed`, severity: 'low', action: 'grant-removed', reason }];
    }
    const grant = facts.grant(event);
    const given = weighGrant(event, facts, grant);
    const why = addUp(given).contributions.map(({ what }) => what);
    const weights = [...given, ...weighActor(event, facts, grant)];
    const [tried, least, most, part] = FATES[fate];
    const { points: sum } = addUp(weights);
    const left = Math.floor(part * Math.min(most, Math.max(least, sum)));
    const { points, severity, contributions } = addUp([...weights, [fate, left - sum]], SCALE);
    if (points < SCALE.low || (why.length === 0 && fate !== 'escalation')) return [];
    const action = actionOf(event, grant);
    const isDone = fate === 'done';
    const did = isDone ? (event.verb === 'patch' ? 'patched' : `${event.verb}d`) : `${tried} ${event.verb}`;
    return [
      {
        key: `${key} ${isDone ? action : 'not done'}`,
        severity,
        action: isDone ? action : `${action}-${fate === 'dry run' ? 'dry-run' : 'refused'}`,
        reason: ({ count }) =>
          sentence(
            `${clip(label)} ${did} ${event.object?.name ? clip(object) : `a ${kind}`}`,
            !!grant?.label && `, which gives ${grant.label}`,
            why.length > 0 && `(${why.join('; ')})`,
            event.peer !== '' && `, from ${clip(event.peer)}`,
            count > 1 && `; ${count} such requests so far`,
          ),
        window: formatDuration(window),
        observed: { grants: isDone ? memory.distinct('granted', key, object, window, 100) : 0 },
        contributions,
        ...(grant?.subjects[0] && { targetUser: grant.subjects[0].user }),
      },
    ];
  },
});

const isMore = (grant: Grant | undefined): boolean =>
  ['admin', 'strong', 'secrets'].includes(grant?.allows?.strength ?? 'unknown');

function actionOf({ resource }: AuditEvent, grant: Grant | undefined): string {
  if (!resource.endsWith('bindings'))
    return !isMore(grant) ? 'role-changed' : grant!.aggregatesTo.length > 0 ? 'role-aggregated' : 'role-powerful';
  if (grant?.subjects.some(({ isEveryone }) => isEveryone)) return 'grant-everyone';
  return grant?.allows?.strength === 'admin' ? 'grant-admin' : 'binding-changed';
}

/** What the write comes to by itself, whoever does it. */
function weighGrant(event: AuditEvent, facts: Facts, grant: Grant | undefined): readonly Weight[] {
  const { namespace = '', name = '' } = event.object ?? {};
  const isBinding = event.resource.endsWith('bindings');
  const place = isBinding ? (namespace === '' ? 0 : 1) : event.resource === 'clusterroles' ? 2 : 3;
  if (grant === undefined)
    return [[`its body was not ${event.denial ? 'read' : 'logged at this audit level'}`, WEIGHT.unseen[place]]];
  const { allows, subjects, aggregatesTo } = grant;
  const strength = allows?.strength ?? 'unknown';
  const rights = listed(allows?.because ?? []) || 'rights that are not known';
  const everyone = subjects.filter(({ isEveryone }) => isEveryone);
  const isDefault = subjects.some((subject) => /^ServiceAccount:[^:]*:default$/.test(subject.name));
  const flow = aggregatesTo.some((each) => each !== 'admin') ? 40 : 20;
  return [
    [allows === undefined ? 'a role that is not known' : rights, WEIGHT[strength][place]],
    [
      `to everyone in ${listed(everyone.map(({ user }) => user))}`,
      Math.max(0, ...everyone.map((subject) => EVERYONE.get(subject.name) ?? 15)),
    ],
    ['in a system namespace', place === 1 && facts.isSystem(namespace) && strength !== 'ordinary' ? 20 : 0],
    ['to a default service account', isDefault ? 10 : 0],
    [`aggregated into ${listed(aggregatesTo)}`, isMore(grant) && aggregatesTo.length > 0 ? flow : 0],
    [
      'a patch that shows only a piece of a rule',
      grant.isPiece && strength === 'ordinary' ? WEIGHT.unknown[place] + 10 : 0,
    ],
    ['a built-in role', !isBinding && isMore(grant) && BUILT_IN.test(name) ? 20 : 0],
  ];
}

function weighActor(event: AuditEvent, facts: Facts, grant: Grant | undefined): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const byHand = ['tool', 'script'].includes(facts.client(event));
  const isMachine = actor !== 'human' && actor !== 'anonymous';
  const authority = facts.authority(event);
  return [
    ['to itself', grant?.subjects.some(({ isActor }) => isActor) ? 30 : 0],
    ['a machine credential used by hand', isMachine && byHand ? 20 : 0],
    [
      'a pod with its own credential and client library',
      !isMachine || byHand ? 0 : facts.isPodBound(event.user) ? -15 : 5,
    ],
    ['a component credential in another client', isComponent(actor) ? 20 : 0],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 20],
    ['the credential of system:masters, which needs no grant', authority === 'masters' ? -40 : 0],
    ['an administrator of the cluster', authority === 'cluster-admin' ? -20 : 0],
  ];
}
