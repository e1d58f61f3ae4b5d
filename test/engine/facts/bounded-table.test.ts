import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedTable, objectKey } from '../../../src/engine/facts/bounded-table.ts';

/** What one key of two characters and a text of ten cost. */
const ONE = 200 + 2 * (2 * 3 + 10);
const text = (mark: string): string => mark.repeat(10);

const rowsOf = (table: BoundedTable): Map<string, string | null> => {
  const rows = new Map<string, string | null>();
  table.collect((key, value) => rows.set(key, value as string | null));
  return rows;
};

describe('a bounded table', () => {
  test('gives up minor rows first, then the one changed longest ago, and counts them', () => {
    const table = new BoundedTable('x', 3 * ONE);
    table.set('n/a', text('a'), 'major');
    table.set('n/b', text('b'), 'minor');
    table.set('n/c', text('c'), 'major');
    table.set('n/d', text('d'), 'major');
    expect([table.get('n/a'), table.get('n/b'), table.size, table.evicted]).toEqual([text('a'), undefined, 3, 1]);
    table.set('n/a', text('A'), 'major');
    table.set('n/e', text('e'), 'major');
    expect([table.get('n/a'), table.get('n/c'), table.evicted]).toEqual([text('A'), undefined, 2]);
    expect(table.bytes).toBe(3 * ONE);
  });

  test('keeps nothing that is larger than all of it', () => {
    const table = new BoundedTable('x', ONE);
    expect(table.set('n/a', 'a'.repeat(1_000), 'major')).toBe(false);
    expect([table.size, table.bytes, table.evicted]).toEqual([0, 0, 1]);
  });

  test('tells of every row that goes', () => {
    const gone: string[] = [];
    const table = new BoundedTable('x', 2 * ONE, (key, value) => gone.push(`${key}=${value[0]}`));
    table.set('n/a', text('a'), 'major');
    table.set('n/a', text('A'), 'major');
    table.set('m/b', text('b'), 'major');
    table.set('m/c', text('c'), 'major');
    table.deleteAll('m');
    expect(gone).toEqual(['n/a=a', 'n/a=A', 'm/b=b', 'm/c=c']);
  });

  test('hands out the difference only', () => {
    const table = new BoundedTable('x', 1e6);
    table.set('n/a', 'one', 'major');
    expect(rowsOf(table)).toEqual(
      new Map([
        ['x/n/a', '1+one'],
        ['x/', '1 0'],
      ]),
    );
    expect(table.set('n/a', 'one', 'major')).toBe(false);
    expect(rowsOf(table).size).toBe(0);
    table.delete('n/a');
    table.delete('n/a');
    expect(rowsOf(table)).toEqual(new Map([['x/n/a', null]]));
  });

  const operation = fc.record({
    key: fc.constantFrom('n/a', 'n/b', 'm/a', 'm/b', '/a', '/b', '/c'),
    text: fc.string({ maxLength: 40 }),
    weight: fc.constantFrom('major' as const, 'minor' as const),
    act: fc.constantFrom('set', 'set', 'set', 'delete', 'clear', 'save'),
  });
  const apply = (
    table: BoundedTable,
    each: { key: string; text: string; weight: 'major' | 'minor'; act: string },
  ): void => {
    if (each.act === 'set') table.set(each.key, each.text, each.weight);
    else if (each.act === 'delete') table.delete(each.key);
    else if (each.act === 'clear') table.deleteAll(each.key.slice(0, each.key.indexOf('/')));
  };

  test('lives on after a restore as if nothing had happened', () => {
    let evictions = 0;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), fc.array(operation, { maxLength: 20 }), (before, after) => {
        const table = new BoundedTable('x', 1_000);
        const saved = new Map<string, string>();
        const save = (): void =>
          table.collect((key, value) => {
            if (value === null) saved.delete(key);
            else saved.set(key, value as string);
          });
        for (const each of before) {
          if (each.act === 'save') save();
          else apply(table, each);
        }
        save();
        const restored = new BoundedTable('x', 1_000);
        // Rows come back in no order.
        for (const [key, value] of [...saved].reverse()) restored.restore(key.slice(2), value);
        restored.settle();
        expect(rowsOf(restored).size).toBe(0);
        for (const each of after) {
          apply(table, each);
          apply(restored, each);
        }
        expect(rowsOf(restored)).toEqual(rowsOf(table));
        expect([restored.bytes, restored.size, restored.evicted]).toEqual([table.bytes, table.size, table.evicted]);
        expect(table.bytes).toBeLessThanOrEqual(1_000);
        evictions += table.evicted;
      }),
      { numRuns: 500 },
    );
    expect(evictions).toBeGreaterThan(0);
  });
});

test('the key of an object that can exist', () => {
  expect(objectKey('ns', 'name')).toBe('ns/name');
  expect(objectKey('', 'system:node')).toBe('/system:node');
  expect(objectKey('ns', '')).toBeUndefined();
  expect(objectKey('ns', 'a/b')).toBeUndefined();
  expect(objectKey('a/b', 'c')).toBeUndefined();
  expect(objectKey('ns', 'x'.repeat(254))).toBeUndefined();
});
