import { describe, expect, it } from 'vitest';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { wrapperTime } from '../../../../src/engine/decode/shapes/wrapper-time.ts';

const timeIn = (value: unknown): number | undefined => {
  const bytes = Buffer.from(typeof value === 'string' && value.startsWith('{') ? value : JSON.stringify(value));
  return wrapperTime(new JsonView(bytes, 0, bytes.length), 'a', 'b');
};

describe('wrapperTime', () => {
  it.each([
    [1764730101.93227, 1_764_730_101_932_270],
    ['1764730101.932270', 1_764_730_101_932_270],
    [1764730101, 1_764_730_101_000_000],
    [1764730101932, 1_764_730_101_932_000],
    ['1764730101932', 1_764_730_101_932_000],
    [1764730101932270, 1_764_730_101_932_270],
    ['1764730101932270', 1_764_730_101_932_270],
    ['1764730101932270123', 1_764_730_101_932_270],
    ['2025-12-03T02:48:21.932270Z', 1_764_730_101_932_270],
    ['2025-12-03T03:48:21.932270123+01:00', 1_764_730_101_932_270],
  ])('reads %j', (given, micros) => {
    expect(timeIn({ a: given })).toBe(micros);
    expect(timeIn({ a: 'no time', b: given })).toBe(micros);
  });

  it.each([0, -1, 7, '0', '', 'now', '1e400', 1e300, null, true, {}, [1764730101], '1'.repeat(64), '2025-12-03'])(
    'takes %j for none',
    (given) => {
      expect(timeIn({ a: given })).toBeUndefined();
    },
  );
});
