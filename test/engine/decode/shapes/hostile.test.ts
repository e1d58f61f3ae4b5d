import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { read, sampleOf } from './unwrapping.ts';

const SAMPLES = readdirSync(new URL('../../../../samples/shapes/', import.meta.url)).filter((name) =>
  name.endsWith('json'),
);
const DEEP = `${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`;
const DEEPEST = 5;
const MARK = '\u0001here';

/** Every place within a value, as the names and indexes on the way. */
function* places(value: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (path.length > 0) yield path;
  if (path.length === DEEPEST || typeof value !== 'object' || value === null) return;
  for (const name of Object.keys(value)) yield* places((value as Record<string, unknown>)[name], [...path, name]);
}

/** The text of the value with that member given twice, beside `__proto__`, or deep beyond any reader's stack. */
function mutated(value: unknown, path: readonly (string | number)[]): readonly string[] {
  const marked = structuredClone(value) as Record<string, unknown>;
  const name = path.at(-1)!;
  let parent = marked;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
  const old = JSON.stringify(parent[name]);
  parent[name] = MARK;
  const text = JSON.stringify(marked);
  const put = (json: string): string => text.replace(JSON.stringify(MARK), () => json);
  if (Array.isArray(parent)) return [put(DEEP)];
  const again = `${JSON.stringify(name)}:`;
  return [
    put(DEEP),
    put(`${old},${again}0`),
    put(`0,${again}${old}`),
    put(`${old},"__proto__":{"a":1},"constructor":{"prototype":[]}`),
  ];
}

describe.each(SAMPLES)('the sample %s', (name) => {
  it('throws nothing and harms no neighbour with any member deep, given twice, or beside a trap', () => {
    const values = name.endsWith('.ndjson')
      ? sampleOf(name).toString().trim().split('\n')
      : [sampleOf(name).toString()];
    const wrong = values.flatMap((text) => {
      const value: unknown = JSON.parse(text);
      return [...places(value)].flatMap((path) => mutated(value, path));
    });
    expect(wrong.length).toBeGreaterThan(3);
    const neighbours = wrong.map((_, index) => `neighbour ${index}`);
    const { events } = read(wrong.flatMap((text, index) => [text, line({ auditID: neighbours[index] })]).join('\n'));
    const ids = new Set(neighbours);
    expect(events.map(({ auditId }) => auditId).filter((id) => ids.has(id))).toEqual(neighbours);
    for (const event of events) expect(event.user.groups).toBeInstanceOf(Array);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
