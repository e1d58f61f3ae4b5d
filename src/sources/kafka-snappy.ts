import { repeat, Unreadable, type Inflated } from './kafka-inflated.ts';

/** The frame that Java's library puts around its blocks: this, two version numbers, then each block with its length before it. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const HEADER = MAGIC.length + 8;

/** Snappy as Kafka's clients write it: one raw block, or Java's frame of blocks. Yields now and then; throws Unreadable. */
export function* unsnappy(input: Buffer, output: Inflated): Generator<void, void> {
  if (!isFramed(input, 0)) {
    yield* block(input, 0, input.length, output);
    return;
  }
  for (let at = 0; at < input.length;) {
    // Streams that were put one behind the other keep their headers.
    if (isFramed(input, at)) {
      at += HEADER;
      if (at > input.length) throw new Unreadable('truncated');
      continue;
    }
    if (at + 4 > input.length) throw new Unreadable('truncated');
    const length = input.readUInt32BE(at);
    at += 4;
    if (at + length > input.length) throw new Unreadable('truncated');
    yield* block(input, at, at + length, output);
    at += length;
  }
}

const isFramed = (input: Buffer, at: number): boolean => input.subarray(at, at + MAGIC.length).equals(MAGIC);

/** How many bytes a large block writes before it lets others go on. */
const STRIDE = 1024 * 1024;

function* block(input: Buffer, from: number, end: number, output: Inflated): Generator<void, void> {
  const [size, first] = sizeOf(input, from, end);
  // The preamble's size is a promise to hold to and a limit, not a wish for memory.
  if (output.length + size > output.limit) throw new Unreadable('too large');
  const start = output.length;
  const stop = start + size;
  for (let at = first; at < end;) {
    at = elements(input, at, end, output, start, stop);
    yield;
  }
  if (output.length !== stop) throw new Unreadable('truncated');
}

/** The size in the preamble, and where the elements begin. */
function sizeOf(input: Buffer, from: number, end: number): [number, number] {
  let size = 0;
  for (let shift = 0, at = from; shift < 35; shift += 7) {
    if (at >= end) throw new Unreadable('truncated');
    const byte = input[at++]!;
    size += (byte & 127) * 2 ** shift;
    if (byte < 128) return [size, at];
  }
  throw new Unreadable('corrupt');
}

/** Carries out elements until the end or a stride is done; returns where the next one begins. */
function elements(input: Buffer, from: number, end: number, output: Inflated, start: number, stop: number): number {
  const pause = output.length + STRIDE;
  let bytes = output.bytes;
  let to = output.length;
  let at = from;
  while (at < end && to < pause) {
    const tag = input[at++]!;
    const kind = tag & 3;
    // Literals of more than 60 bytes say their length in 1 to 4 bytes, copies their distance in 1, 2 or 4.
    const more = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind;
    if (at + more > end) throw new Unreadable('truncated');
    let number = 0;
    for (let index = 0; index < more; index++) number |= input[at + index]! << (8 * index);
    number >>>= 0;
    at += more;

    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : kind === 0 && more > 0 ? number + 1 : (tag >> 2) + 1;
    if (to + length > stop) throw new Unreadable('corrupt');
    if (to + length > bytes.length) {
      output.length = to;
      bytes = output.reserve(length);
    }
    if (kind === 0) {
      if (at + length > end) throw new Unreadable('truncated');
      if (length > 16) bytes.set(input.subarray(at, at + length), to);
      else for (let index = 0; index < length; index++) bytes[to + index] = input[at + index]!;
      at += length;
    } else {
      const back = kind === 1 ? number + ((tag >> 5) << 8) : number;
      if (back === 0 || back > to - start) throw new Unreadable('corrupt');
      repeat(bytes, to, back, length);
    }
    to += length;
  }
  output.keep(to);
  return at;
}
