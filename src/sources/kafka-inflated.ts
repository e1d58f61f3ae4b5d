/** Why the bytes of a batch cannot be read. A closed list: the text goes into logs and counters. */
export type Flaw = 'corrupt' | 'truncated' | 'too large' | 'too many records' | 'checksum mismatch';

/** Compressed bytes that cannot be read; the codecs throw it at each other, nobody else sees it. */
export class Unreadable extends Error {
  readonly flaw: Flaw;

  constructor(flaw: Flaw) {
    super(flaw);
    this.flaw = flaw;
  }
}

/** Bytes beyond the end that a decoder may write before it counts them: the largest block of zstd. */
export const SLACK = 128 * 1024;

/**
 * What a decompressor has written so far, in one piece so that later bytes can repeat earlier ones. It grows with what is really
 * there, never by what the compressed bytes say of themselves.
 */
export class Inflated {
  readonly limit: number;
  length = 0;
  bytes: Buffer;

  /** `limit` is the most it may hold, `input` the compressed length: what room to begin with. */
  constructor(limit: number, input: number) {
    this.limit = limit;
    // Never of the pool, whose bytes others hold, too.
    this.bytes = Buffer.allocUnsafeSlow(Math.min(limit, 4 * input + SLACK) + SLACK);
  }

  /** Room for so many bytes more. Throws `too large` where they would go beyond the limit. */
  reserve(more: number): Buffer {
    const needed = this.length + more;
    if (needed > this.limit) throw new Unreadable('too large');
    return this.#grow(needed);
  }

  /** Room for one block of SLACK bytes at most, whose size nobody knows before it is read. `keep` says when it was. */
  reserveBlock(): Buffer {
    return this.#grow(this.length + SLACK);
  }

  /** The bytes up to `length` are written and stay. Throws `too large` where they go beyond the limit. */
  keep(length: number): void {
    if (length > this.limit) throw new Unreadable('too large');
    this.length = length;
  }

  /** Adds bytes as they are. */
  append(piece: Uint8Array): void {
    this.reserve(piece.length).set(piece, this.length);
    this.length += piece.length;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  #grow(needed: number): Buffer {
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * this.bytes.length, this.limit + SLACK)));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    return this.bytes;
  }
}

/**
 * Copies `count` bytes from `back` before `at` to `at`, where the two may overlap: what was just written is then repeated. The caller
 * has checked that the bytes exist and that there is room.
 */
export function repeat(bytes: Buffer, at: number, back: number, count: number): void {
  let from = at - back;
  if (back >= count && count > 16) {
    bytes.copyWithin(at, from, from + count);
    return;
  }
  if (back === 1 && count > 16) {
    bytes.fill(bytes[from]!, at, at + count);
    return;
  }
  for (const end = at + count; at < end;) bytes[at++] = bytes[from++]!;
}
