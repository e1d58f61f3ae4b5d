import type { RoleStrength, Strength } from '../../model/index.ts';
import { COVERED, PERMISSIONS, type Permission, WRITES } from './permissions.ts';
import { at, recordOf, textsOf } from './shape.ts';

/** Strengths in rising order; unknown is no degree. */
const DEGREES: readonly Strength[] = ['ordinary', 'secrets', 'strong', 'admin'];

/** The stronger of two; anything known is stronger than unknown. */
export const stronger = (a: Strength, b: Strength): Strength => (DEGREES.indexOf(a) >= DEGREES.indexOf(b) ? a : b);

/** The reason that leaves nothing to add. */
export const EVERYTHING = 'all verbs on all resources';

/** Reasons that are told; the rest is a number. */
const MAX_REASONS = 8;

interface Rule {
  readonly groups: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  readonly verbs: ReadonlySet<string>;
  /** Empty where the rule is not restricted to named objects. */
  readonly names: readonly string[];
}

const BY_RESOURCE = new Map<string, Permission[]>();
for (const permission of PERMISSIONS)
  for (const resource of permission.resources)
    BY_RESOURCE.set(resource, [...(BY_RESOURCE.get(resource) ?? []), permission]);

/** What a detector asks of an event's rules is learnt from them right afterwards. */
const KNOWN = new WeakMap<readonly unknown[], RoleStrength>();

/**
 * Judges RBAC rules (or a role object that holds them). admin: all on everything, unrestricted impersonation, or escalate together with
 * bind. strong: one step from it, within the role's scope. secrets: reads secrets. Running workloads alone is ordinary: it is what
 * deployers are for, although it lends them every service account of their namespaces. Rules that are not to be seen: unknown.
 */
export function strengthOf(rules: unknown): RoleStrength {
  const role = recordOf(rules);
  if (role && 'rules' in role) return strengthOf(role['rules'] ?? []);
  if (rules === null) return judged([]);
  if (!Array.isArray(rules)) return { strength: 'unknown', because: [] };
  let known = KNOWN.get(rules);
  if (known === undefined) KNOWN.set(rules, (known = judged(rules)));
  return known;
}

function judged(rules: readonly unknown[]): RoleStrength {
  const read = rules.flatMap(readRule);
  const all = read.filter(isEverything);
  if (all.length > 0) return { strength: 'admin', because: [EVERYTHING] };

  let strength: Strength = 'ordinary';
  const because = new Set<string>();
  for (const writes of wildcardWrites(read)) {
    strength = 'strong';
    because.add(writes);
  }
  const named = permissionsOn(read);
  for (const permission of PERMISSIONS) {
    if (named !== undefined && !named.has(permission)) continue;
    if (because.has(permission.because) || !read.some((rule) => grants(rule, permission))) continue;
    strength = stronger(strength, permission.strength);
    because.add(permission.because);
  }
  if (because.has('may escalate roles') && because.has('may bind roles')) strength = 'admin';
  for (const reason of because) for (const covered of COVERED.get(reason) ?? []) because.delete(covered);
  return { strength, because: [...because] };
}

/** At most eight reasons; more become a number. */
export const cutReasons = (because: readonly string[]): readonly string[] =>
  because.length <= MAX_REASONS
    ? because
    : [...because.slice(0, MAX_REASONS - 1), `and ${because.length - MAX_REASONS + 1} more`];

/** The permissions on any resource that the rules name; undefined for all of them. */
function permissionsOn(rules: readonly Rule[]): ReadonlySet<Permission> | undefined {
  const found = new Set<Permission>();
  for (const { resources } of rules) {
    for (const resource of resources) {
      if (resource.startsWith('*')) return undefined;
      for (const permission of BY_RESOURCE.get(resource) ?? []) found.add(permission);
    }
  }
  return found;
}

function readRule(value: unknown): readonly Rule[] {
  const record = recordOf(value);
  if (!record) return [];
  return [
    {
      groups: new Set(textsOf(record['apiGroups'])),
      resources: new Set(textsOf(record['resources'])),
      verbs: new Set(textsOf(record['verbs'])),
      names: textsOf(at(record, 'resourceNames')),
    },
  ];
}

const isEverything = (rule: Rule): boolean =>
  rule.verbs.has('*') && rule.resources.has('*') && rule.groups.has('*') && rule.names.length === 0;

function wildcardWrites(rules: readonly Rule[]): readonly string[] {
  const wild = rules.filter(
    (rule) =>
      rule.resources.has('*') && rule.names.length === 0 && ['*', ...WRITES].some((verb) => rule.verbs.has(verb)),
  );
  if (wild.some((rule) => rule.groups.has('*'))) return ['may write all resources'];
  return wild.some((rule) => rule.groups.has('')) ? ['may write all core resources'] : [];
}

function grants(rule: Rule, permission: Permission): boolean {
  const { groups, resources, verbs, names } = rule;
  if (!groups.has('*') && !groups.has(permission.group)) return false;
  if (!verbs.has('*') && !permission.verbs.some((verb) => verbs.has(verb))) return false;
  if (names.length > 0 && !permission.named?.(names)) return false;
  return (
    resources.has('*') || permission.resources.some((name) => resources.has(name) || resources.has(anyParent(name)))
  );
}

/** RBAC lets a star stand for the parent of a subresource, and never for the subresource alone. */
function anyParent(resource: string): string {
  const slash = resource.indexOf('/');
  return slash < 0 ? resource : `*${resource.slice(slash)}`;
}
