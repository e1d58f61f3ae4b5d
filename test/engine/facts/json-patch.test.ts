import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchedBy } from '../../../src/engine/facts/json-patch.ts';

const ROOTS = ['/a', '/m/l'];
const apply = (document: object, ...operations: readonly object[]): unknown => {
  const after = patchedBy(document, operations, ROOTS);
  return after === undefined ? undefined : JSON.parse(JSON.stringify(after));
};

describe('a JSON patch', () => {
  test.each<[why: string, before: object, operation: object, after: unknown]>([
    ['adds at the end', { a: [1] }, { op: 'add', path: '/a/-', value: 2 }, { a: [1, 2] }],
    ['adds in between', { a: [1, 3] }, { op: 'add', path: '/a/1', value: 2 }, { a: [1, 2, 3] }],
    ['adds at its length', { a: [1] }, { op: 'add', path: '/a/1', value: 2 }, { a: [1, 2] }],
    ['adds beyond', { a: [1] }, { op: 'add', path: '/a/2', value: 2 }, undefined],
    ['adds a field', { a: {} }, { op: 'add', path: '/a/x', value: 2 }, { a: { x: 2 } }],
    ['adds the whole', {}, { op: 'add', path: '/a', value: [2] }, { a: [2] }],
    ['adds below nothing', {}, { op: 'add', path: '/a/x/y', value: 2 }, undefined],
    ['replaces', { a: [1, 2] }, { op: 'replace', path: '/a/0', value: 3 }, { a: [3, 2] }],
    ['replaces the end', { a: [1] }, { op: 'replace', path: '/a/-', value: 3 }, undefined],
    ['replaces nothing', { a: {} }, { op: 'replace', path: '/a/x', value: 3 }, undefined],
    ['removes', { a: [1, 2] }, { op: 'remove', path: '/a/0' }, { a: [2] }],
    ['removes nothing', { a: [1] }, { op: 'remove', path: '/a/1' }, undefined],
    ['copies', { a: [[1]] }, { op: 'copy', from: '/a/0', path: '/a/-' }, { a: [[1], [1]] }],
    ['moves', { a: [1, 2] }, { op: 'move', from: '/a/0', path: '/a/1' }, { a: [2, 1] }],
    ['copies nothing', { a: [] }, { op: 'copy', from: '/a/7', path: '/a/-' }, undefined],
    ['reads escapes', { m: { l: {} } }, { op: 'add', path: '/m/l/x~1y~0z', value: 1 }, { m: { l: { 'x/y~z': 1 } } }],
    ['passes tests', { a: 1 }, { op: 'test', path: '/a', value: 7 }, { a: 1 }],
    ['passes by others', { a: 1 }, { op: 'remove', path: '/b/c/d' }, { a: 1 }],
    ['knows its operations', { a: 1 }, { op: 'melt', path: '/a' }, undefined],
    ['takes odd indices for none', { a: [1] }, { op: 'remove', path: '/a/00' }, undefined],
    ['reaches no prototype', { a: {} }, { op: 'add', path: '/a/__proto__/x', value: 1 }, undefined],
  ])('%s', (_why, before, operation, after) => {
    expect(apply(before, operation)).toEqual(after);
  });

  test('leaves the document itself alone', () => {
    const before = { a: [[1]] };
    apply(before, { op: 'add', path: '/a/0/-', value: 2 }, { op: 'copy', from: '/a/0', path: '/a/-' });
    expect(before).toEqual({ a: [[1]] });
  });

  test('makes a copy that is its own', () => {
    expect(
      apply({ a: [[1]] }, { op: 'copy', from: '/a/0', path: '/a/-' }, { op: 'add', path: '/a/0/-', value: 2 }),
    ).toEqual({
      a: [[1, 2], [1]],
    });
  });

  test('ends, however often it doubles, and however long it is', () => {
    const doubling = { op: 'copy', from: '/a', path: '/a/-' };
    expect(apply({ a: [1] }, ...Array.from({ length: 999 }, () => doubling))).toBeUndefined();
    expect(
      apply({ a: [] }, ...Array.from({ length: 1_001 }, () => ({ op: 'add', path: '/a/-', value: 1 }))),
    ).toBeUndefined();
  });

  test('adding and removing again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.nat(), fc.integer(), (a, at, value) => {
        const path = `/a/${at % (a.length + 1)}`;
        expect(apply({ a }, { op: 'add', path, value }, { op: 'remove', path })).toEqual({ a });
      }),
    );
  });
});
