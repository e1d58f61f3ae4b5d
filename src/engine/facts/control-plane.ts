/**
 * Users that parts of the control plane authenticate as, and what to call them. Their names are bound by default roles: whoever
 * holds a credential for one has its rights, so the name together with group and credential checks tells the part.
 */
export const COMPONENTS: ReadonlyMap<string, string> = new Map([
  ['system:kube-controller-manager', 'kube-controller-manager'],
  ['system:kube-scheduler', 'kube-scheduler'],
  ['system:cloud-controller-manager', 'cloud-controller-manager'],
  ['system:kube-proxy', 'kube-proxy'],
]);

/** The API server's loopback client. */
export const API_SERVER = 'system:apiserver';

/**
 * Service accounts in kube-system that kube-controller-manager and cloud-controller-manager mint tokens for, one per control loop. A
 * list, not a suffix: anyone who may create service accounts there could name one "…-controller".
 */
export const CONTROLLERS: ReadonlySet<string> = new Set([
  'attachdetach-controller',
  'bootstrap-signer',
  'certificate-controller',
  'cloud-node-controller',
  'cloud-provider',
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'device-taint-eviction-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'horizontal-pod-autoscaler',
  'job-controller',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'podcertificaterequestcleaner',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'route-controller',
  'selinux-warning-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'service-controller',
  'shared-informers',
  'statefulset-controller',
  'storage-version-garbage-collector',
  'storage-version-migrator-controller',
  'taint-eviction-controller',
  'token-cleaner',
  'tokens-controller',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
]);

/** Whether the namespace belongs to the cluster itself. */
export const isSystem = (namespace: string): boolean => /^(kube-|openshift(-|$))/.test(namespace);
