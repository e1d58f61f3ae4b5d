import { secretReads } from '../../detectors/secret-reads.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const serviceAccount = (
  namespace: string,
  name: string,
  extra: Record<string, string[]> = {},
): RawEvent['user'] & object => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra,
});
const IN_POD = { 'authentication.kubernetes.io/pod-name': ['operator-0'] };
const ETL: RawEvent = { user: serviceAccount('data', 'etl'), sourceIPs: ['10.66.0.9'] };
const ALICE: RawEvent = { user: { username: 'alice', groups: ['dev-team', 'system:authenticated'] } };
const OPERATOR: RawEvent = {
  user: serviceAccount('platform', 'secret-operator', IN_POD),
  userAgent: 'secret-operator/v0.9.1 (linux/amd64) kubernetes/a1b2c3d',
};

const secrets = (second: number, verb: string, namespace: string, name: string, over: RawEvent = {}): RawEvent =>
  at(second, {
    level: 'Metadata',
    verb,
    requestURI: `/api/v1${namespace && `/namespaces/${namespace}`}/secrets${name && `/${name}`}`,
    objectRef: {
      resource: 'secrets',
      apiVersion: 'v1',
      ...(namespace !== '' && { namespace }),
      ...(name !== '' && { name }),
    },
    ...over,
  });
const gets = (count: number, every: number, over: RawEvent, namespaces = 5): RawEvent[] =>
  Array.from({ length: count }, (_, number) =>
    secrets(number * every, 'get', `ns-${number % namespaces}`, `s-${number}`, over),
  );
const watch = (second: number, over: RawEvent): RawEvent[] => [
  secrets(second, 'watch', '', '', { ...over, auditID: `watch-${second}`, stage: 'ResponseStarted' }),
  secrets(second + 300, 'watch', '', '', { ...over, auditID: `watch-${second}` }),
];
const refusal: RawEvent = {
  responseStatus: { code: 403, reason: 'Forbidden' },
  annotations: { 'authorization.k8s.io/decision': 'forbid' },
};

const cases: readonly Case[] = [
  {
    name: 'a stolen service account token lists everything and reads secrets across namespaces',
    kind: 'positive',
    events: [secrets(0, 'list', '', '', ETL), ...gets(12, 1, { ...ETL, userAgent: 'curl/8.5.0' })],
    alerts: [
      {
        severity: 'high',
        count: 13,
        reason:
          /^Service account data:etl listed or watched every secret in the cluster and read 12 secrets in 5 namespaces within 11 s from 10\.66\.0\.9, last with curl/,
      },
    ],
  },
  {
    name: 'a service account lists everything with kubectl, once',
    kind: 'positive',
    events: [secrets(0, 'list', '', '', ETL)],
    alerts: [{ severity: 'medium', action: 'secret-list' }],
  },
  {
    name: 'a watch by curl counts as it begins',
    kind: 'positive',
    events: watch(0, { ...ETL, userAgent: 'curl/8.5.0' }).slice(0, 1),
    alerts: [{ severity: 'medium', action: 'secret-watch' }],
  },
  {
    name: 'a person reads many secrets over many namespaces',
    kind: 'positive',
    events: gets(20, 2, ALICE),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'someone who impersonates lists everything',
    kind: 'positive',
    events: [
      secrets(0, 'list', '', '', { ...ALICE, impersonatedUser: { username: 'root', groups: ['system:masters'] } }),
    ],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'a controller credential in the hands of a person',
    kind: 'positive',
    events: [
      secrets(0, 'list', '', '', {
        user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] },
        userAgent: 'curl/8.5.0',
      }),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'an operator pages through, watches and gets single secrets',
    kind: 'negative',
    events: [
      ...[0, 60, 120].flatMap((second) => [
        secrets(second, 'list', '', '', { ...OPERATOR, requestURI: '/api/v1/secrets?limit=500' }),
        secrets(second + 1, 'list', '', '', { ...OPERATOR, requestURI: '/api/v1/secrets?continue=abc&limit=500' }),
      ]),
      ...watch(2, OPERATOR),
      ...gets(10, 3, OPERATOR),
    ],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'the same operator with a token that is bound to no pod',
    kind: 'negative',
    events: [
      secrets(0, 'list', '', '', { ...OPERATOR, user: serviceAccount('platform', 'secret-operator') }),
      ...gets(10, 3, { ...OPERATOR, user: serviceAccount('platform', 'secret-operator') }),
    ],
    alerts: [{ severity: 'low' }],
  },
  {
    name: "the control plane's informers",
    kind: 'negative',
    events: watch(0, {
      user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] },
      userAgent: 'kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    }),
    alerts: [],
  },
  {
    name: 'a kubelet reads the secrets of its pods',
    kind: 'negative',
    events: gets(60, 0.1, {
      user: { username: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] },
      userAgent: 'kubelet/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    }),
    alerts: [],
  },
  {
    name: 'Helm reads its releases',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) =>
      secrets(number, 'get', `ns-${number % 9}`, `sh.helm.release.v1.app.v${number}`, {
        ...ALICE,
        userAgent: 'Helm/3.15.2',
      }),
    ),
    alerts: [],
  },
  {
    name: 'a deployment reads each secret and writes it',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) => [
      secrets(number, 'get', 'web', `s-${number}`, { ...ETL, user: serviceAccount('ci', 'deployer') }),
      secrets(number + 0.5, 'patch', 'web', `s-${number}`, { ...ETL, user: serviceAccount('ci', 'deployer') }),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'a deployment to six namespaces reads each secret and writes it',
    kind: 'negative',
    events: Array.from({ length: 18 }, (_, number) => [
      secrets(number, 'get', `ns-${number % 6}`, `s-${number}`, { user: serviceAccount('ci', 'deployer') }),
      secrets(number + 0.5, 'patch', `ns-${number % 6}`, `s-${number}`, { user: serviceAccount('ci', 'deployer') }),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'an administrator lists everything once with kubectl',
    kind: 'negative',
    events: [secrets(0, 'list', '', '', ALICE)],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'secrets that are not there, as kubectl apply asks before it creates',
    kind: 'negative',
    events: gets(30, 1, { ...ETL, responseStatus: { code: 404 } }),
    alerts: [],
  },
  {
    name: 'refused attempts alone are left to forbidden-burst',
    kind: 'negative',
    events: gets(20, 1, { ...ETL, ...refusal, userAgent: 'curl/8.5.0' }),
    alerts: [{ severity: 'low', action: 'secret-read-refused' }],
  },
  {
    name: 'a resource of that name in another API group',
    kind: 'negative',
    events: [
      secrets(0, 'list', '', '', {
        ...ETL,
        objectRef: { resource: 'secrets', apiGroup: 'vault.example.org', apiVersion: 'v1' },
      }),
    ],
    alerts: [],
  },
  {
    name: 'a write in a dry run does not excuse a read',
    kind: 'edge',
    events: Array.from({ length: 12 }, (_, number) => [
      secrets(number, 'get', `ns-${number % 6}`, `s-${number}`, ETL),
      secrets(number + 0.5, 'patch', `ns-${number % 6}`, `s-${number}`, {
        ...ETL,
        requestURI: `/api/v1/namespaces/ns-${number % 6}/secrets/s-${number}?dryRun=All`,
      }),
    ]).flat(),
    alerts: [{ severity: 'high' }],
  },
  { name: 'two secrets pass without remark', kind: 'edge', events: gets(2, 1, ETL), alerts: [] },
  {
    name: 'what was read leaves the window: four reads, each ten minutes apart, are one',
    kind: 'edge',
    events: gets(8, 600, ETL),
    alerts: [],
  },
  {
    name: 'the same reads a microsecond closer make pairs, still too few',
    kind: 'edge',
    events: gets(8, 599.999999, ETL),
    alerts: [],
  },
  {
    name: 'four secrets in four namespaces with the last a microsecond within the window',
    kind: 'edge',
    events: [...gets(3, 1, ETL), secrets(599.999999, 'get', 'ns-3', 's-3', ETL)],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'four secrets in four namespaces with the last as the first leaves the window',
    kind: 'edge',
    events: [...gets(3, 1, ETL), secrets(600, 'get', 'ns-3', 's-3', ETL)],
    alerts: [],
  },
  {
    name: 'the end of a watch says nothing new',
    kind: 'edge',
    events: watch(0, { ...ETL, userAgent: 'curl/8.5.0' }),
    alerts: [{ severity: 'medium', count: 1 }],
  },
  {
    name: 'a watch whose beginning the policy leaves out is told when it ends',
    kind: 'edge',
    events: watch(0, { ...ETL, userAgent: 'curl/8.5.0' }).slice(1),
    alerts: [{ severity: 'medium', count: 1 }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [secrets(0, 'list', '', '', ETL), ...gets(6, 1, ETL)],
    alerts: [{ severity: 'high' }],
  },
];

table(secretReads, cases);
