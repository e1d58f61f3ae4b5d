import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unzstd } from '../../src/sources/kafka-zstd.ts';
import { zstdBlock, zstdFrame } from '../support/kafka-bomb.ts';
import { beginnings, EVENTS, FEW, fixture, inflate, isSame, turned } from './kafka-inflating.ts';

const BLOCK = 128 * 1024;
const WINDOW = 0x58;
const sequences = (...bytes: number[]): Buffer => Buffer.from(bytes);

/** Three literals of a code of one bit each, which stand in `bits` below the highest one; no sequences. */
const coded = (bits: number): Buffer => Buffer.from([0x32, 0xc0, 0, 128, 0x10, bits, 0]);

describe('zstd', () => {
  it.each([
    ['events.zstd', EVENTS],
    ['events.19.zstd', EVENTS],
    ['events.sized.zstd', EVENTS],
    ['few.zstd', FEW],
  ])('reads %s', (name, wanted) => {
    expect(isSame(inflate(unzstd, fixture(name)), wanted)).toBe(true);
  });

  it('reads frames one behind the other, and passes over those that hold no data', () => {
    const skippable = Buffer.from([0x5c, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const bytes = Buffer.concat([skippable, fixture('few.zstd'), skippable, fixture('events.sized.zstd'), skippable]);
    expect(isSame(inflate(unzstd, bytes), Buffer.concat([FEW, EVENTS]))).toBe(true);
  });

  it('reads an empty frame', () => {
    expect(inflate(unzstd, Buffer.concat([zstdFrame(0, WINDOW), zstdBlock(0, Buffer.alloc(0), true)]))).toEqual(
      Buffer.alloc(0),
    );
  });

  it('finds every cut', () => {
    for (const part of beginnings(fixture('few.zstd'))) expect(inflate(unzstd, part)).toMatch(/^(truncated|corrupt)$/);
    const large = fixture('events.zstd');
    for (let length = 0; length < large.length; length += 7)
      expect(inflate(unzstd, large.subarray(0, length))).toMatch(/^(truncated|corrupt)$/);
  });

  it('ends well on every turned bit', () => {
    let refused = 0;
    for (const bytes of turned(fixture('few.zstd'))) if (typeof inflate(unzstd, bytes) === 'string') refused++;
    expect(refused).toBeGreaterThan(1_000);
  });

  it('ends well on any bytes behind a frame’s head, and on any change of a real frame', () => {
    const real = fixture('events.19.zstd');
    const changes = fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    let ended = 0;
    fc.assert(
      fc.property(changes, fc.uint8Array({ maxLength: 200 }), (change, tail) => {
        const bytes = Buffer.from(real);
        for (const [at, byte] of change) bytes[at] = byte;
        inflate(unzstd, bytes);
        inflate(unzstd, Buffer.concat([zstdFrame(0, WINDOW), zstdBlock(2, tail, true)]));
        ended++;
      }),
      { numRuns: 1_000 },
    );
    expect(ended).toBe(1_000);
  });

  const bomb = (...blocks: readonly Buffer[]): Buffer =>
    Buffer.concat([zstdFrame(0, WINDOW), ...blocks, zstdBlock(0, Buffer.alloc(0), true)]);
  const run = zstdBlock(1, Buffer.of(120), false, BLOCK);
  const full = Array.from({ length: 8 }, () => run);

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['a run that goes on', bomb(...full, run), 'too large'],
    ['a stored block beyond the limit', bomb(...full, zstdBlock(0, Buffer.of(1))), 'too large'],
    ['a declared size of 2 GiB', Buffer.concat([zstdFrame(0xa0, 0, 0, 0, 0x80), run]), 'too large'],
    ['a declared size of 2^63', Buffer.concat([zstdFrame(0xe0, 0, 0, 0, 0, 0, 0, 0, 0x80), run]), 'too large'],
    ['a window of 3.75 TB and nothing in it', zstdFrame(0, 0xff, 0, 0), 'truncated'],
    [
      'a declared size that is not so',
      Buffer.concat([zstdFrame(0x20, 5), zstdBlock(0, Buffer.of(1), true)]),
      'corrupt',
    ],
    ['a dictionary', Buffer.concat([zstdFrame(1, WINDOW, 7), zstdBlock(0, Buffer.of(1), true)]), 'corrupt'],
    ['the reserved bit', Buffer.concat([zstdFrame(8, WINDOW), zstdBlock(0, Buffer.of(1), true)]), 'corrupt'],
    ['a block of the reserved kind', bomb(Buffer.from([6, 0, 0])), 'corrupt'],
    ['a run of more than a block', bomb(zstdBlock(1, Buffer.of(1), false, BLOCK + 1)), 'corrupt'],
    ['another magic number', Buffer.from('{"kind":"Event"}'), 'corrupt'],
    ['bytes behind the frame', Buffer.concat([fixture('few.zstd'), Buffer.from('12345678')]), 'corrupt'],
    // Literals "abc" as they are, then one sequence with a table of one symbol each: literal length, offset code, match length.
    ['a distance of 0', bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 0, 1, 0, 0b111))), 'corrupt'],
    ['a distance beyond the start', bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 3, 3, 0, 0b1111))), 'corrupt'],
    [
      'an offset code beyond what there is',
      bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 3, 31, 0, 1))),
      'corrupt',
    ],
    [
      'a match longer than a block',
      bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 3, 2, 52, 255, 255, 255, 1))),
      'corrupt',
    ],
    ['a compressed block beyond the limit', bomb(...full, zstdBlock(2, sequences(24, 97, 98, 99, 0))), 'too large'],
    [
      'bits that no sequence takes',
      bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 3, 2, 5, 9, 0b110))),
      'corrupt',
    ],
    ['a Huffman code too many', bomb(zstdBlock(2, coded(0b11010))), 'corrupt'],
    ['a Huffman code too few', bomb(zstdBlock(2, coded(0b110))), 'corrupt'],
    ['more literals than there are', bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 9, 2, 0, 0b111))), 'corrupt'],
    ['a table again that was never there', bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0xfc, 1))), 'corrupt'],
    ['literals of an earlier block that had none', bomb(zstdBlock(2, sequences(0x13, 0x40, 0, 1, 0))), 'corrupt'],
    [
      '98,047 sequences of one block',
      bomb(
        zstdBlock(
          2,
          Buffer.concat([sequences(24, 97, 98, 99, 255, 255, 255, 0x54, 0, 0, 52), Buffer.alloc(100_000, 255)]),
        ),
      ),
      'corrupt',
    ],
  ])('refuses %s', (_, bytes, flaw) => {
    expect(inflate(unzstd, bytes)).toBe(flaw);
  });

  it('repeats what one sequence says', () => {
    // Three literals, then 2 ** 2 + 0b10 - 3 = 3 bytes back, of which code 5 takes 8.
    const bytes = bomb(zstdBlock(2, sequences(24, 97, 98, 99, 1, 0x54, 3, 2, 5, 0b110)));
    expect(inflate(unzstd, bytes)?.toString()).toBe('abcabcabcab');
  });

  it('reads literals in a Huffman code', () => {
    expect(inflate(unzstd, bomb(zstdBlock(2, coded(0b1010))))).toEqual(Buffer.from([0, 1, 0]));
  });

  it('takes a run up to the very limit', () => {
    expect(inflate(unzstd, bomb(...full))).toHaveLength(8 * BLOCK);
  });
});
