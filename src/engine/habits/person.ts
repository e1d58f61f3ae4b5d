import type { Trait } from '../../model/index.ts';
import { firstHour, type Hours } from './hours.ts';

export const TRAITS: readonly Trait[] = ['deed', 'namespace', 'network', 'agent'];
/** Different values of one trait that are kept; who has more has no habits there. */
const MOST = 48;
/** A value that was not seen for so many hours may give way to another. */
const STALE = 30 * 24;

/** What one identity was seen to do. */
export interface Person {
  readonly seen: Hours;
  readonly traits: Readonly<Record<Trait, Map<string, Hours>>>;
}

export const newPerson = (hour: number): Person => ({
  seen: firstHour(hour),
  traits: { deed: new Map(), namespace: new Map(), network: new Map(), agent: new Map() },
});

/** Sees to a free place among the values: what had to leave for it, or undefined where all of them are of late. */
export function makePlace(values: Map<string, Hours>, hour: number): readonly (readonly [string, Hours])[] | undefined {
  if (values.size < MOST) return [];
  const stale = [...values].filter(([, { last }]) => last < hour - STALE);
  for (const [value] of stale) values.delete(value);
  return stale.length === 0 ? undefined : stale;
}

export const isFull = (values: ReadonlyMap<string, Hours>): boolean => values.size >= MOST;
