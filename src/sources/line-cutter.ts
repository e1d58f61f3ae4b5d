import type { ByteInput } from './byte-input.ts';
import { JsonBorder, spreadOverLines } from './json-border.ts';

const NEWLINE = 0x0a;
/** Below this much room the next read gets a new buffer. */
const LEAST_ROOM = 64 * 1024;
/** At most so much of a line that is too long is passed on, so that the decoder rejects and counts it. */
const SAMPLE = 64 * 1024;
/** After so many bytes without a piece, `next` lets others have their turn. */
const TURN = 16 * 1024 * 1024;
/** So many NUL bytes are a hole: no text holds them, not even UTF-32. */
const HOLE = Buffer.alloc(8);
/** To pass a hole of gigabytes at the speed of memory. */
const ZEROS = Buffer.alloc(4096);

/** Whole lines (or whole JSON values that span lines), with where they begin and where the next ones do. */
export interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface CutLimits {
  /** Bytes asked for at once: pieces are about as large. */
  readonly chunk: number;
  /** A longer line is cut to its first 64 KiB and the rest skipped. At least `chunk`. */
  readonly line: number;
  /** The same for one JSON value that spans lines. */
  readonly value: number;
}

/**
 * Cuts input into pieces that end at a line's end, or at a hole: NUL bytes where a file was truncated under a writer that kept its
 * offset, or where a disk lost what was written. Pieces are windows into buffers that are never written again where a piece was
 * given. Holds at most one unfinished line, up to its limit.
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
  /** Within a hole. */
  #hole = false;
  /** A piece is a window into the buffer. */
  #isLent = false;
  /** Lines and values that were too long. */
  overlong = 0;
  /** NUL bytes in holes, passed over. */
  holes = 0;
  /** `next` came back to give others a turn, not for want of input. */
  busy = false;

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

  /** The last bytes that were read are of a hole, which may go on. */
  get isInHole(): boolean {
    return this.#hole;
  }

  /** The next piece, or undefined where the input has no more whole line now, or a long while brought none (`busy`). */
  async next(): Promise<Piece | undefined> {
    this.busy = false;
    for (let sum = 0; sum < TURN;) {
      while (this.#seen < this.#end) {
        const piece = this.#skipped === undefined ? this.#upToHole() : this.#endOfSkipped();
        if (piece !== undefined) return piece;
      }
      this.#makeRoom();
      const read = await this.#input.read(this.#room(), this.#end);
      if (read === 0) return undefined;
      this.#end += read;
      sum += read;
    }
    this.busy = true;
    return undefined;
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
    const held = this.#end - this.#begin;
    const { chunk } = this.#limits;
    // A buffer that a long line made large is let go with it, lest small pieces keep it.
    const isOutgrown = this.#buffer.length > 2 * chunk && held < chunk && this.#begin > 0;
    if (this.#buffer.length - this.#end >= Math.min(LEAST_ROOM, chunk) && !isOutgrown) return;
    // Doubling, so that a long line is copied a bounded number of times.
    const more = Math.max(chunk, Math.min(held, this.#most() - held));
    const next = Buffer.allocUnsafeSlow(held + more);
    this.#buffer.copy(next, 0, this.#begin, this.#end);
    this.#buffer = next;
    this.#isLent = false;
    this.#seen -= this.#begin;
    this.#begin = 0;
    this.#end = held;
  }

  /** The buffer up to where one read may fill it. */
  #room(): Buffer {
    const end = this.#end + this.#limits.chunk;
    return end < this.#buffer.length ? this.#buffer.subarray(0, end) : this.#buffer;
  }

  #most(): number {
    return this.#border instanceof JsonBorder ? this.#limits.value : this.#limits.line;
  }

  /** A hole ends what is before it, like a newline; its own bytes are counted and let go. */
  #upToHole(): Piece | undefined {
    if (this.#hole && this.#passHole()) return undefined;
    const from = Math.max(this.#begin, this.#seen - HOLE.length + 1);
    const at = this.#buffer.subarray(from, this.#end).indexOf(HOLE);
    if (at < 0) return this.#cut(this.#end);
    const hole = from + at;
    if (hole > this.#begin) {
      const piece = hole > this.#seen ? this.#cut(hole) : undefined;
      if (piece !== undefined) return piece;
      if (this.#skipped !== undefined) return undefined;
    }
    this.#hole = true;
    this.#border = undefined;
    this.#seen = hole;
    return hole > this.#begin ? this.#give(hole) : undefined;
  }

  /** True where all that was read is still hole. */
  #passHole(): boolean {
    let at = this.#begin;
    while (this.#end - at >= ZEROS.length && ZEROS.equals(this.#buffer.subarray(at, at + ZEROS.length)))
      at += ZEROS.length;
    while (at < this.#end && this.#buffer[at] === 0) at++;
    this.holes += at - this.#begin;
    this.#drop(at);
    this.#seen = at;
    this.#hole = at === this.#end;
    if (this.#hole) this.#restart();
    return this.#hole;
  }

  /** Whole lines before `to`. */
  #cut(to: number): Piece | undefined {
    if (this.#border === undefined) {
      const seen = this.#buffer.subarray(this.#begin, to);
      // A first line beyond a chunk is no pretty-printed one.
      if (!seen.includes(NEWLINE) && seen.length < this.#limits.chunk) {
        this.#seen = to;
        return undefined;
      }
      this.#border = spreadOverLines(seen) ? new JsonBorder() : null;
      this.#seen = this.#begin;
    }
    const from = this.#seen;
    this.#seen = to;
    if (this.#border !== null) {
      const end = this.#border.scan(this.#buffer, from, to);
      if (end >= 0) return this.#give(end);
      if (to - this.#begin > this.#limits.value) this.#skip();
      return undefined;
    }
    // Only the first line can be too long: all others came with the last read.
    if (to - this.#begin > this.#limits.line) {
      const first = this.#buffer.subarray(from, to).indexOf(NEWLINE);
      // What may be the beginning of a hole does not count.
      const end = first < 0 ? to - this.#nulsBefore(to) : from + first;
      if (end - this.#begin > this.#limits.line) {
        this.#skip(end);
        return undefined;
      }
    }
    const last = this.#buffer.subarray(from, to).lastIndexOf(NEWLINE);
    return last < 0 ? undefined : this.#give(from + last + 1);
  }

  /** NUL bytes of the unfinished line that end at `to`: too few for a hole, as yet. */
  #nulsBefore(to: number): number {
    let at = to;
    while (at > this.#begin && this.#buffer[at - 1] === 0) at--;
    return to - at;
  }

  #give(end: number): Piece {
    const start = this.#offset;
    const bytes = this.#buffer.subarray(this.#begin, end);
    this.#isLent = true;
    this.#drop(end);
    return { bytes, start, end: this.#offset };
  }

  #drop(end: number): void {
    this.#offset += end - this.#begin;
    this.#begin = end;
  }

  #skip(to = this.#end): void {
    this.overlong++;
    const sample = Buffer.from(this.#buffer.subarray(this.#begin, this.#begin + Math.min(SAMPLE, this.#most())));
    this.#skipped = { sample, start: this.#offset };
    this.#drop(to);
    this.#seen = to;
    if (to === this.#end) this.#restart();
  }

  #endOfSkipped(): Piece | undefined {
    const { sample, start } = this.#skipped!;
    const seen = this.#buffer.subarray(this.#begin, this.#end);
    const newline = seen.indexOf(NEWLINE);
    const hole = (newline < 0 ? seen : seen.subarray(0, newline)).indexOf(HOLE);
    if (newline < 0 && hole < 0) {
      // What may be the beginning of a hole stays.
      const kept = this.#nulsBefore(this.#end);
      this.#drop(this.#end - kept);
      this.#restart();
      this.#buffer.fill(0, 0, kept);
      this.#end = kept;
      this.#seen = kept;
      return undefined;
    }
    this.#drop(this.#begin + (hole < 0 ? newline + 1 : hole));
    this.#skipped = undefined;
    // Whatever follows is judged anew.
    this.#border = undefined;
    this.#seen = this.#begin;
    return { bytes: sample, start, end: this.#offset };
  }

  /** Nothing of the buffer is needed: begin anew, small, where no piece is lent. */
  #restart(): void {
    if (this.#isLent || this.#buffer.length > 2 * this.#limits.chunk) {
      this.#buffer = Buffer.allocUnsafeSlow(this.#limits.chunk);
      this.#isLent = false;
    }
    this.#begin = 0;
    this.#end = 0;
    this.#seen = 0;
  }
}
