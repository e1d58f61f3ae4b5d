import { expect, test } from 'vitest';
import { authorityOf } from '../../../src/engine/facts/authority.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const by = (binding: string, role: string, to: string): RawEvent => ({
  annotations: {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': `RBAC: allowed by ${binding} "b" of ClusterRole "${role}" to ${to}`,
  },
});
const MASTERS: RawEvent = { user: { username: 'root', groups: ['system:masters', 'system:authenticated'] } };
const ACCOUNT: RawEvent = {
  user: {
    username: 'system:serviceaccount:dev:ci',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
  },
};
const CLUSTER_ADMIN = by('ClusterRoleBinding', 'cluster-admin', 'User "alice"');

test.each<[authority: 'masters' | 'cluster-admin' | undefined, why: string, event: RawEvent]>([
  ['masters', 'a member of system:masters', MASTERS],
  ['masters', 'whatever the authorizer says', { ...MASTERS, ...CLUSTER_ADMIN }],
  ['cluster-admin', 'a person by name', CLUSTER_ADMIN],
  ['cluster-admin', 'a person by group', by('ClusterRoleBinding', 'cluster-admin', 'Group "admins"')],
  [undefined, 'in one namespace only', by('RoleBinding', 'cluster-admin', 'User "alice"')],
  [undefined, 'by another role', by('ClusterRoleBinding', 'cluster-admin-not', 'User "alice"')],
  [undefined, 'a service account', { ...ACCOUNT, ...CLUSTER_ADMIN }],
  [
    undefined,
    'who acts as another',
    { ...MASTERS, impersonatedUser: { username: 'root', groups: ['system:masters'] } },
  ],
  [undefined, 'a plain person', {}],
])('%s: %s', (authority, _why, event) => {
  expect(authorityOf(auditEvent(event))).toBe(authority);
});
