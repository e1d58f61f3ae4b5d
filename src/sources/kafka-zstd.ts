import { SLACK, Unreadable, type Inflated } from './kafka-inflated.ts';
import { MARGIN } from './kafka-zstd-bits.ts';
import type { HuffmanTable } from './kafka-zstd-huffman.ts';
import { readLiterals } from './kafka-zstd-literals.ts';
import { nothingCarried, runSequences } from './kafka-zstd-sequences.ts';

const FRAME = 0xfd2f_b528;
/** The low four bits of a skippable frame's magic number are the sender's. */
const SKIPPABLE = 0x184d_2a50;
const [STORED, RLE, COMPRESSED] = [0, 1, 2] as const;

/**
 * Zstandard (RFC 8878) without dictionaries, frames one behind the other. What was written is the window, so that the window's size
 * costs nothing. The frame's own checksum is passed over: that of the record batch covers the same bytes. Yields after each block;
 * throws Unreadable.
 */
export function* unzstd(packed: Buffer, output: Inflated): Generator<void, void> {
  if (packed.length === 0) throw new Unreadable('truncated');
  const input = Buffer.alloc(packed.length + 2 * MARGIN);
  packed.copy(input, MARGIN);
  const end = MARGIN + packed.length;
  for (let at = MARGIN; at < end;) {
    need(at, 8, end);
    const magic = input.readUInt32LE(at);
    if (magic === FRAME) at = yield* frame(input, at + 4, end, output);
    else if ((magic & ~15) === SKIPPABLE) {
      const length = input.readUInt32LE(at + 4);
      need(at + 8, length, end);
      at += 8 + length;
    } else throw new Unreadable('corrupt');
  }
}

function need(at: number, count: number, end: number): void {
  if (at + count > end) throw new Unreadable('truncated');
}

interface Header {
  /** What the frame says of its size. */
  readonly size: number | undefined;
  readonly hasSum: boolean;
  readonly next: number;
}

function headerOf(input: Buffer, from: number, end: number): Header {
  const flags = input[from]!;
  const isSingle = (flags & 32) !== 0;
  // The reserved bit; a dictionary is nothing that a Kafka client could have.
  if ((flags & 8) !== 0 || (flags & 3) !== 0) throw new Unreadable('corrupt');
  const width = flags >> 6 === 0 ? (isSingle ? 1 : 0) : 1 << (flags >> 6);
  const at = from + 1 + (isSingle ? 0 : 1);
  need(at, width, end);
  const next = at + width;
  const hasSum = (flags & 4) !== 0;
  if (width === 0) return { size: undefined, hasSum, next };
  const size = width === 8 ? Number(input.readBigUInt64LE(at)) : input.readUIntLE(at, width) + (width === 2 ? 256 : 0);
  return { size, hasSum, next };
}

/** Reads a frame behind its magic number; returns where it ends. */
function* frame(input: Buffer, from: number, end: number, output: Inflated): Generator<void, number> {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const { size, hasSum, next } = headerOf(input, from, end);
  const start = output.length;
  if (size !== undefined && start + size > output.limit) throw new Unreadable('too large');
  const carried = nothingCarried();
  const scratch = new Uint8Array(SLACK);
  let huffman: HuffmanTable | undefined;

  let at = next;
  for (let isLast = false; !isLast;) {
    need(at, 3, end);
    const head = input.readUIntLE(at, 3);
    at += 3;
    isLast = (head & 1) === 1;
    const kind = (head >> 1) & 3;
    const length = head >> 3;
    if (length > SLACK) throw new Unreadable('corrupt');
    need(at, kind === RLE ? 1 : length, end);
    if (kind === STORED) {
      output.append(input.subarray(at, at + length));
      at += length;
    } else if (kind === RLE) {
      output.reserve(length).fill(input[at]!, output.length, output.length + length);
      output.keep(output.length + length);
      at += 1;
    } else if (kind === COMPRESSED) {
      const literals = readLiterals(input, view, at, at + length, scratch, huffman);
      huffman = literals.huffman;
      runSequences(input, view, literals.next, at + length, literals, carried, output, start);
      at += length;
    } else throw new Unreadable('corrupt');
    yield;
  }
  if (size !== undefined && output.length - start !== size) throw new Unreadable('corrupt');
  need(at, hasSum ? 4 : 0, end);
  return at + (hasSum ? 4 : 0);
}
