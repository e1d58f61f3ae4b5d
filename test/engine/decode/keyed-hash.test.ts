import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../../src/engine/decode/keyed-hash.ts';
import { KEY } from './decoding.ts';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function hashOf(key: Uint8Array, ranges: readonly Uint8Array[], purpose = 1): string {
  const hash = new KeyedHash(key);
  hash.begin(purpose);
  for (const bytes of ranges) hash.range(viewOf(bytes), 0, bytes.length);
  hash.finish();
  return `${hash.first}:${hash.second}`;
}

describe('KeyedHash', () => {
  it('is the same for the same bytes wherever they stand', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 20 }), (bytes, shift) => {
        const moved = new Uint8Array(shift + bytes.length + 7).fill(0xee);
        moved.set(bytes, shift);
        const hash = new KeyedHash(KEY);
        hash.begin(1);
        hash.range(viewOf(moved), shift, shift + bytes.length);
        hash.finish();
        expect(`${hash.first}:${hash.second}`).toBe(hashOf(KEY, [bytes]));
      }),
    );
  });

  it('tells apart what differs in one bit, in length, in borders, in purpose and in key', () => {
    const seen = new Set<string>();
    let made = 0;
    const add = (print: string): void => {
      seen.add(print);
      made += 1;
    };
    for (const length of [0, 1, 3, 4, 15, 16, 17, 33, 64]) {
      const bytes = new Uint8Array(length);
      add(hashOf(KEY, [bytes]));
      for (let bit = 0; bit < length * 8; bit += 1) {
        const other = bytes.slice();
        other[bit >> 3]! ^= 1 << (bit & 7);
        add(hashOf(KEY, [other]));
      }
    }
    const text = Buffer.from('one text in two ranges');
    for (let border = 0; border <= text.length; border += 1)
      add(hashOf(KEY, [text.subarray(0, border), text.subarray(border)]));
    add(hashOf(KEY, [text], 2));
    for (let bit = 0; bit < 128; bit += 1) {
      const key = KEY.slice();
      key[bit >> 3]! ^= 1 << (bit & 7);
      add(hashOf(key, [text]));
    }
    expect(made).toBeGreaterThan(1_000);
    expect(seen.size).toBe(made);
  });

  it('spreads counters evenly over both results', () => {
    const bins = new Uint32Array(128);
    for (let index = 0; index < 64_000; index += 1) {
      const [first, second] = hashOf(KEY, [Buffer.from(`audit-${index}`)])
        .split(':')
        .map(Number) as [number, number];
      bins[first & 63]! += 1;
      bins[64 + (second >>> 26)]! += 1;
    }
    expect(Math.min(...bins)).toBeGreaterThan(800);
    expect(Math.max(...bins)).toBeLessThan(1_200);
  });
});
