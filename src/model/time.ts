import { z } from 'zod';

/** Microseconds since the Unix epoch (or a span of microseconds): an exact integer, as audit timestamps carry six decimals. */
export type Micros = number;

export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;
export const HOUR: Micros = 60 * MINUTE;
export const DAY: Micros = 24 * HOUR;

const UNITS: ReadonlyMap<string, Micros> = new Map([
  ['ms', MILLISECOND],
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
  ['d', DAY],
]);

/** Parses "250ms", "30s", "5m", "12h", "90d"; undefined where the text is no duration. */
export function parseDuration(text: string): Micros | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = match && UNITS.get(match[2]!);
  return match && unit !== undefined && unit !== null ? Number(match[1]) * unit : undefined;
}

/** The shortest exact text of a span, e.g. 300000000 → "5m"; spans under a millisecond are cut. */
export function formatDuration(span: Micros): string {
  for (const [unit, size] of [...UNITS].reverse())
    if (span >= size && span % size === 0) return `${span / size}${unit}`;
  return `${Math.floor(span / MILLISECOND)}ms`;
}

/** A span as a sentence tells it: "4 s", "12 min"; never less than a second. */
export const lasting = (span: Micros): string =>
  span < 2 * MINUTE ? `${Math.max(1, Math.round(span / SECOND))} s` : `${Math.round(span / MINUTE)} min`;

/** A configuration value such as "5m", read into microseconds. */
export const duration = (byDefault: string) =>
  z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 250ms, 30s, 5m, 12h or 90d')
    .default(byDefault)
    .transform((text) => parseDuration(text)!);

/** UTC with six decimals, the form of every time in an alert document: 2026-11-21T10:19:52.418203Z. */
export function formatTime(time: Micros): string {
  const millis = Math.floor(time / 1_000);
  const rest = String(time - millis * 1_000).padStart(3, '0');
  return new Date(millis).toISOString().replace('Z', `${rest}Z`);
}
