import type { Shape } from './shape.ts';

/** Severity, day and time, as klog starts its lines. */
const START = /^[IWEF]\d{4} \d\d:\d\d:\d\d\./;
const STARTS_WITHIN = 32;

/** A line of a component's own log that ended up among the events. */
export const klog: Shape = {
  id: 'klog',
  title: "A line of a component's own log",
  marks: [],
  unwrap: () => undefined,
  unwrapLine: (line) =>
    START.test(line.toString('latin1', 0, Math.min(line.length, STARTS_WITHIN))) ? { passed: 'klog text' } : undefined,
};
