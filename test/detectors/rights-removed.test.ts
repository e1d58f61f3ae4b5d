import { rightsRemoved } from '../../detectors/rights-removed.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const GROUP = 'rbac.authorization.k8s.io';
const person = (username: string, ...groups: string[]): RawEvent => ({
  user: { username, groups: [...groups, 'system:authenticated'] },
});
const MALLORY = person('mallory');
const MASTERS = person('super-admin', 'system:masters');
const ADMIN: RawEvent = {
  ...person('ops'),
  annotations: {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason':
      'RBAC: allowed by ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to Group "admins"',
  },
};
const NAMESPACE_CONTROLLER: RawEvent = {
  user: {
    username: 'system:serviceaccount:kube-system:namespace-controller',
    uid: '8da86540',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  },
  userAgent:
    'kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/a1b2c3d/system:serviceaccount:kube-system:namespace-controller',
};

const write = (
  second: number,
  verb: string,
  resource: string,
  name: string,
  over: RawEvent,
  namespace = '',
): RawEvent =>
  at(second, {
    verb,
    requestURI: `/apis/${GROUP}/v1/${namespace && `namespaces/${namespace}/`}${resource}/${name}`,
    objectRef: { resource, apiGroup: GROUP, ...(name && { name }), ...(namespace && { namespace }) },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    ...over,
  });
const bind = (second: number, over: RawEvent, role = 'cluster-admin', name = 'b'): RawEvent =>
  write(second, 'create', 'clusterrolebindings', name, {
    requestObject: {
      metadata: { name },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', name: 'eve' }],
    },
    ...over,
  });
const remove = (second: number, over: RawEvent, name = 'b'): RawEvent =>
  write(second, 'delete', 'clusterrolebindings', name, over);

const cases: readonly Case[] = [
  {
    name: 'a grant that lived for four minutes',
    kind: 'positive',
    events: [bind(0, MALLORY), remove(240, MALLORY)],
    alerts: [
      {
        severity: 'low',
        action: 'grant-removed',
        targetUser: 'eve',
        reason:
          /^User mallory deleted clusterrolebinding b, which it had made 4 min before, and which gave ClusterRole cluster-admin to User eve cluster-wide/,
      },
    ],
  },
  {
    name: 'a grant that another one takes back',
    kind: 'positive',
    events: [bind(0, MALLORY), remove(240, person('alice'))],
    alerts: [{ severity: 'low', reason: /^User alice deleted .* which User mallory had made 4 min before/ }],
  },
  {
    name: 'the binding of cluster-admin itself',
    kind: 'positive',
    events: [remove(0, MALLORY, 'cluster-admin')],
    alerts: [{ severity: 'medium', action: 'built-in-removed', reason: /one of those that the cluster is built on/ }],
  },
  {
    name: 'a built-in role, by an administrator',
    kind: 'positive',
    events: [write(0, 'delete', 'clusterroles', 'system:node', ADMIN)],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'all bindings of the cluster',
    kind: 'positive',
    events: [write(0, 'deletecollection', 'clusterrolebindings', '', MALLORY)],
    alerts: [{ severity: 'medium', action: 'all-removed', reason: /^User mallory deleted all clusterrolebindings/ }],
  },
  {
    name: 'all roles of a namespace',
    kind: 'negative',
    events: [write(0, 'deletecollection', 'roles', '', MALLORY, 'web')],
    alerts: [{ severity: 'low', reason: /all roles in web/ }],
  },
  {
    name: 'the namespace controller clears a namespace',
    kind: 'negative',
    events: [write(0, 'deletecollection', 'rolebindings', '', NAMESPACE_CONTROLLER, 'web')],
    alerts: [],
  },
  {
    name: 'a harmless binding comes and goes',
    kind: 'negative',
    events: [bind(0, MALLORY, 'view'), remove(60, MALLORY)],
    alerts: [],
  },
  {
    name: 'a binding that was there before',
    kind: 'negative',
    events: [remove(0, MALLORY)],
    alerts: [],
  },
  {
    name: 'a grant that was only tried',
    kind: 'negative',
    events: [
      { ...bind(0, MALLORY), requestURI: `/apis/${GROUP}/v1/clusterrolebindings?dryRun=All` },
      { ...bind(1, MALLORY), responseStatus: { code: 403 } },
      remove(60, MALLORY),
    ],
    alerts: [],
  },
  {
    name: 'a role that only sounds like the system',
    kind: 'negative',
    events: [write(0, 'delete', 'clusterroles', 'system:metrics-server', MALLORY)],
    alerts: [],
  },
  {
    name: 'the super administrator',
    kind: 'negative',
    events: [bind(0, MASTERS), remove(60, MASTERS), write(61, 'delete', 'clusterroles', 'view', MASTERS)],
    alerts: [{ severity: 'low' }, { severity: 'low' }],
  },
  {
    name: 'removed at the end of the window',
    kind: 'edge',
    events: [bind(0, MALLORY), remove(3_599.999999, MALLORY)],
    alerts: [{ severity: 'low', action: 'grant-removed' }],
  },
  {
    name: 'removed a moment later',
    kind: 'edge',
    events: [bind(0, MALLORY), remove(3_600, MALLORY)],
    alerts: [],
  },
  {
    name: 'removals that fail, or are only tried out',
    kind: 'edge',
    events: [
      bind(0, MALLORY),
      remove(1, { ...MALLORY, responseStatus: { code: 409 } }),
      remove(2, { ...MALLORY, requestURI: `/apis/${GROUP}/v1/clusterrolebindings/b?dryRun=All` }),
    ],
    alerts: [],
  },
  {
    name: 'a removal of what is built in that was refused weighs half',
    kind: 'edge',
    events: [remove(0, { ...MALLORY, responseStatus: { code: 403 }, annotations: {} }, 'cluster-admin')],
    alerts: [{ severity: 'low', reason: /was refused when it tried to delete/ }],
  },
  {
    name: 'made by several, the first is told',
    kind: 'edge',
    events: [
      bind(0, MALLORY),
      { ...bind(60, person('bob')), verb: 'update', responseStatus: { code: 200 } },
      remove(120, MALLORY),
    ],
    alerts: [{ severity: 'low', reason: /which it had made 120 s|2 min before/ }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [bind(0, MALLORY), remove(1, MALLORY)],
    alerts: [{ severity: 'low' }],
  },
];

table(rightsRemoved, cases);
