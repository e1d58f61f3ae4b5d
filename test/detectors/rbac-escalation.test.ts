import { describe, expect, test } from 'vitest';
import { rbacEscalation } from '../../detectors/rbac-escalation.ts';
import { at, judge, table, type Case } from '../support/detector.ts';
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
const EXEC = { apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] };
const MINT = { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] };
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
    alerts: [{ severity: 'medium', action: 'role-powerful', reason: /now may do anything to all resources/ }],
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
        requestObject: [{ op: 'replace', path: '/rules/1/verbs/0', value: '*' }],
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
        reason: /was stopped by RBAC's escalation check when it tried to create role dev\/r /,
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
    name: 'a subject slipped into an old binding by a JSON patch: only the newcomer is news',
    kind: 'positive',
    events: [
      bind(0, 'cluster-admin', [user('root')], MASTERS),
      {
        ...bind(60, 'cluster-admin', [user('root'), user('eve')], GITOPS),
        verb: 'patch',
        requestObject: [{ op: 'add', path: '/subjects/-', value: user('eve') }],
        responseStatus: { code: 200 },
      },
    ],
    alerts: [
      { severity: 'low', targetUser: 'root' },
      {
        severity: 'high',
        targetUser: 'eve',
        reason: /gives ClusterRole cluster-admin to User eve cluster-wide \(now may do anything to all resources\)/,
      },
    ],
  },
  {
    name: 'rights put into a role that a group of the actor holds',
    kind: 'positive',
    events: [
      role(0, [PODS], MASTERS, {}, 'team', 'web'),
      {
        ...bind(1, 'team', [group('dev-team')], MASTERS, 'web'),
        requestObject: {
          roleRef: { apiGroup: RBAC.apiGroup, kind: 'Role', name: 'team' },
          subjects: [group('dev-team')],
        },
        responseObject: undefined,
      },
      { ...role(2, [PODS, ALL], ALICE, {}, 'team', 'web'), verb: 'update', responseStatus: { code: 200 } },
    ],
    alerts: [
      {
        severity: 'high',
        action: 'role-powerful',
        reason:
          /patched|updated role web\/team, which gives more to Group dev-team in web \(now may do anything to all resources; to itself\)/,
      },
    ],
  },
  {
    name: 'someone raises the identity it put on',
    kind: 'positive',
    events: [
      bind(0, 'edit', [group('deployers')], {
        ...ALICE,
        impersonatedUser: { username: 'ci', groups: ['deployers', 'system:authenticated'] },
      }),
    ],
    alerts: [{ severity: 'high', action: 'grant-self' }],
  },
  {
    name: 'two harmless halves: escalate from one role, bind from another',
    kind: 'positive',
    events: [
      role(0, [{ apiGroups: [RBAC.apiGroup], resources: ['roles'], verbs: ['escalate'] }], MASTERS, {}, 'one'),
      role(1, [{ apiGroups: [RBAC.apiGroup], resources: ['roles'], verbs: ['bind'] }], MASTERS, {}, 'two'),
      bind(2, 'one', [user('eve')], MASTERS, '', 'b1'),
      bind(3, 'two', [user('eve')], { user: { username: 'carol', groups: ['system:authenticated'] } }, '', 'b2'),
    ],
    alerts: [{ severity: 'high', action: 'grant-admin', targetUser: 'eve' }],
  },
  {
    name: 'a label makes view as good as cluster-admin',
    kind: 'positive',
    events: [
      {
        ...write(0, 'clusterroles', 'cluster-admin', '', undefined, ADMIN),
        verb: 'patch',
        requestObject: { metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } } },
        responseStatus: { code: 200 },
      },
    ],
    alerts: [{ severity: 'high', action: 'role-aggregated', reason: /aggregated into view/ }],
  },
  {
    name: 'an aggregation rule that takes everything in',
    kind: 'positive',
    events: [
      write(
        0,
        'clusterroles',
        'metrics',
        '',
        {
          kind: 'ClusterRole',
          metadata: { name: 'metrics' },
          aggregationRule: { clusterRoleSelectors: [{}] },
          rules: [],
        },
        GITOPS,
      ),
    ],
    alerts: [{ severity: 'medium', action: 'role-powerful', reason: /do anything to all resources/ }],
  },
  {
    name: "OpenShift's own form of a binding",
    kind: 'positive',
    events: [
      write(
        0,
        'clusterrolebindings',
        'b',
        '',
        { kind: 'ClusterRoleBinding', roleRef: { name: 'cluster-admin' }, subjects: [], userNames: ['eve'] },
        {
          ...GITOPS,
          objectRef: { resource: 'clusterrolebindings', name: 'b', apiGroup: 'authorization.openshift.io' },
        },
      ),
    ],
    alerts: [{ severity: 'high', action: 'grant-admin', targetUser: 'eve' }],
  },
  {
    name: "a default service account becomes its namespace's administrator",
    kind: 'positive',
    events: [bind(0, 'cluster-admin', [sa('web', 'default')], ALICE, 'web')],
    alerts: [{ severity: 'medium', action: 'grant-admin', reason: /to a default service account/ }],
  },
  {
    name: 'a GitOps controller makes a person cluster-admin',
    kind: 'positive',
    events: [bind(0, 'cluster-admin', [user('eve')], CONTROLLER)],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'an aggregation rule is refused by the API server itself',
    kind: 'positive',
    events: [
      {
        ...role(0, [], ALICE),
        ...escalationRefused,
        responseStatus: { code: 403, message: 'must have cluster-admin privileges to use an aggregationRule' },
      },
    ],
    alerts: [{ severity: 'medium', reason: /was stopped by RBAC's escalation check/ }],
  },
  {
    name: 'the super administrator makes an account of a workload cluster-admin',
    kind: 'positive',
    events: [bind(0, 'cluster-admin', [sa('dev', 'gitops')], MASTERS)],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'bindings by hand that nobody can read, one after the other',
    kind: 'positive',
    events: [0, 1, 2, 3].map((second) => write(second, 'clusterrolebindings', `b${second}`, '', undefined, GITOPS)),
    alerts: [{ severity: 'high', reason: /4 such writes by hand/ }],
  },
  {
    name: 'stopped with one credential, done with another from the same place',
    kind: 'positive',
    events: [
      role(0, [ALL], { ...ALICE, ...escalationRefused }, {}, 'r', 'dev'),
      bind(60, 'edit', [user('alice')], { user: { username: 'bob', groups: ['system:authenticated'] } }),
    ],
    alerts: [
      { severity: 'medium' },
      { severity: 'medium', reason: /someone else was stopped at it from the same address/ },
    ],
  },
  {
    name: 'refused late without a word why: evidence',
    kind: 'edge',
    events: [
      {
        ...role(0, [SECRETS], ALICE, {}, 'r', 'dev'),
        responseStatus: { code: 403 },
        annotations: { 'authorization.k8s.io/decision': 'allow' },
        responseObject: undefined,
      },
    ],
    alerts: [{ severity: 'low', action: 'role-powerful-refused' }],
  },
  {
    name: "kubeadm's own binding in kube-public",
    kind: 'negative',
    events: [
      role(
        0,
        [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }],
        ADMIN,
        {},
        'info',
        'kube-public',
      ),
      {
        ...bind(1, 'info', [user('system:anonymous')], ADMIN, 'kube-public'),
        requestObject: { roleRef: { kind: 'Role', name: 'info' }, subjects: [user('system:anonymous')] },
        responseObject: undefined,
      },
    ],
    alerts: [],
  },
  {
    name: 'a pipeline makes a dozen previews in a day, and lets the developers in',
    kind: 'negative',
    events: Array.from({ length: 12 }, (_, hour) => [
      bind(
        3_600 * hour,
        'edit',
        [group('developers')],
        { user: account('ci', 'previews'), userAgent: 'helm/3' },
        `pr-${hour}`,
      ),
      bind(
        3_600 * hour + 1,
        'edit',
        [sa(`pr-${hour}`, 'app')],
        { user: account('ci', 'previews'), userAgent: 'helm/3' },
        `pr-${hour}`,
      ),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'an administrator, and a controller, give a dozen teams their namespaces in a day',
    kind: 'negative',
    events: Array.from({ length: 12 }, (_, hour) => [
      bind(3_600 * hour, 'edit', [sa(`team-${hour}`, 'deployer')], ADMIN, `team-${hour}`),
      bind(3_600 * hour + 1, 'edit', [user('carol')], CONTROLLER, `team-${hour}`),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'a GitOps controller installs an operator as cluster-admin',
    kind: 'negative',
    events: [bind(0, 'cluster-admin', [sa('velero', 'velero')], CONTROLLER)],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a GitOps controller applies what is there already, in dry runs and for good',
    kind: 'negative',
    events: [
      role(0, [ALL], CONTROLLER, {}, 'wide'),
      ...[1, 2, 3].map((minute) => ({
        ...role(60 * minute, [ALL], GITOPS, {}, 'wide'),
        verb: 'patch',
        requestURI: `/apis/rbac.authorization.k8s.io/v1/clusterroles/wide?fieldManager=x${minute % 2 ? '&dryRun=All' : ''}`,
        responseStatus: { code: 200 },
      })),
    ],
    alerts: [],
  },
  {
    name: 'a strong role gets a harmless rule',
    kind: 'negative',
    events: [
      role(0, [ALL], MASTERS, {}, 'wide'),
      { ...role(60, [ALL, PODS], GITOPS, {}, 'wide'), verb: 'update', responseStatus: { code: 200 } },
    ],
    alerts: [],
  },
  {
    name: 'rights are taken out of a role, and subjects out of a binding',
    kind: 'negative',
    events: [
      role(0, [ALL, PODS], MASTERS, {}, 'wide'),
      { ...role(60, [PODS], GITOPS, {}, 'wide'), verb: 'update', responseStatus: { code: 200 } },
      bind(61, 'cluster-admin', [user('root'), user('eve')], MASTERS),
      { ...bind(120, 'cluster-admin', [user('root')], GITOPS), verb: 'update', responseStatus: { code: 200 } },
    ],
    alerts: [{ severity: 'low', targetUser: 'eve' }],
  },
  {
    name: 'one more binding for a cluster-admin',
    kind: 'negative',
    events: [
      bind(0, 'cluster-admin', [user('root')], MASTERS),
      bind(60, 'cluster-admin', [user('root')], GITOPS, '', 'again'),
    ],
    alerts: [{ severity: 'low' }, { severity: 'low', reason: /rights that it holds already: one more way to them/ }],
  },
  {
    name: 'who administers one namespace gets another: news there',
    kind: 'positive',
    events: [
      bind(0, 'cluster-admin', [user('eve')], MASTERS, 'dev'),
      bind(60, 'cluster-admin', [user('eve')], ALICE, 'web'),
    ],
    alerts: [{ severity: 'medium', action: 'grant-admin', reason: /in web \(now may do anything to all resources/ }],
  },
  {
    name: 'rights on nodes and users bound in one namespace open nothing',
    kind: 'negative',
    events: [
      role(0, [{ apiGroups: [''], resources: ['users', 'nodes/proxy'], verbs: ['*'] }], MASTERS, {}, 'odd'),
      bind(1, 'odd', [user('eve')], GITOPS, 'web'),
    ],
    alerts: [],
  },
  {
    name: 'the first update of a role that was there before',
    kind: 'edge',
    events: [{ ...role(0, [ALL], GITOPS), verb: 'update', responseStatus: { code: 200 } }],
    alerts: [{ severity: 'high', reason: /may do anything to all resources, and how much of it is new is not known/ }],
  },
  {
    name: 'three small grants of one actor, and a fourth',
    kind: 'edge',
    events: [0, 1, 2, 3].map((hour) =>
      bind(3_600 * hour, 'view', [group('system:serviceaccounts:a')], ALICE, 'web', `b${hour}`),
    ),
    alerts: [],
  },
  {
    name: 'small grants of one actor, too many for a day',
    kind: 'edge',
    events: Array.from({ length: 8 }, (_, hour) =>
      bind(3_599 * hour, 'edit', [user(`a${hour}`)], ALICE, 'web', `b${hour}`),
    ),
    alerts: [{ severity: 'low', count: 2, reason: /8 such grants by the same actor within 1d/ }],
  },
  {
    name: 'small grants of one actor, on days of their own',
    kind: 'edge',
    events: Array.from({ length: 8 }, (_, day) =>
      bind(86_400 * day, 'edit', [user(`a${day}`)], ALICE, 'web', `b${day}`),
    ),
    alerts: [],
  },
  {
    name: 'one subject collects rights from several givers',
    kind: 'edge',
    events: ['ann', 'bob', 'cay'].flatMap((username, at) => [
      role(100 * at, [[SECRETS], [EXEC], [MINT]][at]!, MASTERS, {}, `r${at}`, 'web'),
      {
        ...bind(
          100 * at + 1,
          `r${at}`,
          [user('x')],
          { user: { username, groups: ['system:authenticated'] } },
          'web',
          `b${at}`,
        ),
        requestObject: { roleRef: { kind: 'Role', name: `r${at}` }, subjects: [user('x')] },
        responseObject: undefined,
      },
    ]),
    alerts: [
      { severity: 'low', reason: /from 2 different givers/ },
      { severity: 'medium', reason: /the subject collected 3 such grants within 1d; from 3 different givers/ },
    ],
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
    alerts: [],
  },
  {
    name: 'a refused write whose body nobody read',
    kind: 'negative',
    events: [bind(0, 'cluster-admin', [user('alice')], { ...ALICE, ...refused })],
    alerts: [{ severity: 'low', action: 'binding-changed-refused' }],
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
    alerts: [{ severity: 'medium', reason: /a patch that shows only a piece/ }],
  },
  {
    name: 'a response that is a table: the request tells',
    kind: 'edge',
    events: [{ ...role(0, [ALL], GITOPS), responseObject: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [] } }],
    alerts: [{ severity: 'medium' }],
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

describe('what is usual', () => {
  const hour = (number: number, over: RawEvent): RawEvent =>
    at(3_600 * number, {
      verb: 'patch',
      requestURI: '/apis/apps/v1/namespaces/web/deployments/shop',
      objectRef: { resource: 'deployments', namespace: 'web', name: 'shop', apiGroup: 'apps', apiVersion: 'v1' },
      ...over,
    });
  const DEPLOYER: RawEvent = { user: account('ci', 'deployer'), userAgent: 'helm/3.19.0' };
  const grant = (over: RawEvent): RawEvent => bind(40 * 3_600, 'edit', [sa('web', 'x')], over);
  const after = (hours: number, over: RawEvent) =>
    judge(rbacEscalation, [
      ...Array.from({ length: hours }, (_, number) => hour(number, DEPLOYER)),
      grant({ ...DEPLOYER, ...over }),
    ]);

  test('an identity that never wrote RBAC raises it, once it is known for a day', () => {
    const [early] = after(5, {});
    const [late] = after(36, {});
    expect([early?.severity, late?.severity]).toEqual(['low', 'medium']);
    expect(early?.baseline).toBeUndefined();
    expect(late?.contributions.map(({ what }) => what)).toContain('never did this before');
    expect(late?.baseline).toMatchObject({ events: expect.any(Number), usual: expect.stringContaining('deployments') });
  });

  test('and so do another network and another client', () => {
    const [late] = after(36, { sourceIPs: ['203.0.113.7'], userAgent: 'stolen/1.0' });
    expect(late?.contributions.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['never came from this network before', 'never used this client before']),
    );
  });
});
