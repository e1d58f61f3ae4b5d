import type { Scanner } from './scanner.ts';

/**
 * Where the parts of an event stand in the bytes: two numbers each in one Int32Array, start and end, both 0 where the part is
 * absent or of another type than it should be. Strings without their quotes, objects and arrays with their brackets.
 */
export const SPAN = {
  auditId: 0,
  uri: 2,
  user: 4,
  impersonated: 6,
  sourceIps: 8,
  userAgent: 10,
  object: 12,
  statusReason: 14,
  statusMessage: 16,
  request: 18,
  response: 20,
  annotations: 22,
  namespace: 24,
  name: 26,
  apiVersion: 28,
  verb: 30,
  stage: 32,
  resource: 34,
  subresource: 36,
  apiGroup: 38,
  level: 40,
} as const;

/** Length of the array that holds them all. */
export const SPANS = 42;

/** Passes a member that should be a string, and notes where its text stands. */
export function passText(scanner: Scanner, from: number, spans: Int32Array, part: number): number {
  if (scanner.at(from) !== 34) return passOther(scanner, from, spans, part);
  const to = scanner.string(from);
  spans[part] = from + 1;
  spans[part + 1] = to - 1;
  return to;
}

/** Passes a member that should be an object or an array, told by its first byte. */
export function passBracket(scanner: Scanner, from: number, spans: Int32Array, part: number, bracket: number): number {
  if (scanner.at(from) !== bracket) return passOther(scanner, from, spans, part);
  const to = scanner.value(from);
  spans[part] = from;
  spans[part + 1] = to;
  return to;
}

/** Passes a member of another type than it should be: it counts as absent. */
export function passOther(scanner: Scanner, from: number, spans: Int32Array, part: number): number {
  spans[part] = 0;
  spans[part + 1] = 0;
  return scanner.value(from);
}
