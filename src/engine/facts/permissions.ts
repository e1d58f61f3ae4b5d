import type { Strength } from '../../model/index.ts';

const RBAC = 'rbac.authorization.k8s.io';
const AUTHENTICATION = 'authentication.k8s.io';
/** Verbs that make or change an object. */
export const WRITES = ['create', 'update', 'patch'];
const READS = ['get', 'list', 'watch'];

/** Binding these hands out nothing that is worth a step. */
const HARMLESS_TO_BIND: ReadonlySet<string> = new Set([
  'view',
  'edit',
  'system:basic-user',
  'system:discovery',
  'system:public-info-viewer',
  'system:auth-delegator',
  'system:service-account-issuer-discovery',
]);

/** A permission worth telling. */
export interface Permission {
  readonly strength: Strength;
  readonly because: string;
  readonly group: string;
  readonly resources: readonly string[];
  /** Any of them is enough. */
  readonly verbs: readonly string[];
  /** Whether a rule restricted to these names still counts; absent: it does not. */
  readonly named?: (names: readonly string[]) => boolean;
  /** Means nothing within one namespace: the objects stand in none. */
  readonly clusterOnly?: true;
}

const always = (): boolean => true;
const notHarmless = (names: readonly string[]): boolean => names.some((name) => !HARMLESS_TO_BIND.has(name));
const isClientSigner = (names: readonly string[]): boolean =>
  names.some((name) => name === 'kubernetes.io/kube-apiserver-client' || name === 'kubernetes.io/*');

/** Judgements in the order in which they are told. Ordinary ones are told because they matter to a reader, not to the strength. */
export const PERMISSIONS: readonly Permission[] = [
  {
    strength: 'admin',
    because: 'may impersonate any user or group',
    group: '',
    resources: ['users', 'groups'],
    verbs: ['impersonate'],
    clusterOnly: true,
  },
  {
    strength: 'admin',
    because: 'may impersonate system:masters',
    group: '',
    resources: ['groups'],
    verbs: ['impersonate'],
    clusterOnly: true,
    named: (names) => names.includes('system:masters'),
  },
  {
    strength: 'strong',
    because: 'may escalate roles',
    group: RBAC,
    resources: ['roles', 'clusterroles'],
    verbs: ['escalate'],
    named: always,
  },
  {
    strength: 'strong',
    because: 'may bind roles',
    group: RBAC,
    resources: ['roles', 'clusterroles'],
    verbs: ['bind'],
    named: notHarmless,
  },
  {
    strength: 'strong',
    because: 'may impersonate named users or groups',
    group: '',
    resources: ['users', 'groups'],
    verbs: ['impersonate'],
    clusterOnly: true,
    named: always,
  },
  {
    strength: 'strong',
    because: 'may impersonate service accounts',
    group: '',
    resources: ['serviceaccounts'],
    verbs: ['impersonate'],
    named: always,
  },
  {
    strength: 'strong',
    because: 'may impersonate (constrained)',
    group: AUTHENTICATION,
    resources: ['users', 'groups', 'serviceaccounts', 'nodes'],
    verbs: [
      'impersonate',
      'impersonate:user-info',
      'impersonate:serviceaccount',
      'impersonate:arbitrary-node',
      'impersonate:associated-node',
    ],
    named: always,
  },
  {
    strength: 'strong',
    because: 'may write roles',
    group: RBAC,
    resources: ['roles', 'clusterroles'],
    verbs: WRITES,
    named: notHarmless,
  },
  {
    strength: 'strong',
    because: 'may write role bindings',
    group: RBAC,
    resources: ['rolebindings', 'clusterrolebindings'],
    verbs: WRITES,
    named: always,
  },
  {
    strength: 'strong',
    because: 'may reach kubelets (nodes/proxy)',
    group: '',
    resources: ['nodes/proxy'],
    verbs: ['get', ...WRITES],
    clusterOnly: true,
    named: always,
  },
  {
    strength: 'strong',
    because: 'may run commands in pods',
    group: '',
    resources: ['pods/exec', 'pods/attach'],
    verbs: ['create', 'get'],
  },
  {
    strength: 'strong',
    because: 'may add debug containers to pods',
    group: '',
    resources: ['pods/ephemeralcontainers'],
    verbs: ['update', 'patch'],
  },
  {
    strength: 'strong',
    because: 'may mint service account tokens',
    group: '',
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    named: always,
  },
  {
    strength: 'strong',
    because: 'may approve or sign certificates',
    group: 'certificates.k8s.io',
    resources: ['certificatesigningrequests/approval', 'signers'],
    verbs: ['update', 'patch', 'approve', 'sign'],
    clusterOnly: true,
    named: isClientSigner,
  },
  {
    strength: 'strong',
    because: 'may change admission control',
    group: 'admissionregistration.k8s.io',
    resources: [
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
      'mutatingadmissionpolicies',
      'mutatingadmissionpolicybindings',
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
    ],
    verbs: WRITES,
    clusterOnly: true,
  },
  {
    strength: 'strong',
    because: 'may replace API services',
    group: 'apiregistration.k8s.io',
    resources: ['apiservices'],
    verbs: WRITES,
    clusterOnly: true,
  },
  {
    strength: 'strong',
    because: 'may create persistent volumes (host paths)',
    group: '',
    resources: ['persistentvolumes'],
    verbs: ['create'],
    clusterOnly: true,
  },
  { strength: 'strong', because: 'all verbs on secrets', group: '', resources: ['secrets'], verbs: ['*'] },
  { strength: 'secrets', because: 'may read secrets', group: '', resources: ['secrets'], verbs: READS },
  {
    strength: 'ordinary',
    because: 'may read named secrets',
    group: '',
    resources: ['secrets'],
    verbs: READS,
    named: always,
  },
  {
    strength: 'ordinary',
    because: 'may run workloads',
    group: '',
    resources: ['pods', 'replicationcontrollers'],
    verbs: ['create'],
  },
  {
    strength: 'ordinary',
    because: 'may run workloads',
    group: 'apps',
    resources: ['deployments', 'daemonsets', 'statefulsets', 'replicasets'],
    verbs: WRITES,
  },
  {
    strength: 'ordinary',
    because: 'may run workloads',
    group: 'batch',
    resources: ['jobs', 'cronjobs'],
    verbs: WRITES,
  },
];

/** What a narrower reason need not say again. */
export const COVERED: ReadonlyMap<string, readonly string[]> = new Map([
  ['may impersonate any user or group', ['may impersonate system:masters', 'may impersonate named users or groups']],
  ['may impersonate system:masters', ['may impersonate named users or groups']],
  ['all verbs on secrets', ['may read secrets', 'may read named secrets']],
  ['may read secrets', ['may read named secrets']],
]);
