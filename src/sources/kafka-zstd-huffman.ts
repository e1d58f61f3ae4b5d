import { Unreadable } from './kafka-inflated.ts';
import { bitsAt, endOfBits, highestBit } from './kafka-zstd-bits.ts';
import { readFseTable } from './kafka-zstd-fse.ts';

const MAX_BITS = 11;
const MAX_WEIGHTS = 255;

/** For each run of `bits` bits the symbol that it begins with (low 8 bits) and how many bits that takes. */
export interface HuffmanTable {
  readonly bits: number;
  readonly cells: Uint16Array;
}

/** A table as the bytes from `from` on describe it, and where they end. */
export function readHuffmanTable(
  input: Buffer,
  view: DataView,
  from: number,
  end: number,
): { table: HuffmanTable; at: number } {
  if (from >= end) throw new Unreadable('truncated');
  const head = input[from]!;
  const count = head - 127;
  const at = from + 1 + (head < 128 ? head : (count + 1) >> 1);
  if (at > end) throw new Unreadable('truncated');
  const weights =
    head < 128
      ? codedWeights(input, view, from + 1, at)
      : Array.from({ length: count }, (_, index) => {
          const byte = input[from + 1 + (index >> 1)]!;
          return index % 2 === 0 ? byte >> 4 : byte & 15;
        });
  return { table: tableOf(weights), at };
}

/** Weights from two states of one table that take turns. */
function codedWeights(input: Buffer, view: DataView, from: number, end: number): number[] {
  const { table, at } = readFseTable(view, from, end, 6, 255);
  const { cells, log } = table;
  const first = at * 8;
  let bit = endOfBits(input, at, end) - 2 * log;
  if (bit < first) throw new Unreadable('corrupt');
  let mine = bitsAt(view, bit + log, log);
  let other = bitsAt(view, bit, log);
  const weights: number[] = [];
  for (;;) {
    if (weights.length >= MAX_WEIGHTS) throw new Unreadable('corrupt');
    const cell = cells[mine]!;
    weights.push(cell & 255);
    const width = (cell >> 8) & 255;
    bit -= width;
    if (bit < first) {
      weights.push(cells[other]! & 255);
      return weights;
    }
    mine = other;
    other = (cell >>> 16) + bitsAt(view, bit, width);
  }
}

/** The weight of the last symbol is not said: it fills the table up to a power of two. */
function tableOf(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_BITS) throw new Unreadable('corrupt');
    sum += (1 << weight) >> 1;
  }
  if (sum === 0 || weights.length > MAX_WEIGHTS) throw new Unreadable('corrupt');
  const bits = highestBit(sum) + 1;
  const left = (1 << bits) - sum;
  if (bits > MAX_BITS || (left & (left - 1)) !== 0) throw new Unreadable('corrupt');
  const all = [...weights, highestBit(left) + 1];

  const cells = new Uint16Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    for (const [symbol, its] of all.entries()) {
      if (its === weight) cells.fill(symbol | ((bits + 1 - weight) << 8), at, (at += (1 << weight) >> 1));
    }
  }
  return { bits, cells };
}

/** Reads a stream of exactly `count` symbols into `out` at `to`. */
export function readHuffman(
  table: HuffmanTable,
  input: Buffer,
  view: DataView,
  from: number,
  end: number,
  out: Uint8Array,
  to: number,
  count: number,
): void {
  const { bits, cells } = table;
  const mask = (1 << bits) - 1;
  const first = from * 8;
  const stop = to + count;
  // The bit below which the next code ends. Looks below the first bit decide nothing in a sound stream, and the end tells.
  let bit = endOfBits(input, from, end);
  let at = to;
  while (at + 1 < stop && bit >= first) {
    const low = bit - 2 * bits;
    const word = view.getInt32(low >> 3, true) >>> (low & 7);
    const one = cells[(word >>> bits) & mask]!;
    const width = one >> 8;
    const two = cells[(word >>> (bits - width)) & mask]!;
    out[at] = one;
    out[at + 1] = two;
    at += 2;
    bit -= width + (two >> 8);
  }
  if (at < stop && bit >= first) {
    const low = bit - bits;
    const one = cells[(view.getInt32(low >> 3, true) >>> (low & 7)) & mask]!;
    out[at++] = one;
    bit -= one >> 8;
  }
  if (at !== stop || bit !== first) throw new Unreadable('corrupt');
}
