import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unsnappy } from '../../src/sources/kafka-snappy.ts';
import { beginnings, EVENTS, FEW, fixture, inflate, isSame, turned } from './kafka-inflating.ts';

/** The size of what follows, as snappy says it. */
function sizeOf(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}
const raw = (size: number, ...elements: readonly number[]): Buffer => Buffer.from([...sizeOf(size), ...elements]);
const abc = [2 << 2, 97, 98, 99];
const HEADER = fixture('few.snappy').subarray(0, 16);

describe('snappy', () => {
  it.each([
    ['events.snappy', EVENTS],
    ['events.raw.snappy', EVENTS],
    ['few.snappy', FEW],
    ['few.raw.snappy', FEW],
  ])('reads %s', (name, wanted) => {
    expect(isSame(inflate(unsnappy, fixture(name)), wanted)).toBe(true);
  });

  it('reads framed streams one behind the other', () => {
    const bytes = Buffer.concat([fixture('few.snappy'), fixture('events.snappy')]);
    expect(isSame(inflate(unsnappy, bytes), Buffer.concat([FEW, EVENTS]))).toBe(true);
  });

  it.each<[string, Buffer, string]>([
    ['nothing at all', raw(0), ''],
    ['literals', raw(3, ...abc), 'abc'],
    [
      'literals with one, two, three, four bytes of length',
      raw(
        12,
        60 << 2,
        2,
        97,
        98,
        99,
        61 << 2,
        2,
        0,
        97,
        98,
        99,
        62 << 2,
        2,
        0,
        0,
        97,
        98,
        99,
        63 << 2,
        2,
        0,
        0,
        0,
        97,
        98,
        99,
      ),
      'abcabcabcabc',
    ],
    ['a copy that overlaps', raw(12, ...abc, 1 | (5 << 2), 3), 'abcabcabcabc'],
    [
      'copies with two and four bytes of distance',
      raw(9, ...abc, 2 | (2 << 2), 3, 0, 3 | (2 << 2), 6, 0, 0, 0),
      'abcabcabc',
    ],
    ['a run of one byte', raw(41, 0, 120, 2 | (39 << 2), 1, 0), 'x'.repeat(41)],
  ])('reads %s', (_, bytes, wanted) => {
    expect(inflate(unsnappy, bytes)?.toString()).toBe(wanted);
  });

  it.each<[string, Buffer, string]>([
    ['no bytes', Buffer.alloc(0), 'truncated'],
    ['a size without an end', Buffer.alloc(6, 255), 'corrupt'],
    ['a declared size of 2 GiB', raw(2 ** 31, ...abc), 'too large'],
    ['a declared size of 32 GiB', raw(2 ** 35 - 1, ...abc), 'too large'],
    ['less than declared', raw(1_000_000, ...abc), 'truncated'],
    ['more than declared', raw(2, ...abc), 'corrupt'],
    ['a copy beyond what is declared', raw(5, ...abc, 1, 3), 'corrupt'],
    ['a distance of 0', raw(7, ...abc, 1, 0), 'corrupt'],
    ['a distance beyond the start', raw(7, ...abc, 1, 4), 'corrupt'],
    ['a distance of 4 GiB', raw(6, ...abc, 3 | (2 << 2), 255, 255, 255, 255), 'corrupt'],
    ['literals of 4 GiB', raw(9, 63 << 2, 255, 255, 255, 255), 'corrupt'],
    ['a frame’s block of 4 GiB', Buffer.concat([HEADER, Buffer.alloc(4, 255), raw(3, ...abc)]), 'truncated'],
    ['a frame’s head cut', HEADER.subarray(0, 12), 'truncated'],
    [
      'a copy from the block before',
      Buffer.concat([HEADER, Buffer.from([0, 0, 0, 5]), raw(3, ...abc), Buffer.from([0, 0, 0, 3]), raw(4, 1, 3)]),
      'corrupt',
    ],
  ])('refuses %s', (_, bytes, flaw) => {
    expect(inflate(unsnappy, bytes)).toBe(flaw);
  });

  it('stops a frame of many blocks at the limit', () => {
    const block = raw(
      64 * 1024,
      0,
      120,
      ...Array.from({ length: 1_023 }, () => [2 | (63 << 2), 1, 0]).flat(),
      2 | (62 << 2),
      1,
      0,
    );
    const sized = Buffer.concat([Buffer.from([0, 0, block.length >> 8, block.length & 255]), block]);
    const blocks = (count: number) => Buffer.concat([HEADER, ...Array.from({ length: count }, () => sized)]);
    expect(inflate(unsnappy, blocks(16))).toHaveLength(1024 * 1024);
    expect(inflate(unsnappy, blocks(17))).toBe('too large');
  });

  it('finds every cut, but between a frame’s blocks, where there is nothing to find', () => {
    for (const part of beginnings(fixture('few.raw.snappy')))
      expect(inflate(unsnappy, part)).toMatch(/^(truncated|corrupt)$/);
    const framed = fixture('events.snappy');
    const borders: number[] = [];
    for (let at = 16; at < framed.length; at += 4 + framed.readUInt32BE(at)) borders.push(at);
    const wanted = [0, 32_768, 65_536];
    const read = borders.map((length, index) =>
      isSame(inflate(unsnappy, framed.subarray(0, length)), EVENTS.subarray(0, wanted[index])),
    );
    expect(read).toEqual([true, true, true]);
    const within = Array.from({ length: framed.length }, (_, length) => length).filter(
      (length) => length > 0 && length % 11 === 0 && !borders.includes(length),
    );
    for (const length of within) expect(inflate(unsnappy, framed.subarray(0, length))).toMatch(/^(truncated|corrupt)$/);
  });

  it('ends well on every turned bit and on any bytes', () => {
    let refused = 0;
    for (const bytes of turned(fixture('few.snappy'))) if (typeof inflate(unsnappy, bytes) === 'string') refused++;
    expect(refused).toBeGreaterThan(500);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void inflate(unsnappy, Buffer.from(bytes))),
      {
        numRuns: 2_000,
      },
    );
  });
});
