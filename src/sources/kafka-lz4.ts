import { repeat, Unreadable, type Inflated } from './kafka-inflated.ts';

const FRAME = 0x184d2204;
/** The low four bits of a skippable frame's magic number are the sender's. */
const SKIPPABLE = 0x184d2a50;
const STORED = 0x8000_0000;

/**
 * LZ4 in its frame format, with blocks that stand alone or lean on each other, frames one behind the other. The frame's own checksums
 * are passed over: that of the record batch covers the same bytes. Yields now and then; throws Unreadable.
 */
export function* unlz4(input: Buffer, output: Inflated): Generator<void, void> {
  if (input.length === 0) throw new Unreadable('truncated');
  for (let at = 0; at < input.length;) {
    need(input, at, 8);
    const magic = input.readUInt32LE(at);
    if (magic === FRAME) at = yield* frame(input, at + 4, output);
    else if ((magic & ~15) === SKIPPABLE) {
      const length = input.readUInt32LE(at + 4);
      need(input, at + 8, length);
      at += 8 + length;
    } else throw new Unreadable('corrupt');
  }
}

function need(input: Buffer, at: number, count: number): void {
  if (at + count > input.length) throw new Unreadable('truncated');
}

/** Reads a frame behind its magic number; returns where it ends. */
function* frame(input: Buffer, from: number, output: Inflated): Generator<void, number> {
  need(input, from, 3);
  const flags = input[from]!;
  const size = (input[from + 1]! >> 4) & 7;
  // Version 1; a dictionary is nothing that a Kafka client could have.
  if (flags >> 6 !== 1 || (flags & 1) !== 0 || size < 4) throw new Unreadable('corrupt');
  const largest = 1 << (2 * size + 8);
  const [hasBlockSum, hasSize, hasSum] = [(flags & 16) !== 0, (flags & 8) !== 0, (flags & 4) !== 0];
  const start = output.length;
  let at = from + 3 + (hasSize ? 8 : 0);
  for (;;) {
    need(input, at, 4);
    const word = input.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const length = word % STORED;
    if (length > largest) throw new Unreadable('corrupt');
    need(input, at, length);
    if (word >= STORED) output.append(input.subarray(at, at + length));
    else block(input, at, at + length, output, start, largest);
    at += length + (hasBlockSum ? 4 : 0);
    yield;
  }
  at += hasSum ? 4 : 0;
  need(input, at, 0);
  return at;
}

/** Sequences of literals and a repetition, the last one without; matches reach back to the frame's start at most. */
function block(input: Buffer, from: number, end: number, output: Inflated, start: number, largest: number): void {
  const stop = output.length + largest;
  let at = from;
  let to = output.length;
  let bytes = output.bytes;

  const extended = (length: number): number => {
    for (let byte = 255; byte === 255; length += byte) {
      if (at >= end) throw new Unreadable('truncated');
      byte = input[at++]!;
    }
    return length;
  };
  const room = (length: number): void => {
    if (to + length > stop) throw new Unreadable('corrupt');
    if (to + length <= bytes.length && to + length <= output.limit) return;
    output.length = to;
    bytes = output.reserve(length);
  };

  while (at < end) {
    const token = input[at++]!;
    let literals = token >> 4;
    if (literals === 15) literals = extended(literals);
    if (at + literals > end) throw new Unreadable('truncated');
    room(literals);
    if (literals > 16) bytes.set(input.subarray(at, at + literals), to);
    else for (let index = 0; index < literals; index++) bytes[to + index] = input[at + index]!;
    at += literals;
    to += literals;
    if (at === end) {
      output.keep(to);
      return;
    }
    if (at + 2 > end) throw new Unreadable('truncated');
    const back = input[at]! | (input[at + 1]! << 8);
    at += 2;
    let length = (token & 15) + 4;
    if (length === 19) length = extended(length);
    if (back === 0 || back > to - start) throw new Unreadable('corrupt');
    room(length);
    repeat(bytes, to, back, length);
    to += length;
  }
  throw new Unreadable('truncated');
}
