import type { RoleStrength, Strength } from '../../model/index.ts';
import { COVERED, PERMISSIONS } from './permissions.ts';
import { EVERYTHING, stronger } from './rules.ts';

/** Rights that open nothing. */
export const NO_RIGHTS: RoleStrength = { strength: 'ordinary', because: [] };
/** Rights that nobody saw. */
export const UNKNOWN_RIGHTS: RoleStrength = { strength: 'unknown', because: [] };

/** How strong each reason is by itself. */
const DEGREE: ReadonlyMap<string, Strength> = new Map<string, Strength>([
  [EVERYTHING, 'admin'],
  ['may write all resources', 'strong'],
  ['may write all core resources', 'strong'],
  ...PERMISSIONS.map(({ because, strength }) => [because, strength] as const),
]);
const CLUSTER_ONLY: ReadonlySet<string> = new Set(
  PERMISSIONS.filter(({ clusterOnly }) => clusterOnly).map(({ because }) => because),
);

/** Both together: escalate in the one and bind in the other are as good as everything. */
export function joined(a: RoleStrength, b: RoleStrength): RoleStrength {
  const because = new Set([...a.because, ...b.because]);
  if (because.has(EVERYTHING)) return { strength: 'admin', because: [EVERYTHING] };
  for (const reason of because) for (const covered of COVERED.get(reason) ?? []) because.delete(covered);
  const both = stronger(a.strength, b.strength);
  const reasons = [...because];
  return { strength: isAdmin(reasons) ? 'admin' : both, because: reasons };
}

/** What is left of rights that hold in one namespace only (an empty one: the whole cluster). */
export function within(rights: RoleStrength, namespace: string): RoleStrength {
  const because = rights.because.filter((reason) => !CLUSTER_ONLY.has(reason));
  if (namespace === '' || because.length === rights.because.length) return rights;
  return { strength: weaker(rights.strength, degreeOf(because)), because };
}

/** What the one who held `before` has more with `after`. Unknown rights count as none before, and stay unknown after. */
export function gained(before: RoleStrength, after: RoleStrength): RoleStrength {
  const held = new Set(before.because);
  if (held.has(EVERYTHING)) return NO_RIGHTS;
  if (after.strength === 'unknown') return after;
  const covered = new Set(before.because.flatMap((reason) => COVERED.get(reason) ?? []));
  const because = after.because.filter((reason) => !held.has(reason) && !covered.has(reason));
  if (because.length === 0) return NO_RIGHTS;
  const isRisen = after.strength === 'admin' && before.strength !== 'admin';
  return { strength: isRisen ? 'admin' : weaker(after.strength, degreeOf(because)), because };
}

/** Whether it is worth a word: secrets or more. */
export const isTelling = ({ strength }: RoleStrength): boolean => strength !== 'ordinary' && strength !== 'unknown';

/** The strongest of the reasons, or what they come to together. */
function degreeOf(because: readonly string[]): Strength {
  if (isAdmin(because)) return 'admin';
  return because.reduce<Strength>((most, reason) => stronger(most, DEGREE.get(reason) ?? 'ordinary'), 'ordinary');
}

const isAdmin = (because: readonly string[]): boolean =>
  because.includes('may escalate roles') && because.includes('may bind roles');

/** A role may count for less than its reasons (`edit`), and gains from it then do, too. */
const weaker = (a: Strength, b: Strength): Strength => (stronger(a, b) === a ? b : a);
