import { clip, type Trait } from '../../model/index.ts';
import type { Hours } from './hours.ts';
import { isFull, type Person } from './person.ts';

/** How each trait is told, and how many of its values. */
const TELLING: readonly (readonly [trait: Trait, most: number, tell: (value: string) => string])[] = [
  ['deed', 4, (value) => value],
  ['namespace', 3, (value) => (value === '' ? 'cluster-wide' : `in ${value}`)],
  ['network', 2, (value) => `from ${value}`],
  ['agent', 2, (value) => `with ${value}`],
];

/** What is usual for a person, the most usual first: "get leases, watch pods; in web; from 10.244.0.0/16; with argocd". */
export function toldHabits(person: Person, weight: (hours: Hours) => number): string {
  const parts = TELLING.flatMap(([trait, most, tell]) => {
    const values = person.traits[trait];
    const usual = [...values]
      .map(([value, hours]) => [value, weight(hours)] as const)
      .filter(([, hours]) => hours > 0)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    if (usual.length === 0) return [];
    const more = usual.length > most || isFull(values) ? ' …' : '';
    return [
      usual
        .slice(0, most)
        .map(([value]) => clip(tell(value)))
        .join(', ') + more,
    ];
  });
  return parts.join('; ');
}
