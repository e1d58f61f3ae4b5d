import type { AuditEvent } from '../../model/index.ts';
import { identityOf } from './identity.ts';

/** The authorizer's own words for a person who is let in as administrator of the cluster. */
const AS_ADMIN = /^RBAC: allowed by ClusterRoleBinding "[^"]*" of ClusterRole "cluster-admin" to (User|Group) /;

/** Why the actor needs no further rights, undefined where it would; rights that are put on by impersonation are not its own. */
export function authorityOf(event: AuditEvent): 'masters' | 'cluster-admin' | undefined {
  if (event.impersonated !== undefined) return undefined;
  if (event.user.groups.includes('system:masters')) return 'masters';
  return identityOf(event).class === 'human' && AS_ADMIN.test(event.decisionReason) ? 'cluster-admin' : undefined;
}
