import type { AuditEvent, Grant, RoleRef } from '../../model/index.ts';
import { attemptOf } from './attempt.ts';
import { defaultRole } from './default-roles.ts';
import { bindingGrant } from './grant-of-binding.ts';
import { roleGrant } from './grant-of-role.ts';
import type { Known } from './known-rights.ts';

const KINDS: ReadonlyMap<string, 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding'> = new Map([
  ['roles', 'Role'],
  ['clusterroles', 'ClusterRole'],
  ['rolebindings', 'RoleBinding'],
  ['clusterrolebindings', 'ClusterRoleBinding'],
]);
/** Bindings that the API server or kubeadm makes, and that bear another name than their role. */
const BINDINGS: ReadonlySet<string> = new Set([
  'system::extension-apiserver-authentication-reader',
  'kubeadm:cluster-admins',
]);

/** What the write of a role or binding gives, whatever became of it; undefined for any other request. */
export function grantOf(event: AuditEvent, known: Known): Grant | undefined {
  const kind = KINDS.get(event.resource);
  const attempt = kind && attemptOf(event, kind);
  if (kind === undefined || attempt === undefined || attempt.to === 'cleared') return undefined;
  const namespace = kind.startsWith('Cluster') ? '' : attempt.namespace;
  const place = { namespace, name: attempt.name };
  if (kind === 'Role' || kind === 'ClusterRole') {
    const ref: RoleRef = { kind, ...place };
    return { ...roleGrant(event, attempt, ref, known), name: attempt.name, isBuiltIn: defaultRole(ref) !== undefined };
  }
  return { ...bindingGrant(event, attempt, place, known), name: attempt.name, isBuiltIn: isBuiltIn(place) };
}

/** The API server's bindings bear the names of their roles. */
const isBuiltIn = ({ namespace, name }: { namespace: string; name: string }): boolean =>
  BINDINGS.has(name) ||
  defaultRole({ kind: namespace === '' ? 'ClusterRole' : 'Role', namespace, name }) !== undefined ||
  (namespace === 'kube-system' && name.startsWith('system::leader-locking-'));
