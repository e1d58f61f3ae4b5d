import type { RoleRef, RoleStrength, Strength } from '../../model/index.ts';

/**
 * The roles that every API server makes at its start, judged by the rules they have in Kubernetes 1.36, as "namespace/name" (cluster
 * roles without a namespace). `edit` is the one exception: by its rules it is strong within a namespace (exec, tokens), but it
 * is what teams are given to work with, so it counts as what it opens at once: secrets.
 */
const DEFAULTS: readonly (readonly [Strength, because: readonly string[], names: readonly string[]])[] = [
  ['admin', ['all verbs on all resources'], ['/cluster-admin']],
  ['strong', ['may write roles', 'may write role bindings'], ['/system:aggregate-to-admin']],
  [
    'strong',
    [
      'may impersonate service accounts',
      'may run commands in pods',
      'may mint service account tokens',
      'may read secrets',
      'may run workloads',
    ],
    ['/system:aggregate-to-edit'],
  ],
  ['strong', ['may mint service account tokens', 'may read secrets', 'may run workloads'], ['/system:node']],
  ['strong', ['may mint service account tokens', 'may read secrets'], ['/system:kube-controller-manager']],
  ['strong', ['may create persistent volumes (host paths)'], ['/system:persistent-volume-provisioner']],
  [
    'strong',
    ['may approve or sign certificates'],
    ['/system:certificates.k8s.io:kube-apiserver-client-approver', '/system:controller:certificate-controller'],
  ],
  ['strong', ['may reach kubelets (nodes/proxy)'], ['/system:kubelet-api-admin']],
  ['strong', ['may escalate roles', 'may write roles'], ['/system:controller:clusterrole-aggregation-controller']],
  [
    'strong',
    [
      'may write all resources',
      'may write roles',
      'may write role bindings',
      'may reach kubelets (nodes/proxy)',
      'may run commands in pods',
      'may add debug containers to pods',
      'may approve or sign certificates',
      'may change admission control',
      'may replace API services',
      'may read secrets',
      'may run workloads',
    ],
    ['/system:controller:generic-garbage-collector'],
  ],
  [
    'strong',
    ['may reach kubelets (nodes/proxy)', 'may run commands in pods', 'may read secrets'],
    ['/system:controller:namespace-controller'],
  ],
  [
    'strong',
    ['may create persistent volumes (host paths)', 'may run workloads'],
    ['/system:controller:persistent-volume-binder'],
  ],
  [
    'strong',
    [
      'may impersonate service accounts',
      'may write roles',
      'may write role bindings',
      'may run commands in pods',
      'may mint service account tokens',
      'may read secrets',
      'may run workloads',
    ],
    ['/admin'],
  ],
  [
    'secrets',
    ['may read secrets'],
    [
      '/system:controller:resourcequota-controller',
      'kube-system/system:controller:bootstrap-signer',
      'kube-system/system:controller:token-cleaner',
    ],
  ],
  [
    'secrets',
    [
      'may impersonate service accounts',
      'may run commands in pods',
      'may mint service account tokens',
      'may read secrets',
      'may run workloads',
    ],
    ['/edit'],
  ],
  [
    'ordinary',
    [],
    [
      '/system:aggregate-to-view',
      '/system:auth-delegator',
      '/system:basic-user',
      '/system:certificates.k8s.io:certificatesigningrequests:nodeclient',
      '/system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      '/system:certificates.k8s.io:kube-apiserver-client-kubelet-approver',
      '/system:certificates.k8s.io:kubelet-serving-approver',
      '/system:certificates.k8s.io:legacy-unknown-approver',
      '/system:controller:attachdetach-controller',
      '/system:controller:device-taint-eviction-controller',
      '/system:controller:disruption-controller',
      '/system:controller:endpoint-controller',
      '/system:controller:endpointslice-controller',
      '/system:controller:endpointslicemirroring-controller',
      '/system:controller:ephemeral-volume-controller',
      '/system:controller:expand-controller',
      '/system:controller:horizontal-pod-autoscaler',
      '/system:controller:legacy-service-account-token-cleaner',
      '/system:controller:node-controller',
      '/system:controller:pod-garbage-collector',
      '/system:controller:pv-protection-controller',
      '/system:controller:pvc-protection-controller',
      '/system:controller:resource-claim-controller',
      '/system:controller:root-ca-cert-publisher',
      '/system:controller:route-controller',
      '/system:controller:selinux-warning-controller',
      '/system:controller:service-account-controller',
      '/system:controller:service-cidrs-controller',
      '/system:controller:service-controller',
      '/system:controller:ttl-after-finished-controller',
      '/system:controller:ttl-controller',
      '/system:controller:validatingadmissionpolicy-status-controller',
      '/system:controller:volumeattributesclass-protection-controller',
      '/system:discovery',
      '/system:heapster',
      '/system:kube-aggregator',
      '/system:kube-dns',
      '/system:kube-scheduler',
      '/system:monitoring',
      '/system:node-bootstrapper',
      '/system:node-problem-detector',
      '/system:node-proxier',
      '/system:public-info-viewer',
      '/system:service-account-issuer-discovery',
      '/system:volume-scheduler',
      '/view',
      'kube-public/system:controller:bootstrap-signer',
      'kube-system/extension-apiserver-authentication-reader',
      'kube-system/system::leader-locking-kube-controller-manager',
      'kube-system/system::leader-locking-kube-scheduler',
      'kube-system/system:controller:cloud-provider',
    ],
  ],
  [
    'ordinary',
    ['may run workloads'],
    [
      '/system:controller:cronjob-controller',
      '/system:controller:daemon-set-controller',
      '/system:controller:deployment-controller',
      '/system:controller:job-controller',
      '/system:controller:replicaset-controller',
      '/system:controller:replication-controller',
      '/system:controller:statefulset-controller',
    ],
  ],
];

const BY_NAME: ReadonlyMap<string, RoleStrength> = new Map(
  DEFAULTS.flatMap(([strength, because, names]) => names.map((name) => [name, { strength, because }] as const)),
);

/** What a well-known default role allows; undefined for any other. */
export const defaultRole = (ref: RoleRef): RoleStrength | undefined =>
  (ref.namespace === '') === (ref.kind === 'ClusterRole') ? BY_NAME.get(`${ref.namespace}/${ref.name}`) : undefined;

const AGGREGATE_TO = 'rbac.authorization.k8s.io/aggregate-to-';

/** The labels that the API server gives its cluster roles: all of them one, those that flow into another one more. */
export function defaultLabels(ref: RoleRef): ReadonlyMap<string, string> {
  if (ref.kind !== 'ClusterRole' || defaultRole(ref) === undefined) return new Map();
  const into = ({ view: 'edit', edit: 'admin' } as const)[ref.name] ?? /^system:aggregate-to-(.*)$/.exec(ref.name)?.[1];
  const own = [['kubernetes.io/bootstrapping', 'rbac-defaults'] as const];
  return new Map(into === undefined ? own : [...own, [`${AGGREGATE_TO}${into}`, 'true'] as const]);
}

/** The selectors of the default roles that take others in. */
export const defaultSelectors = (ref: RoleRef): readonly unknown[] =>
  ref.kind === 'ClusterRole' && AGGREGATES.includes(ref.name)
    ? [{ matchLabels: { [`${AGGREGATE_TO}${ref.name}`]: 'true' } }]
    : [];

/** The default roles that take others in. */
export const AGGREGATES: readonly string[] = ['view', 'edit', 'admin'];

/** Names of all default cluster roles. */
export const defaultClusterRoles = (): readonly string[] =>
  [...BY_NAME.keys()].flatMap((key) => (key.startsWith('/') ? [key.slice(1)] : []));
