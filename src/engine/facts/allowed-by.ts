import type { Admittance, AuditEvent, User } from '../../model/index.ts';

/** The authorizer's own words for what let a request in. */
const ALLOWED = /^RBAC: allowed by (ClusterRoleBinding|RoleBinding) "([^"]*)" of (ClusterRole|Role) "([^"]*)" to /;

/** The binding and role that let the request in, as RBAC's authorizer tells them; undefined where it tells nothing. */
export function allowedBy(event: AuditEvent): Admittance | undefined {
  const [, bindingKind, binding = '', kind, name = ''] = ALLOWED.exec(event.decisionReason) ?? [];
  if (bindingKind === undefined) return undefined;
  const slash = binding.lastIndexOf('/');
  const isLocal = bindingKind === 'RoleBinding' && slash >= 0;
  const namespace = isLocal ? binding.slice(slash + 1) : '';
  const role =
    kind === 'Role' ? ({ kind, namespace, name } as const) : ({ kind: 'ClusterRole', namespace: '', name } as const);
  return { namespace, name: isLocal ? binding.slice(0, slash) : binding, role };
}

/** Groups of one user that are told. */
const MAX_GROUPS = 50;

/** Users are read once for many events. */
const KNOWN = new WeakMap<User, readonly string[]>();

/** The subjects of bindings that mean this user: its name, its service account, its groups. */
export function subjectsOfUser(user: User): readonly string[] {
  const known = KNOWN.get(user);
  if (known !== undefined) return known;
  const { name, groups } = user;
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  const subjects = [
    `User:${name}`,
    ...(account === undefined ? [] : [`ServiceAccount:${namespace}:${account}`]),
    ...groups.slice(0, MAX_GROUPS).map((group) => `Group:${group}`),
  ];
  KNOWN.set(user, subjects);
  return subjects;
}
