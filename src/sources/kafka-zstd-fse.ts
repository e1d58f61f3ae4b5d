import { Unreadable } from './kafka-inflated.ts';
import { bitsAt, highestBit } from './kafka-zstd-bits.ts';

/**
 * A decoding table of finite state entropy: for each state its symbol (low 8 bits), how many bits lead to the next state (8 bits) and
 * the least next state (from bit 16 on).
 */
export interface FseTable {
  readonly log: number;
  readonly cells: Int32Array;
}

/** A table of one symbol, for which no bits are spent. */
export const onlySymbol = (symbol: number): FseTable => ({ log: 0, cells: Int32Array.of(symbol) });

/** The table of these frequencies; -1 is a symbol so rare that it has one cell at the end. */
export function fseTable(frequencies: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(frequencies.length);
  let high = size;
  for (const [symbol, frequency] of frequencies.entries()) {
    if (frequency === -1) symbols[--high] = symbol;
    next[symbol] = Math.abs(frequency);
  }
  // An odd step visits every cell once.
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, frequency] of frequencies.entries()) {
    for (let count = 0; count < frequency; count++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  const cells = new Int32Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state]!;
    const nth = next[symbol]!++;
    const bits = log - highestBit(nth);
    cells[state] = symbol | (bits << 8) | (((nth << bits) - size) << 16);
  }
  return { log, cells };
}

/** A table as the bytes from `from` on describe it, and where they end. */
export function readFseTable(
  view: DataView,
  from: number,
  end: number,
  maxLog: number,
  maxSymbol: number,
): { table: FseTable; at: number } {
  let bit = from * 8;
  const take = (count: number): number => {
    // Nothing but the margin is behind the end: what is read there is refused below.
    if (bit > end * 8) throw new Unreadable('truncated');
    const value = bitsAt(view, bit, count);
    bit += count;
    return value;
  };
  const log = take(4) + 5;
  if (log > maxLog) throw new Unreadable('corrupt');
  const frequencies: number[] = [];
  for (let left = 1 << log; left > 0;) {
    if (frequencies.length > maxSymbol) throw new Unreadable('corrupt');
    // Small values take one bit less.
    const width = highestBit(left + 1) + 1;
    const half = (1 << (width - 1)) - 1;
    const spare = (1 << width) - 2 - left;
    let value = take(width);
    if ((value & half) < spare) {
      bit--;
      value &= half;
    } else if (value > half) value -= spare;
    const frequency = value - 1;
    frequencies.push(frequency);
    left -= Math.abs(frequency);
    if (frequency !== 0) continue;
    for (let zeros = 3; zeros === 3;) {
      zeros = take(2);
      for (let count = 0; count < zeros; count++) frequencies.push(0);
    }
  }
  const at = (bit + 7) >> 3;
  if (frequencies.length > maxSymbol + 1 || at > end) throw new Unreadable('corrupt');
  return { table: fseTable(frequencies, log), at };
}
