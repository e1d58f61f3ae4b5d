import type { ByteInput } from './byte-input.ts';
import { JsonBorder, spreadOverLines } from './json-border.ts';

const NEWLINE = 0x0a;
/** Below this much room the next read gets a new buffer. */
const LEAST_ROOM = 64 * 1024;
/** How much of a line that is too long is passed on, so that the decoder rejects and counts it. */
const SAMPLE = 64 * 1024;

/** Whole lines (or whole JSON values that span lines), with where they begin and where the next ones do. */
export interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface CutLimits {
  /** Bytes asked for at once: pieces are about as large. */
  readonly chunk: number;
  /** A longer line is cut to its first 64 KiB and the rest skipped. */
  readonly line: number;
  /** The same for one JSON value that spans lines. */
  readonly value: number;
}

/**
 * Cuts input into pieces that end at a line's end. Pieces are windows into buffers that are never written again where a piece
 * was given. Holds at most one unfinished line, up to its limit.
 */
export class LineCutter {
  readonly #input: ByteInput;
  readonly #limits: CutLimits;
  #buffer: Buffer;
  /** Bytes [#begin, #end) of the buffer were read and not given; the first of them stands at #offset of the input. */
  #begin = 0;
  #end = 0;
  /** Up to here the unfinished line was looked through. */
  #seen = 0;
  #offset: number;
  /** Undefined until the first line tells; null: a value on each line. */
  #border: JsonBorder | null | undefined;
  /** The sample of a line that is being skipped, and where it began. */
  #skipped: { sample: Buffer; start: number } | undefined;
  /** Lines and values that were too long. */
  overlong = 0;

  constructor(input: ByteInput, limits: CutLimits, offset = 0) {
    this.#input = input;
    this.#limits = limits;
    this.#offset = offset;
    this.#buffer = Buffer.allocUnsafeSlow(limits.chunk);
  }

  /** The input's offset up to which bytes were read, given or not. */
  get readTo(): number {
    return this.#offset + this.#end - this.#begin;
  }

  /** The next piece, or undefined where the input has no more whole line now. */
  async next(): Promise<Piece | undefined> {
    for (;;) {
      if (this.#seen < this.#end) {
        const piece = this.#skipped === undefined ? this.#cut() : this.#endOfSkipped();
        if (piece !== undefined) return piece;
      }
      this.#makeRoom();
      const read = await this.#input.read(this.#buffer, this.#end);
      if (read === 0) return undefined;
      this.#end += read;
    }
  }

  /** At the end of the input: what is left without a newline. */
  rest(): Piece | undefined {
    const skipped = this.#skipped;
    if (skipped !== undefined) {
      this.#drop(this.#end);
      this.#skipped = undefined;
      return { bytes: skipped.sample, start: skipped.start, end: this.#offset };
    }
    return this.#end > this.#begin ? this.#give(this.#end) : undefined;
  }

  #makeRoom(): void {
    if (this.#buffer.length - this.#end >= LEAST_ROOM) return;
    const held = this.#end - this.#begin;
    // Doubling, so that a long line is copied a bounded number of times.
    const more = Math.max(this.#limits.chunk, Math.min(held, this.#most() - held));
    const next = Buffer.allocUnsafeSlow(held + more);
    this.#buffer.copy(next, 0, this.#begin, this.#end);
    this.#buffer = next;
    this.#seen -= this.#begin;
    this.#begin = 0;
    this.#end = held;
  }

  #most(): number {
    return this.#border instanceof JsonBorder ? this.#limits.value : this.#limits.line;
  }

  #cut(): Piece | undefined {
    if (this.#border === undefined) {
      const seen = this.#buffer.subarray(this.#begin, this.#end);
      // A first line beyond a chunk is no pretty-printed one.
      if (!seen.includes(NEWLINE) && seen.length < this.#limits.chunk) return undefined;
      this.#border = spreadOverLines(seen) ? new JsonBorder() : null;
      this.#seen = this.#begin;
    }
    const from = this.#seen;
    this.#seen = this.#end;
    const end = this.#border === null ? this.#lastLineEnd(from) : this.#border.scan(this.#buffer, from, this.#end);
    if (end >= 0) return this.#give(end);
    if (this.#end - this.#begin > this.#most()) this.#skip();
    return undefined;
  }

  #lastLineEnd(from: number): number {
    const last = this.#buffer.subarray(from, this.#end).lastIndexOf(NEWLINE);
    return last < 0 ? -1 : from + last + 1;
  }

  #give(end: number): Piece {
    const start = this.#offset;
    const bytes = this.#buffer.subarray(this.#begin, end);
    this.#drop(end);
    return { bytes, start, end: this.#offset };
  }

  #drop(end: number): void {
    this.#offset += end - this.#begin;
    this.#begin = end;
  }

  #skip(): void {
    this.overlong++;
    const sample = Buffer.from(this.#buffer.subarray(this.#begin, this.#begin + SAMPLE));
    this.#skipped = { sample, start: this.#offset };
    this.#drop(this.#end);
    this.#restart();
  }

  #endOfSkipped(): Piece | undefined {
    const { sample, start } = this.#skipped!;
    const newline = this.#buffer.subarray(this.#begin, this.#end).indexOf(NEWLINE);
    if (newline < 0) {
      this.#drop(this.#end);
      this.#restart();
      return undefined;
    }
    this.#drop(this.#begin + newline + 1);
    this.#skipped = undefined;
    // Whatever follows is judged anew.
    this.#border = undefined;
    this.#seen = this.#begin;
    return { bytes: sample, start, end: this.#offset };
  }

  /** Nothing of the buffer was given or is needed: use it again, small. */
  #restart(): void {
    this.#buffer = Buffer.allocUnsafeSlow(this.#limits.chunk);
    this.#begin = 0;
    this.#end = 0;
    this.#seen = 0;
  }
}
