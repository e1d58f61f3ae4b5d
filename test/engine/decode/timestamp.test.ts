import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime, Timestamps } from '../../../src/engine/decode/timestamp.ts';
import { formatTime } from '../../../src/model/index.ts';

const times = new Timestamps();
const read = (text: string): number => {
  const bytes = Buffer.from(`"${text}"    `);
  return times.read(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 1, 1 + text.length);
};

describe('timestamps', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-11-21T10:20:10.010471Z', Date.UTC(2026, 10, 21, 10, 20, 10) * 1_000 + 10_471],
    ['2026-11-21T10:20:10.5Z', Date.UTC(2026, 10, 21, 10, 20, 10) * 1_000 + 500_000],
    ['2026-11-21T10:20:10.123456789Z', Date.UTC(2026, 10, 21, 10, 20, 10) * 1_000 + 123_456],
    ['2026-11-21t10:20:10z', Date.UTC(2026, 10, 21, 10, 20, 10) * 1_000],
    ['2026-11-21 10:20:10+05:30', Date.UTC(2026, 10, 21, 4, 50, 10) * 1_000],
    ['2026-11-21T23:20:10-0200', Date.UTC(2026, 10, 22, 1, 20, 10) * 1_000],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29) * 1_000],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1) * 1_000],
    ['2016-12-31T23:59:60.000000Z', Date.UTC(2017, 0, 1) * 1_000],
  ])('%s', (text, wanted) => {
    expect(read(text)).toBe(wanted);
    expect(read(text)).toBe(wanted);
  });

  it.each([
    '',
    'now',
    '2026-11-21',
    '2026-11-21T10:20Z',
    '2026-11-21T10:20:10',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00.000000Z',
    '2026-11-21T24:00:00.000000Z',
    '2026-11-21T10:60:00.000000Z',
    '2026-11-21T10:20:61.000000Z',
    '2026-11-21T10:20:1x.000000Z',
    '2026-11-21T10:20:10.00000xZ',
    '2026-11-21T10-20:10.000000Z',
    '1969-12-31T23:59:59Z',
    '0001-01-01T00:00:00.000000Z',
    '9999-12-31T23:59:59.999999Z',
    '2026-11-21T10:20:10+24:00',
    '+026-11-21T10:20:10Z',
  ])('refuses %s', (text) => {
    read('2026-11-21T10:20:10.010471Z');
    expect(read(text)).toBeNaN();
  });

  it('reads back any time, its day remembered or not', () => {
    const sameDay = (value: number, span: number): number => value - (value % 86_400_000_000) + span;
    fc.assert(
      fc.property(fc.nat({ max: 8e15 }), fc.nat({ max: 86_399_999_999 }), (value, span) => {
        const both = [value, sameDay(value, span), value + 86_400_000_000, value];
        expect(both.map((time) => read(formatTime(time)))).toEqual(both);
        expect(both.map((time) => parseTime(formatTime(time)))).toEqual(both);
      }),
    );
    expect(read('2255-06-05T23:47:34.740991Z')).toBe(Number.MAX_SAFE_INTEGER);
  });
});
