import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unlz4 } from '../../src/sources/kafka-lz4.ts';
import { beginnings, EVENTS, FEW, fixture, inflate, isSame, turned } from './kafka-inflating.ts';

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
/** A frame of blocks of 64 KiB that stand alone, without checksums. */
const frame = (...blocks: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]), ...blocks, word(0)]);
const block = (...bytes: readonly number[]): Buffer => Buffer.concat([word(bytes.length), Buffer.from(bytes)]);
const stored = (bytes: Buffer): Buffer => Buffer.concat([word(bytes.length + 2 ** 31), bytes]);
/** One byte 64 KiB times: a literal, a match of so many, no literals at the end. */
const run = block(0x1f, 120, 1, 0, ...Array.from({ length: 256 }, () => 255), 236, 0);

describe('lz4', () => {
  it.each([
    ['events.lz4', EVENTS],
    ['events.linked.lz4', EVENTS],
    ['few.lz4', FEW],
  ])('reads %s', (name, wanted) => {
    expect(isSame(inflate(unlz4, fixture(name)), wanted)).toBe(true);
  });

  it('reads frames one behind the other, and passes over those that hold no data', () => {
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const bytes = Buffer.concat([skippable, fixture('few.lz4'), skippable, fixture('events.linked.lz4')]);
    expect(isSame(inflate(unlz4, bytes), Buffer.concat([FEW, EVENTS]))).toBe(true);
  });

  it.each<[string, Buffer, string]>([
    ['an empty frame', frame(), ''],
    ['literals', frame(block(0x30, 97, 98, 99)), 'abc'],
    ['a match that overlaps', frame(block(0x35, 97, 98, 99, 3, 0, 0x10, 33)), 'abcabcabcabc!'],
    ['a stored block', frame(stored(Buffer.from('abc'))), 'abc'],
    ['fifteen literals', frame(block(0xf0, 0, ...Buffer.from('abcdefghijklmno'))), 'abcdefghijklmno'],
    ['a match into the block before', frame(block(0x30, 97, 98, 99), block(0x04, 3, 0, 0)), 'abcabcabcab'],
  ])('reads %s', (_, bytes, wanted) => {
    expect(inflate(unlz4, bytes)?.toString()).toBe(wanted);
  });

  it.each<[string, Buffer, string]>([
    ['no bytes', Buffer.alloc(0), 'truncated'],
    ['another magic number', Buffer.from('{"kind":"Event"}'), 'corrupt'],
    ['another version', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x20, 0x40, 0, 0, 0, 0, 0]), 'corrupt'],
    ['a dictionary', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x61, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 'corrupt'],
    ['blocks of no known size', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x30, 0, 0, 0, 0, 0]), 'corrupt'],
    ['a block of 2 GiB', frame(word(2 ** 31 - 1)), 'corrupt'],
    ['a stored block of 2 GiB', frame(word(2 ** 32 - 1)), 'corrupt'],
    [
      'a block that becomes more than its largest',
      frame(Buffer.concat([word(263), run.subarray(4, 264), Buffer.from([255, 0, 0])])),
      'corrupt',
    ],
    ['a distance of 0', frame(block(0x34, 97, 98, 99, 0, 0, 0)), 'corrupt'],
    ['a distance beyond the start', frame(block(0x34, 97, 98, 99, 4, 0, 0)), 'corrupt'],
    ['a distance that is cut', frame(block(0x34, 97, 98, 99, 3)), 'truncated'],
    ['a length that is cut', frame(block(0xf0, 255, 255)), 'truncated'],
    ['literals that are cut', frame(block(0x90, 97, 98, 99)), 'truncated'],
    ['a block that ends with a match', frame(block(0x35, 97, 98, 99, 3, 0)), 'truncated'],
    ['a skippable frame of 4 GiB', Buffer.from([0x53, 0x2a, 0x4d, 0x18, 255, 255, 255, 255]), 'truncated'],
    ['blocks beyond the limit', frame(...Array.from({ length: 17 }, () => run)), 'too large'],
    [
      'stored blocks beyond the limit',
      frame(...Array.from({ length: 17 }, () => stored(Buffer.alloc(65_536)))),
      'too large',
    ],
  ])('refuses %s', (_, bytes, flaw) => {
    expect(inflate(unlz4, bytes)).toBe(flaw);
  });

  it('takes blocks up to the very limit', () => {
    const read = inflate(unlz4, frame(...Array.from({ length: 16 }, () => run)));
    expect(isSame(read, Buffer.alloc(1024 * 1024, 'x'))).toBe(true);
  });

  it('finds every cut', () => {
    for (const part of beginnings(fixture('few.lz4'))) expect(inflate(unlz4, part)).toMatch(/^(truncated|corrupt)$/);
    for (const name of ['events.lz4', 'events.linked.lz4']) {
      const large = fixture(name);
      for (let length = 0; length < large.length; length += 7)
        expect(inflate(unlz4, large.subarray(0, length))).toMatch(/^(truncated|corrupt)$/);
    }
  });

  it('ends well on every turned bit and on any bytes', () => {
    let refused = 0;
    for (const bytes of turned(fixture('few.lz4'))) if (typeof inflate(unlz4, bytes) === 'string') refused++;
    expect(refused).toBeGreaterThan(500);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void inflate(unlz4, frame(block(...bytes)))),
      {
        numRuns: 2_000,
      },
    );
  });
});
