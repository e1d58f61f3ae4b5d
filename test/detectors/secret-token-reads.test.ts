import { secretTokenReads } from '../../detectors/secret-token-reads.ts';
import { table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';
import { ALICE, ETL, IN_POD, secrets, serviceAccount } from '../support/secret-event.ts';

const MANAGER: RawEvent = {
  user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] },
  userAgent: 'kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/a1b2c3d/tokens-controller',
};
const ADMIN: RawEvent = {
  ...ALICE,
  annotations: {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason':
      'RBAC: allowed by ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to User "alice"',
  },
};
const OPERATOR: RawEvent = {
  user: serviceAccount('fleet', 'agent', IN_POD),
  userAgent: 'fleet-agent/v1.2.3 (linux/amd64) kubernetes/a1b2c3d',
};

/** Somebody makes a secret for a token, the control plane fills it, somebody reads it. */
const minted = (maker: RawEvent, reader: RawEvent, namespace = 'web', later = 5, name = 'backdoor'): RawEvent[] => [
  secrets(0, 'create', namespace, name, { ...maker, responseStatus: { code: 201 } }),
  secrets(0.1, 'update', namespace, name, MANAGER),
  secrets(later, 'get', namespace, name, reader),
];
const BODY = {
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/service-account-token',
  metadata: { name: 'backdoor', annotations: { 'kubernetes.io/service-account.name': 'deployer' } },
};

const cases: readonly Case[] = [
  {
    name: 'a stolen account mints a token and takes it, with nothing but metadata in the log',
    kind: 'positive',
    events: minted(ETL, ETL),
    alerts: [
      {
        severity: 'medium',
        action: 'secret-token-read',
        reason:
          /^Service account data:etl read secret web\/backdoor, into which a lasting token had just been written, and had made it itself, from 10\.66\.0\.9/,
      },
    ],
  },
  {
    name: 'the same in kube-system, by a script',
    kind: 'positive',
    events: minted(ETL, { ...ETL, userAgent: 'curl/8.5.0' }, 'kube-system'),
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'somebody else takes it',
    kind: 'positive',
    events: minted(ETL, ALICE),
    alerts: [{ severity: 'medium', reason: /made by system:serviceaccount:data:etl/ }],
  },
  {
    name: 'bodies tell for whom it is, though the control plane is not in the log',
    kind: 'positive',
    events: [
      secrets(0, 'create', 'web', 'backdoor', { ...ETL, level: 'Request', requestObject: BODY }),
      secrets(5, 'get', 'web', 'backdoor', ETL),
    ],
    alerts: [
      { severity: 'medium', targetUser: 'system:serviceaccount:web:deployer', reason: /of service account deployer/ },
    ],
  },
  {
    name: 'an administrator makes a token for a pipeline',
    kind: 'negative',
    events: minted(ADMIN, ADMIN),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'an operator makes and reads its tokens by its library',
    kind: 'negative',
    events: minted(OPERATOR, OPERATOR),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'an ordinary secret is made and read',
    kind: 'negative',
    events: minted(ETL, ETL).filter((_, index) => index !== 1),
    alerts: [],
  },
  {
    name: 'the control plane reads what it filled, a kubelet mounts it',
    kind: 'negative',
    events: [
      ...minted(ETL, MANAGER),
      secrets(6, 'get', 'web', 'backdoor', {
        user: { username: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] },
        userAgent: 'kubelet/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
      }),
    ],
    alerts: [],
  },
  {
    name: 'an update by somebody who only bears a name like the control plane',
    kind: 'edge',
    events: [
      secrets(0, 'update', 'web', 'db', { ...MANAGER, user: serviceAccount('web', 'kube-controller-manager') }),
      secrets(5, 'get', 'web', 'db', ETL),
    ],
    alerts: [],
  },
  {
    name: 'a microsecond before the hour is over',
    kind: 'edge',
    events: minted(ETL, ETL, 'web', 3_600.099999),
    alerts: [{ severity: 'medium' }],
  },
  { name: 'once the hour is over', kind: 'edge', events: minted(ETL, ETL, 'web', 3_600.1), alerts: [] },
  {
    name: 'a dry run makes nothing',
    kind: 'edge',
    events: [
      secrets(0, 'create', 'web', 'backdoor', { ...ETL, level: 'Request', requestObject: BODY }, 'dryRun=All'),
      secrets(5, 'get', 'web', 'backdoor', ETL),
    ],
    alerts: [],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [
      secrets(0, 'create', 'web', 'backdoor', { ...ETL, level: 'Request', requestObject: BODY }),
      secrets(5, 'get', 'web', 'backdoor', ETL),
    ],
    alerts: [{ severity: 'medium' }],
  },
];

table(secretTokenReads, cases);
