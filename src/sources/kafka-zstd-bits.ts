import { Unreadable } from './kafka-inflated.ts';

/** Zero bytes before and behind what is read, so that a look at four bytes never leaves the buffer. */
export const MARGIN = 8;

/** Position of the highest set bit of a positive number. */
export const highestBit = (value: number): number => 31 - Math.clz32(value);

/** Where the bits of a stream that is read backwards end: below the highest set bit of its last byte. Counts from the buffer's start. */
export function endOfBits(input: Buffer, from: number, end: number): number {
  const last = end > from ? input[end - 1]! : 0;
  if (last === 0) throw new Unreadable('corrupt');
  return (end - 1) * 8 + highestBit(last);
}

/** The `count` bits (25 at most) from bit `at` on, lowest first. Bits before the buffer's margin do not exist. */
export const bitsAt = (view: DataView, at: number, count: number): number =>
  (view.getInt32(at >> 3, true) >>> (at & 7)) & ((1 << count) - 1);
