import { rbacEscalation } from '../../detectors/rbac-escalation.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const RBAC = { apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' };
const account = (namespace: string, name: string, extra: Record<string, string[]> = {}): RawEvent['user'] & object => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra,
});
const GITOPS: RawEvent = { user: account('dev', 'gitops') };
const CONTROLLER: RawEvent = {
  user: account('flux', 'kustomize-controller', {
    'authentication.kubernetes.io/pod-name': ['kustomize-controller-0'],
  }),
  userAgent: 'kustomize-controller/v1.3.0 (linux/amd64)',
};
const ALICE: RawEvent = { user: { username: 'alice', groups: ['dev-team', 'system:authenticated'] } };
const ADMIN: RawEvent = {
  user: { username: 'ops-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] },
  annotations: {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason':
      'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole "cluster-admin" to Group "kubeadm:cluster-admins"',
  },
};
const MASTERS: RawEvent = { user: { username: 'super-admin', groups: ['system:masters', 'system:authenticated'] } };

type Subject = Readonly<Record<string, string>>;
const user = (name: string): Subject => ({ kind: 'User', apiGroup: RBAC.apiGroup, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: RBAC.apiGroup, name });
const sa = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', namespace, name });

function write(
  second: number,
  resource: string,
  name: string,
  namespace: string,
  body: object | undefined,
  over: RawEvent,
): RawEvent {
  const path = `/apis/rbac.authorization.k8s.io/v1${namespace && `/namespaces/${namespace}`}/${resource}`;
  return at(second, {
    verb: 'create',
    requestURI: path,
    objectRef: { ...RBAC, resource, name, ...(namespace !== '' && { namespace }) },
    responseStatus: { code: 201 },
    ...(body !== undefined && { requestObject: body, responseObject: body }),
    ...over,
  });
}
const KINDS: Readonly<Record<string, string>> = {
  roles: 'Role',
  clusterroles: 'ClusterRole',
  rolebindings: 'RoleBinding',
  clusterrolebindings: 'ClusterRoleBinding',
};
const bind = (
  second: number,
  role: string,
  subjects: readonly Subject[],
  over: RawEvent,
  namespace = '',
  name = 'b',
): RawEvent => {
  const resource = namespace === '' ? 'clusterrolebindings' : 'rolebindings';
  const body = {
    kind: KINDS[resource],
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name, ...(namespace !== '' && { namespace }) },
    subjects,
    roleRef: { apiGroup: RBAC.apiGroup, kind: 'ClusterRole', name: role },
  };
  return write(second, resource, name, namespace, body, over);
};
const role = (
  second: number,
  rules: readonly object[],
  over: RawEvent,
  labels: object = {},
  name = 'r',
  namespace = '',
): RawEvent => {
  const resource = namespace === '' ? 'clusterroles' : 'roles';
  const body = {
    kind: KINDS[resource],
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name, labels, ...(namespace !== '' && { namespace }) },
    rules,
  };
  return write(second, resource, name, namespace, body, over);
};
const ALL = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
const SECRETS = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] };
const escalationRefused: RawEvent = {
  responseStatus: {
    code: 403,
    reason: 'Forbidden',
    message:
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "alice" (groups=["dev-team"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"]}',
  },
  annotations: { 'authorization.k8s.io/decision': 'allow' },
  responseObject: { kind: 'Status', status: 'Failure' },
};
const refused: RawEvent = {
  responseStatus: { code: 403, reason: 'Forbidden' },
  annotations: { 'authorization.k8s.io/decision': 'forbid' },
  requestObject: undefined,
  responseObject: undefined,
};

const cases: readonly Case[] = [
  {
    name: 'a service account token binds itself to cluster-admin',
    kind: 'positive',
    events: [bind(0, 'cluster-admin', [sa('dev', 'gitops')], GITOPS)],
    alerts: [
      {
        severity: 'critical',
        action: 'grant-admin',
        targetUser: 'system:serviceaccount:dev:gitops',
        reason:
          /^Service account dev:gitops created clusterrolebinding b, which gives ClusterRole cluster-admin to ServiceAccount dev:gitops cluster-wide/,
      },
    ],
  },
  {
    name: 'an administrator makes a person administrator',
    kind: 'positive',
    events: [bind(0, 'cluster-admin', [user('eve')], ADMIN)],
    alerts: [{ severity: 'medium', targetUser: 'eve' }],
  },
  {
    name: 'everyone who is not logged in gets view',
    kind: 'positive',
    events: [bind(0, 'view', [user('bob'), group('system:unauthenticated')], ALICE)],
    alerts: [{ severity: 'medium', action: 'grant-everyone', targetUser: 'system:unauthenticated' }],
  },
  {
    name: 'even the super administrator does not give everyone cluster-admin unseen',
    kind: 'positive',
    events: [bind(0, 'cluster-admin', [group('system:anonymous'), user('system:anonymous')], MASTERS)],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a role of stars',
    kind: 'positive',
    events: [role(0, [ALL], GITOPS)],
    alerts: [{ severity: 'high', action: 'role-powerful' }],
  },
  {
    name: 'secrets slipped into view by aggregation',
    kind: 'positive',
    events: [role(0, [SECRETS], GITOPS, { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' })],
    alerts: [{ severity: 'high', action: 'role-aggregated' }],
  },
  {
    name: 'a JSON patch, told by the object it led to',
    kind: 'positive',
    events: [
      {
        ...role(0, [PODS, ALL], GITOPS),
        verb: 'patch',
        requestObject: [{ op: 'add', path: '/rules/-', value: { ...PODS } }],
        responseStatus: { code: 200 },
      },
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a JSON patch without the object it led to',
    kind: 'positive',
    events: [
      {
        ...role(0, [], GITOPS),
        verb: 'patch',
        requestObject: [{ op: 'add', path: '/rules/-', value: ALL }],
        responseObject: undefined,
        responseStatus: { code: 200 },
      },
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a role learnt before it is bound',
    kind: 'positive',
    events: [role(0, [ALL], MASTERS, {}, 'ops-all'), bind(1, 'ops-all', [user('eve')], GITOPS)],
    alerts: [{ severity: 'high', action: 'grant-admin' }],
  },
  {
    name: "stopped by RBAC's escalation check",
    kind: 'positive',
    events: [role(0, [ALL], { ...ALICE, ...escalationRefused }, {}, 'r', 'dev')],
    alerts: [
      {
        severity: 'medium',
        action: 'role-powerful-refused',
        reason: /was stopped by RBAC's escalation check when it tried to create role r/,
      },
    ],
  },
  {
    name: 'someone who acts as root',
    kind: 'positive',
    events: [
      bind(0, 'cluster-admin', [user('alice')], {
        ...ALICE,
        impersonatedUser: { username: 'root', groups: ['system:masters'] },
      }),
    ],
    alerts: [{ severity: 'critical' }],
  },
  {
    name: 'a controller credential in the hands of a person',
    kind: 'positive',
    events: [
      bind(0, 'cluster-admin', [user('eve')], {
        user: { ...account('kube-system', 'clusterrole-aggregation-controller'), uid: '8da86540' },
        userAgent: 'curl/8.5.0',
      }),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'the API server makes the default roles',
    kind: 'negative',
    events: [
      bind(0, 'cluster-admin', [group('system:masters')], {
        user: { username: 'system:apiserver', uid: '4e128da7', groups: ['system:authenticated', 'system:masters'] },
        userAgent: 'kube-apiserver/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
      }),
    ],
    alerts: [],
  },
  {
    name: 'the super administrator sets a cluster up',
    kind: 'negative',
    events: [
      bind(0, 'cluster-admin', [group('kubeadm:cluster-admins')], MASTERS),
      role(1, [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['bind', 'escalate'] }], MASTERS),
      bind(2, 'edit', [group('dev-team')], MASTERS, 'web'),
      role(3, [PODS], MASTERS, {}, 'pods', 'web'),
    ],
    alerts: [{ severity: 'low', count: 1 }],
  },
  {
    name: 'a team role and its binding',
    kind: 'negative',
    events: [role(0, [PODS], ALICE, {}, 'team', 'web'), bind(1, 'view', [group('interns')], ALICE, 'web')],
    alerts: [],
  },
  {
    name: 'an operator installs the view roles of its own kinds',
    kind: 'negative',
    events: [
      role(0, [{ apiGroups: ['example.org'], resources: ['widgets'], verbs: ['get'] }], CONTROLLER, {
        'rbac.authorization.k8s.io/aggregate-to-view': 'true',
      }),
    ],
    alerts: [],
  },
  {
    name: 'a GitOps controller installs a chart with a wide role',
    kind: 'negative',
    events: [role(0, [ALL], CONTROLLER)],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a refused write whose body nobody read',
    kind: 'negative',
    events: [bind(0, 'cluster-admin', [user('alice')], { ...ALICE, ...refused })],
    alerts: [{ severity: 'low', action: 'binding-changed-refused' }],
  },
  {
    name: 'deletion of what others made',
    kind: 'negative',
    events: [{ ...bind(0, 'cluster-admin', [user('eve')], ALICE), verb: 'delete', responseStatus: { code: 200 } }],
    alerts: [],
  },
  {
    name: 'a binding at level Metadata is told, milder, with the reason',
    kind: 'edge',
    events: [write(0, 'clusterrolebindings', 'b', '', undefined, { ...ALICE, level: 'Metadata' })],
    alerts: [{ severity: 'low', reason: /its body was not logged at this audit level/ }],
  },
  {
    name: 'a JSON patch of a piece of a rule, without the object it led to',
    kind: 'edge',
    events: [
      {
        ...role(0, [], GITOPS),
        verb: 'patch',
        requestObject: [{ op: 'add', path: '/rules/0/verbs/-', value: 'escalate' }],
        responseObject: undefined,
        responseStatus: { code: 200 },
      },
    ],
    alerts: [{ severity: 'medium', reason: /a patch that shows only a piece of a rule/ }],
  },
  {
    name: 'a response that is a table: the request tells',
    kind: 'edge',
    events: [{ ...role(0, [ALL], GITOPS), responseObject: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [] } }],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a dry run weighs half',
    kind: 'edge',
    events: [
      {
        ...bind(0, 'cluster-admin', [group('system:authenticated')], GITOPS),
        requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?dryRun=All',
      },
    ],
    alerts: [{ severity: 'medium', action: 'grant-everyone-dry-run' }],
  },
  {
    name: 'made and removed within the hour',
    kind: 'edge',
    events: [
      bind(0, 'cluster-admin', [user('eve')], GITOPS),
      { ...bind(3_599.999999, 'cluster-admin', [user('eve')], GITOPS), verb: 'delete', responseStatus: { code: 200 } },
    ],
    alerts: [{ severity: 'high' }, { severity: 'low', action: 'grant-removed' }],
  },
  {
    name: 'made and removed an hour later',
    kind: 'edge',
    events: [
      bind(0, 'cluster-admin', [user('eve')], GITOPS),
      { ...bind(3_600, 'cluster-admin', [user('eve')], GITOPS), verb: 'delete', responseStatus: { code: 200 } },
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'removals that fail, or are only tried out, remove nothing',
    kind: 'edge',
    events: [
      bind(0, 'cluster-admin', [user('eve')], GITOPS),
      { ...bind(1, 'cluster-admin', [user('eve')], GITOPS), verb: 'delete', responseStatus: { code: 409 } },
      {
        ...bind(2, 'cluster-admin', [user('eve')], GITOPS),
        verb: 'delete',
        requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/b?dryRun=All',
        responseStatus: { code: 200 },
      },
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'two grants of one kind at the end of the quiet time are one alert',
    kind: 'edge',
    events: [
      bind(0, 'cluster-admin', [user('eve')], GITOPS),
      bind(3_600, 'cluster-admin', [user('mallory')], GITOPS, '', 'c'),
    ],
    alerts: [{ severity: 'high', count: 2 }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [
      bind(0, 'cluster-admin', [user('a"b\n'.repeat(3_000))], GITOPS),
      role(1, [ALL], GITOPS, { 'x"\n': 'true' }),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'bodies that are no RBAC objects',
    kind: 'hostile',
    events: [
      bind(0, 'cluster-admin', [user('eve')], GITOPS),
      ...[
        null,
        7,
        'x',
        [],
        [null],
        [[[]]],
        { subjects: 7, roleRef: [] },
        { rules: { verbs: 1 } },
        { metadata: { labels: [] } },
      ].map((body, number) => ({
        ...write(
          number + 1,
          number % 2 === 0 ? 'clusterroles' : 'clusterrolebindings',
          `x-${number}`,
          '',
          undefined,
          GITOPS,
        ),
        requestObject: body,
        responseObject: body,
      })),
    ],
    alerts: [{ severity: 'high' }],
  },
];

table(rbacEscalation, cases);
