import { at, listOf, recordOf, textOf } from './shape.ts';

/** The debug containers that a pod, a merge patch or a list of JSON patch operations puts into a pod. */
export function debugContainersOf(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) return listOf(at(recordOf(body), 'spec', 'ephemeralContainers'));
  return body.slice(0, 100).flatMap((operation) => {
    const path = textOf(at(operation, 'path'));
    if (!path.startsWith('/spec/ephemeralContainers') || at(operation, 'op') === 'remove') return [];
    const value = at(operation, 'value');
    return Array.isArray(value) ? (value as readonly unknown[]) : [value];
  });
}
