import type { Canary } from './canaries.ts';

type Json = Record<string, unknown>;

/** One request: what is asked for, and the bodies that show the secret. */
export interface Deed {
  readonly name: string;
  readonly verb: string;
  readonly uri: string;
  readonly object: Json;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly code?: number;
}

const NAMESPACE = { namespace: 'kube-system', name: 'x', apiVersion: 'v1' };
const RBAC = { apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1', name: 'x' };

/** Metadata with the text wherever one may write. */
const meta = (text: string, secret: string): Json => ({
  name: 'x',
  namespace: 'kube-system',
  labels: { app: 'x' },
  annotations: {
    note: text,
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ kind: 'Secret', data: { a: secret } }),
    'kapp.k14s.io/original': JSON.stringify({ kind: 'Pod', a: secret }),
    'example.com/pod': JSON.stringify({ spec: { env: [{ name: 'A', value: secret }] } }),
    'example.com/copy': JSON.stringify({ kind: 'Secret', stringData: { a: secret } }),
  },
  managedFields: [{ fieldsV1: { note: text } }],
});

function holder(kind: string, resource: string, { text, secret }: Canary): readonly Deed[] {
  const base64 = Buffer.from(secret).toString('base64');
  const data = { a: base64, b: Buffer.from(text).toString('base64') };
  const whole = { kind, apiVersion: 'v1', metadata: meta(text, secret), type: 'Opaque', data, stringData: { a: text } };
  const path = `/api/v1/namespaces/kube-system/${resource}`;
  const object = { ...NAMESPACE, resource };
  const all = { kind: `${kind}List`, apiVersion: 'v1', items: [{ metadata: meta(text, secret), data }] };
  const deed = (name: string, verb: string, uri: string, request?: unknown, response?: unknown): Deed => ({
    name: `${name} ${resource}`,
    verb,
    uri,
    object,
    request,
    response,
  });
  return [
    deed('get', 'get', `${path}/x`, undefined, whole),
    deed('list', 'list', `/api/v1/${resource}`, undefined, all),
    deed('table of', 'list', `/api/v1/${resource}`, undefined, {
      kind: 'Table',
      rows: [{ cells: ['x', 3, JSON.stringify(whole), text], object: whole }],
    }),
    deed('metadata of', 'list', `/api/v1/${resource}`, undefined, {
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata', metadata: meta(text, secret) }],
    }),
    deed('watch', 'watch', `/api/v1/${resource}?watch=true`, undefined, { type: 'ADDED', object: whole }),
    deed('create', 'create', path, whole, whole),
    deed('update', 'update', `${path}/x`, whole, whole),
    deed(
      'merge patch of',
      'patch',
      `${path}/x`,
      { data, metadata: { annotations: meta(text, secret)['annotations'] } },
      whole,
    ),
    deed(
      'strategic patch of',
      'patch',
      `${path}/x`,
      { stringData: { $patch: 'replace', a: secret }, '$setElementOrder/x': [text] },
      whole,
    ),
    deed(
      'JSON patch of',
      'patch',
      `${path}/x`,
      [
        { op: 'add', path: '/data/a', value: base64 },
        { op: 'test', path: '/data', value: data },
        { op: 'replace', path: '', value: whole },
        { op: 'add', path: '/metadata/annotations', value: meta(text, secret)['annotations'] },
        { op: 'add', path: '/metadata/annotations/kapp.k14s.io~1original', value: secret },
        { op: 'copy', from: '/data/a', path: '/data/b' },
      ],
      whole,
    ),
    deed('apply of', 'patch', `${path}/x?fieldManager=a&force=true`, whole, whole),
    deed('apply in YAML of', 'patch', `${path}/x`, `kind: ${kind}\ndata:\n  a: ${base64}\n`, whole),
    deed('delete', 'delete', `${path}/x`, undefined, { kind: 'Status', status: 'Failure', message: text }),
    deed('deletecollection of', 'deletecollection', path, { kind: 'DeleteOptions' }, all),
  ];
}

function workloads({ text, secret, isForm }: Canary): readonly Deed[] {
  const container = {
    name: 'c',
    image: 'registry.example/app:1',
    command: ['sh', '-c', text],
    args: ['--password', secret, `--api-key=${secret}`],
    env: [
      { name: 'A', value: secret },
      { name: 'B', value: text },
    ],
    securityContext: { privileged: true },
    livenessProbe: { httpGet: { path: '/', httpHeaders: [{ name: 'X', value: secret }] } },
  };
  const spec = { containers: [container], hostPID: true };
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: meta(text, secret), spec, status: { message: text } };
  const template = { metadata: meta(text, secret), spec };
  const deployment = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: meta(text, secret), spec: { template } };
  const binding = {
    kind: 'ClusterRoleBinding',
    metadata: meta(text, secret),
    roleRef: { apiGroup: RBAC.apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'mallory' }],
  };
  const exec = '/api/v1/namespaces/kube-system/pods/x/exec';
  const command = [`sh -c ${text}`, 'tool', '--password', secret];
  const query = command.map((each) => `command=${encodeURIComponent(each)}`).join('&');
  const accounts = '/api/v1/namespaces/kube-system/serviceaccounts/x/token';
  const roles = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
  const deployments = { ...NAMESPACE, resource: 'deployments', apiGroup: 'apps' };
  const requests = {
    apiGroup: 'certificates.k8s.io',
    apiVersion: 'v1',
    resource: 'certificatesigningrequests',
    name: 'x',
  };
  const name = isForm ? text : 'plain';
  return [
    {
      name: 'path',
      verb: name,
      uri: `/apis/${name}/v1/${name}`,
      object: { resource: name, subresource: name, apiGroup: name, apiVersion: name, namespace: name, name: text },
    },
    {
      name: 'pod',
      verb: 'create',
      uri: '/api/v1/namespaces/kube-system/pods',
      object: { ...NAMESPACE, resource: 'pods' },
      request: pod,
      response: pod,
    },
    {
      name: 'deployment',
      verb: 'create',
      uri: '/apis/apps/v1/namespaces/kube-system/deployments',
      object: deployments,
      request: deployment,
      response: deployment,
    },
    {
      name: 'patch of env',
      verb: 'patch',
      uri: '/apis/apps/v1/namespaces/kube-system/deployments/x',
      object: deployments,
      request: [
        { op: 'replace', path: '/spec/template/spec/containers/0/env/0/value', value: secret },
        { op: 'add', path: '/spec/template/spec/containers/0/env/-', value: { name: 'A', value: secret } },
        { op: 'add', path: '/spec/template/spec/containers/0', value: container },
        { op: 'add', path: '/spec/template/spec/containers/0/args', value: ['--token', secret] },
      ],
      response: deployment,
    },
    {
      name: 'exec',
      verb: 'get',
      uri: `${exec}?${query}&container=c`,
      object: { ...NAMESPACE, resource: 'pods', subresource: 'exec' },
      code: 101,
    },
    {
      name: 'exec by POST',
      verb: 'create',
      uri: `${exec}?${query}`,
      object: { ...NAMESPACE, resource: 'pods', subresource: 'exec' },
      request: { kind: 'PodExecOptions', command },
      code: 101,
    },
    {
      name: 'address',
      verb: 'get',
      uri: `/api/v1/namespaces/a/services/x/proxy/?access_token=${secret}&next=${encodeURIComponent(`/?sig=${secret}`)}&text=${encodeURIComponent(text)}`,
      object: { ...NAMESPACE, resource: 'services', subresource: 'proxy' },
    },
    {
      name: 'TokenRequest',
      verb: 'create',
      uri: accounts,
      object: { ...NAMESPACE, resource: 'serviceaccounts', subresource: 'token' },
      request: { kind: 'TokenRequest', spec: { boundObjectRef: { kind: 'Pod', name: 'x' } } },
      response: { kind: 'TokenRequest', status: { token: secret } },
    },
    {
      name: 'TokenReview',
      verb: 'create',
      uri: '/apis/authentication.k8s.io/v1/tokenreviews',
      object: { apiGroup: 'authentication.k8s.io', resource: 'tokenreviews' },
      request: { kind: 'TokenReview', spec: { token: secret } },
      response: { kind: 'TokenReview', spec: { token: secret }, status: { error: text } },
    },
    {
      name: 'CSR',
      verb: 'create',
      uri: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
      object: requests,
      request: { kind: 'CertificateSigningRequest', spec: { request: secret }, status: { certificate: secret } },
    },
    {
      name: 'binding',
      verb: 'create',
      uri: roles,
      object: { ...RBAC, resource: 'clusterrolebindings' },
      request: binding,
      response: binding,
    },
    {
      name: 'refused',
      verb: 'create',
      uri: roles,
      object: { ...RBAC, resource: 'clusterrolebindings' },
      code: 403,
      response: {
        kind: 'Status',
        message: text,
        details: { causes: [{ field: 'data[a]', message: `Invalid value: "${secret}": no` }] },
      },
    },
  ];
}

/** Every kind of request, with this secret in every place of it. */
export const deedsWith = (canary: Canary): readonly Deed[] => [
  ...holder('Secret', 'secrets', canary),
  ...holder('ConfigMap', 'configmaps', canary),
  ...workloads(canary),
];

/** The audit event of a deed, with the secret's text wherever a client or a webhook may write. */
export function eventOf(deed: Deed, { text, secret, isForm }: Canary, serial: number): Json {
  // Where names are expected, only what is a credential by its form is told from one.
  const name = isForm ? text : 'plain';
  const time = new Date(Date.parse('2026-11-21T10:00:00Z') + serial * 4).toISOString().replace('Z', '000Z');
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `${serial}-${name}`,
    stage: 'ResponseComplete',
    requestURI: deed.uri,
    verb: deed.verb,
    user: {
      username: `mallory-${serial % 7}`,
      groups: ['dev', name],
      extra: { note: [text], 'example.com/session-token': [secret], [name]: ['a'] },
    },
    ...(serial % 5 === 0 && {
      impersonatedUser: { username: name, uid: name, groups: [name], extra: { note: [text] } },
    }),
    sourceIPs: [name, '10.9.8.7'],
    userAgent: `tool/1 ${text}`,
    objectRef: deed.object,
    responseStatus: { code: deed.code ?? 200, message: text, reason: name },
    requestObject: deed.request,
    responseObject: deed.response,
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: {
      'authorization.k8s.io/decision': deed.code === 403 ? 'forbid' : 'allow',
      'authorization.k8s.io/reason': text,
      'mutation.webhook.admission.k8s.io/round_0_index_0': text,
      [`example.com/${name}`]: 'a',
    },
  };
}

/** How events come: more shapes are more rows. */
export const WRAPPERS: readonly (readonly [shape: string, wrap: (event: Json) => string])[] = [
  ['a line', (event) => JSON.stringify(event)],
  ['an EventList', (event) => JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [event] })],
  ['an array', (event) => JSON.stringify([event])],
  ['Fluent Bit', (event) => JSON.stringify({ date: 1.5, log: `${JSON.stringify(event)}\n`, stream: 'stdout' })],
  ['Filebeat', (event) => JSON.stringify({ '@timestamp': '2026-11-21T10:00:00Z', message: JSON.stringify(event) })],
];

/** The same, broken: what cannot be read is kept for inspection. */
export const BREAKS: readonly (readonly [how: string, broken: (line: string) => Buffer])[] = [
  ['cut', (line) => Buffer.from(line.slice(0, Math.floor(line.length * 0.9)))],
  [
    'with a bad byte',
    (line) =>
      Buffer.concat([
        Buffer.from(line.slice(0, line.length / 2)),
        Buffer.from([0x01]),
        Buffer.from(line.slice(line.length / 2)),
      ]),
  ],
  ['not an event', (line) => Buffer.from(`{"note":${JSON.stringify(line)}}`)],
];
