import { SEVERITIES, type Severity } from './alert.ts';

/** What may move the severity: a contribution, unless its points are 0. */
export type Weight = readonly [what: string, points: number];

/** The points from which on a finding is that grave; with fewer than any, it is info. */
export type Scale = Readonly<Partial<Record<Severity, number>>>;

/** The sum of the points, how grave that is, and what contributed. */
export function addUp(weights: readonly Weight[], scale: Scale = {}) {
  const points = weights.reduce((sum, [, each]) => sum + each, 0);
  const severity = SEVERITIES.findLast((each) => points >= (scale[each] ?? Infinity)) ?? 'info';
  const contributions = weights.filter(([, each]) => each !== 0).map(([what, each]) => ({ what, points: each }));
  return { points, severity, contributions };
}
