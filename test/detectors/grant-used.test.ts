import { expect, test } from 'vitest';
import { grantUsed } from '../../detectors/grant-used.ts';
import { at, judge, table, type Case } from '../support/detector.ts';
import { enabled, engineFor, feed, Outcome, recordOf } from '../support/engine.ts';
import type { RawEvent } from '../support/event.ts';

const GROUP = 'rbac.authorization.k8s.io';
const allowedBy = (how: string): RawEvent['annotations'] & object => ({
  'authorization.k8s.io/decision': 'allow',
  'authorization.k8s.io/reason': `RBAC: allowed by ${how}`,
});
const AS_ADMIN = allowedBy('ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to Group "admins"');
const person = (username: string, ...groups: string[]): RawEvent => ({
  user: { username, groups: [...groups, 'system:authenticated'] },
});
const account = (namespace: string, name: string, over: RawEvent = {}): RawEvent => ({
  user: {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  },
  ...over,
});
const MALLORY = person('mallory');
const EVE = person('eve', 'guests');
const ADMIN: RawEvent = { ...person('ops', 'admins'), annotations: AS_ADMIN };
const ETL_BY_HAND = account('data', 'etl');
const ETL_IN_ITS_POD: RawEvent = {
  user: { ...ETL_BY_HAND.user, extra: { 'authentication.kubernetes.io/pod-name': ['etl-0'] } },
  userAgent: 'etl/v1.0.0 (linux/amd64) kubernetes/a1b2c3d',
};

type Subject = Readonly<Record<string, string>>;
const user = (name: string): Subject => ({ kind: 'User', name });
const group = (name: string): Subject => ({ kind: 'Group', name });
const ETL: Subject = { kind: 'ServiceAccount', namespace: 'data', name: 'etl' };

const write = (
  second: number,
  resource: string,
  name: string,
  namespace: string,
  body: object,
  over: RawEvent,
): RawEvent =>
  at(second, {
    verb: 'create',
    requestURI: `/apis/${GROUP}/v1/${namespace && `namespaces/${namespace}/`}${resource}`,
    objectRef: { resource, name, apiGroup: GROUP, ...(namespace && { namespace }) },
    responseStatus: { code: 201 },
    requestObject: body,
    ...over,
  });
const bind = (second: number, role: string, subject: Subject, over: RawEvent, namespace = '', name = 'b'): RawEvent =>
  write(
    second,
    namespace ? 'rolebindings' : 'clusterrolebindings',
    name,
    namespace,
    { metadata: { name }, roleRef: { kind: 'ClusterRole', name: role }, subjects: [subject] },
    over,
  );
const role = (second: number, resource: string, verbs: readonly string[], over: RawEvent, name = 'r'): RawEvent =>
  write(
    second,
    'clusterroles',
    name,
    '',
    { metadata: { name }, rules: [{ apiGroups: [''], resources: [resource], verbs }] },
    over,
  );
const request = (second: number, verb: string, resource: string, namespace: string, over: RawEvent): RawEvent => {
  const [type, subresource] = resource.split('/');
  return at(second, {
    verb,
    requestURI: `/api/v1/${namespace && `namespaces/${namespace}/`}${resource}`,
    objectRef: { resource: type, ...(subresource && { subresource }), ...(namespace && { namespace }), name: 'x' },
    ...over,
  });
};
const list = (second: number, over: RawEvent, namespace = ''): RawEvent =>
  request(second, 'list', 'secrets', namespace, over);
const NEW = allowedBy('ClusterRoleBinding "b" of ClusterRole "cluster-admin" to User "eve"');
const OLD = allowedBy('ClusterRoleBinding "old" of ClusterRole "ops" to User "eve"');

const cases: readonly Case[] = [
  {
    name: 'someone makes itself cluster-admin and reads all secrets',
    kind: 'positive',
    events: [bind(0, 'cluster-admin', user('eve'), EVE), list(40, EVE)],
    alerts: [
      {
        severity: 'high',
        action: 'own-grant-used',
        reason:
          /^User eve read secrets 40 s after it gave itself the right \(ClusterRoleBinding b\), from 10\.0\.0\.9\.$/,
      },
    ],
  },
  {
    name: 'the other account of an attacker mints tokens and binds roles',
    kind: 'positive',
    events: [
      bind(0, 'cluster-admin', user('eve'), MALLORY),
      request(30, 'create', 'serviceaccounts/token', 'kube-system', { ...EVE, annotations: NEW }),
      { ...bind(60, 'cluster-admin', group('guests'), EVE, '', 'c'), annotations: NEW },
    ],
    alerts: [
      {
        severity: 'medium',
        action: 'grant-used',
        count: 3,
        reason: /^User eve bound roles and minted service account tokens 60 s after User mallory gave it the right/,
      },
    ],
  },
  {
    name: "a service account's token is used by hand, whoever gave it the rights",
    kind: 'positive',
    events: [bind(0, 'cluster-admin', ETL, ADMIN), list(200, ETL_BY_HAND)],
    alerts: [{ severity: 'medium', action: 'grant-used' }],
  },
  {
    name: 'a group that one is in gets a new rule, and the rule is used',
    kind: 'positive',
    events: [
      role(0, 'pods', ['get'], MALLORY),
      bind(1, 'r', group('guests'), MALLORY),
      { ...role(2, 'pods/exec', ['create'], EVE), verb: 'update', responseStatus: { code: 200 } },
      request(60, 'create', 'pods/exec', 'web', { ...EVE, responseStatus: { code: 101 } }),
    ],
    alerts: [{ severity: 'medium', action: 'own-grant-used', reason: /ran commands in pods/ }],
  },
  {
    name: 'a role whose holders are not known is told by the authorizer',
    kind: 'positive',
    events: [
      { ...role(0, 'secrets', ['list'], MALLORY), verb: 'update', responseStatus: { code: 200 } },
      list(10, { ...MALLORY, annotations: allowedBy('ClusterRoleBinding "x" of ClusterRole "r" to User "mallory"') }),
    ],
    alerts: [{ severity: 'high', reason: /\(ClusterRole r\)/ }],
  },
  {
    name: 'rights slipped into view are used by one who holds view',
    kind: 'positive',
    events: [
      write(
        0,
        'clusterroles',
        'more',
        '',
        {
          metadata: { name: 'more', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }],
        },
        MALLORY,
      ),
      list(10, {
        ...EVE,
        annotations: allowedBy('ClusterRoleBinding "viewers" of ClusterRole "view" to Group "guests"'),
      }),
    ],
    alerts: [{ severity: 'medium', reason: /User mallory gave it the right \(ClusterRole (more|view)\)/ }],
  },
  {
    name: 'the right to impersonate is used',
    kind: 'positive',
    events: [
      role(0, 'users', ['impersonate'], MALLORY),
      bind(1, 'r', user('eve'), MALLORY),
      list(60, { ...EVE, impersonatedUser: { username: 'root', groups: ['system:masters'] } }),
    ],
    alerts: [{ severity: 'medium', reason: /acted as someone else/ }],
  },
  {
    name: 'what was given to everyone is used by a stranger',
    kind: 'positive',
    events: [
      bind(0, 'cluster-admin', user('system:anonymous'), MALLORY),
      list(60, { user: { username: 'system:anonymous', groups: ['system:unauthenticated'] } }),
    ],
    alerts: [{ severity: 'critical', reason: /^Anonymous client/ }],
  },
  {
    name: 'an administrator grants, the colleague works',
    kind: 'negative',
    events: [
      bind(0, 'edit', user('eve'), ADMIN, 'web'),
      list(60, EVE, 'web'),
      request(70, 'create', 'pods/exec', 'web', { ...EVE, responseStatus: { code: 101 } }),
    ],
    alerts: [],
  },
  {
    name: 'an operator starts after its installation',
    kind: 'negative',
    events: [
      bind(0, 'cluster-admin', ETL, ADMIN),
      list(20, ETL_IN_ITS_POD),
      bind(30, 'edit', ETL, ETL_IN_ITS_POD, 'web', 'c'),
    ],
    alerts: [],
  },
  {
    name: 'an operator starts after CI has installed it',
    kind: 'negative',
    events: [bind(0, 'cluster-admin', ETL, account('ci', 'deployer')), list(20, ETL_IN_ITS_POD)],
    alerts: [],
  },
  {
    name: 'the authorizer tells that an older binding let it in',
    kind: 'negative',
    events: [bind(0, 'cluster-admin', user('eve'), MALLORY), list(60, { ...EVE, annotations: OLD })],
    alerts: [],
  },
  {
    name: 'another use, another namespace, another subject, a refusal',
    kind: 'negative',
    events: [
      role(0, 'pods/exec', ['create'], MALLORY),
      bind(1, 'r', user('eve'), MALLORY, 'web'),
      list(2, EVE, 'web'),
      request(3, 'create', 'pods/exec', 'dev', EVE),
      request(4, 'create', 'pods/exec', 'web', person('bob')),
      request(5, 'create', 'pods/exec', 'web', { ...EVE, responseStatus: { code: 403 }, annotations: {} }),
    ],
    alerts: [],
  },
  {
    name: 'the use came before the grant',
    kind: 'negative',
    events: [list(0, EVE), bind(0.000001, 'cluster-admin', user('eve'), MALLORY)],
    alerts: [],
  },
  {
    name: 'the use came before the grant, and its event late',
    kind: 'negative',
    events: [bind(10, 'cluster-admin', user('eve'), MALLORY), list(20, person('bob')), list(5, EVE)],
    alerts: [],
  },
  {
    name: 'a grant that was only tried',
    kind: 'negative',
    events: [
      { ...bind(0, 'cluster-admin', user('eve'), EVE), responseStatus: { code: 403 } },
      { ...bind(1, 'cluster-admin', user('eve'), EVE), requestURI: `/apis/${GROUP}/v1/clusterrolebindings?dryRun=All` },
      list(60, EVE),
    ],
    alerts: [],
  },
  {
    name: 'at the end of the window',
    kind: 'edge',
    events: [bind(0, 'cluster-admin', user('eve'), EVE), list(3_599.999999, EVE)],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a moment later',
    kind: 'edge',
    events: [bind(0, 'cluster-admin', user('eve'), EVE), list(3_600, EVE)],
    alerts: [],
  },
  {
    name: 'five minutes, to the microsecond',
    kind: 'edge',
    events: [bind(0, 'edit', user('eve'), MALLORY, 'web'), list(300, EVE, 'web')],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'and a moment later',
    kind: 'edge',
    events: [bind(0, 'edit', user('eve'), MALLORY, 'web'), list(300.000001, EVE, 'web')],
    alerts: [],
  },
  {
    name: 'a session begins and ends: one use',
    kind: 'edge',
    events: [
      bind(0, 'cluster-admin', user('eve'), EVE),
      {
        ...request(60, 'get', 'pods/exec', 'web', EVE),
        auditID: 'one',
        stage: 'ResponseStarted',
        responseStatus: { code: 101 },
      },
      { ...request(90, 'get', 'pods/exec', 'web', EVE), auditID: 'one', responseStatus: { code: 101 } },
    ],
    alerts: [{ severity: 'high', count: 2 }],
  },
  {
    name: 'a binding whose name the server made up',
    kind: 'edge',
    events: [
      write(
        0,
        'clusterrolebindings',
        '',
        '',
        {
          metadata: { generateName: 'b-' },
          roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [user('eve')],
        },
        {
          ...EVE,
          responseObject: {
            kind: 'ClusterRoleBinding',
            metadata: { name: 'b-7x2' },
            roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
            subjects: [user('eve')],
          },
        },
      ),
      list(9, {
        ...EVE,
        annotations: allowedBy('ClusterRoleBinding "b-7x2" of ClusterRole "cluster-admin" to User "eve"'),
      }),
    ],
    alerts: [{ severity: 'high', reason: /ClusterRoleBinding b-7x2/ }],
  },
  {
    name: 'names, and audit ids that are all the same',
    kind: 'hostile',
    events: [
      bind(0, 'cluster-admin', group('system:authenticated'), EVE, '', 'b'.repeat(10_000)),
      { ...list(1, EVE), auditID: 'same' },
      { ...request(2, 'create', 'serviceaccounts/token', 'web', EVE), auditID: 'same' },
    ],
    alerts: [{ severity: 'high' }],
  },
];

table(grantUsed, cases);

const CHAIN = [
  bind(0, 'cluster-admin', user('eve'), MALLORY),
  list(40, { ...EVE, annotations: NEW }),
  request(50, 'create', 'serviceaccounts/token', 'kube-system', { ...EVE, annotations: NEW }),
];
const told = (alerts: readonly { severity: string; count: number; reason: string }[]) =>
  alerts.map(({ severity, count, reason }) => ({ severity, count, reason }));
const EXPECTED = told(judge(grantUsed, CHAIN));

test('the chain is told whole: the grant is evidence of its use', () => {
  const [alert] = judge(grantUsed, CHAIN);
  expect(EXPECTED).toMatchObject([{ severity: 'medium', count: 3 }]);
  expect(alert?.evidence.auditIds).toContain(CHAIN[0]?.auditID);
});

test('doubled, out of order within the slack, and shifted by a day, it is the same', () => {
  const shift = (event: RawEvent): RawEvent => ({
    ...event,
    stageTimestamp: event.stageTimestamp!.replace('-21T', '-22T'),
    requestReceivedTimestamp: event.stageTimestamp!.replace('-21T', '-22T'),
  });
  expect(
    told(
      judge(
        grantUsed,
        CHAIN.flatMap((event) => [event, event]),
      ),
    ),
  ).toEqual(EXPECTED);
  expect(told(judge(grantUsed, CHAIN.map(shift)))).toEqual(EXPECTED);
  const close = [bind(0, 'cluster-admin', user('eve'), MALLORY), list(0.9, { ...EVE, annotations: NEW })];
  expect(told(judge(grantUsed, close.toReversed()))).toEqual(told(judge(grantUsed, close)));
  expect(judge(grantUsed, close)).toHaveLength(1);
});

test('a restart between the grant and its use forgets nothing', () => {
  const outcome = new Outcome();
  for (const event of CHAIN) {
    const engine = engineFor([enabled(grantUsed)]);
    engine.restore(outcome.rows.values());
    feed(engine, recordOf(`${JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event })}\n`));
    outcome.take(engine);
  }
  const engine = engineFor([enabled(grantUsed)]);
  engine.restore(outcome.rows.values());
  engine.flush();
  outcome.take(engine);
  expect(told([...outcome.alerts.values()])).toEqual(EXPECTED);
});
