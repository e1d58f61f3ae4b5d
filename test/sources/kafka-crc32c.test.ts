import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/sources/kafka-crc32c.ts';

/** Bit by bit, as the polynomial says. */
function slowly(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f6_3b78 : sum >>> 1;
  }
  return ~sum >>> 0;
}

describe('CRC-32C', () => {
  it.each([
    ['nothing', '', 0],
    ['the usual digits', '123456789', 0xe306_9283],
    ['one letter', 'a', 0xc1d0_4330],
  ])('of %s', (_, text, wanted) => {
    expect(crc32c(Buffer.from(text))).toBe(wanted);
  });

  it('is the same as bit by bit, wherever the bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(8), (bytes, skip) => {
        expect(crc32c(bytes.subarray(skip))).toBe(slowly(bytes.subarray(skip)));
      }),
    );
  });
});
