import type { Gunzip } from 'node:zlib';
import { createGunzip } from 'node:zlib';
import type { ByteInput } from './byte-input.ts';

const DEFLATED_CHUNK = 64 * 1024;
const INFLATED_CHUNK = 256 * 1024;
/** Deflated bytes that zlib is given at once shortly before a fault: what it has inflated of them it keeps to itself. */
const CAREFUL_CHUNK = 8;

/**
 * The inflated bytes of gzip, one member or several, NUL bytes after the last one. Fails with zlib's error after giving what came
 * before the fault: all but the last few bytes where `again` gives the same input once more, for it is inflated a second time then,
 * and all but the last chunk elsewhere. Inflates no more than was asked for and one chunk, whatever the data would become.
 */
export class GzipInput implements ByteInput {
  #deflated: ByteInput;
  #again: ByteInput | undefined;
  #gunzip = this.#begin();
  readonly #scratch = Buffer.allocUnsafeSlow(DEFLATED_CHUNK);
  /** Whether the end of the deflated bytes may not be the last word: somebody still writes them. */
  #grows: boolean;
  /** zlib works on the scratch buffer. */
  #isFed = false;
  #rest: Buffer | undefined;
  #failure: Error | undefined;
  #isOver = false;
  /** What was taken and follows the last member. */
  #padding: Buffer | undefined;
  /** Inflated bytes that were given, and how many of them are inflated once more and passed over. */
  #given = 0;
  #repeated = 0;
  /** What zlib was given last, and from where to where it is given little. */
  #fed = 0;
  #careful = { from: Infinity, to: Infinity };
  #wake: () => void = () => {};
  /** Deflated bytes that were taken. */
  taken = 0;

  constructor(deflated: ByteInput, grows = false, again?: ByteInput) {
    this.#deflated = deflated;
    this.#grows = grows;
    this.#again = again;
  }

  async read(target: Buffer, start: number): Promise<number> {
    for (;;) {
      const chunk = this.#rest ?? (this.#gunzip.read() as Buffer | null);
      if (chunk !== null) {
        const known = Math.min(this.#repeated, chunk.length);
        const copied = chunk.copy(target, start, known);
        this.#repeated -= known;
        this.#given += copied;
        this.#rest = known + copied < chunk.length ? chunk.subarray(known + copied) : undefined;
        if (copied === 0) continue;
        return copied;
      }
      if (this.#failure !== undefined) {
        if (this.#restart(this.#failure)) continue;
        throw this.#failure;
      }
      if (this.#padding !== undefined) {
        await this.#passPadding(this.#padding);
        if (this.#failure === undefined) return 0;
        continue;
      }
      if (this.#isOver) return 0;
      if (!this.#isFed && !(await this.#feed())) return 0;
      if (this.#gunzip.readableLength > 0 || this.#isOver) continue;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Nobody writes any more: from now on an end within a member is an error. True where somebody might have until now. */
  settle(): boolean {
    const grew = this.#grows;
    this.#grows = false;
    return grew;
  }

  close(): void {
    this.#rest = undefined;
    this.#failure = undefined;
    this.#isOver = true;
    this.#again = undefined;
    this.#padding = undefined;
    this.#gunzip.destroy();
    this.#deflated.close();
    this.#wake();
  }

  #begin(): Gunzip {
    const gunzip = createGunzip({ chunkSize: INFLATED_CHUNK });
    const isCurrent = (): boolean => this.#gunzip === gunzip;
    const end = (): void => {
      if (!isCurrent()) return;
      this.#isOver = true;
      this.#wake();
    };
    gunzip.on('readable', () => this.#wake());
    gunzip.on('end', end);
    gunzip.on('close', end);
    gunzip.on('error', (error: Error) => {
      if (isCurrent()) this.#failure ??= error;
      end();
    });
    return gunzip;
  }

  /** Once more from the beginning, with care where zlib failed. False where that brings nothing. */
  #restart(failure: Error): boolean {
    const isShort = 'code' in failure && failure.code === 'Z_BUF_ERROR';
    if (this.#again === undefined || isShort) return false;
    this.#gunzip.destroy();
    this.#deflated.close();
    this.#deflated = this.#again;
    this.#again = undefined;
    this.#careful = { from: this.taken - this.#fed, to: this.taken };
    this.taken = 0;
    this.#repeated = this.#given;
    this.#failure = undefined;
    this.#isOver = false;
    this.#isFed = false;
    this.#gunzip = this.#begin();
    return true;
  }

  /** NUL bytes to the end as far as it is written; anything else is damage. */
  async #passPadding(padding: Buffer): Promise<void> {
    let rest = padding;
    while (rest.every((byte) => byte === 0)) {
      const read = await this.#deflated.read(this.#scratch, 0);
      this.taken += read;
      rest = this.#scratch.subarray(0, read);
      if (read === 0) break;
    }
    if (this.#padding === undefined) return;
    this.#padding = rest;
    if (rest.length === 0) return;
    this.#again = undefined;
    this.#failure = Object.assign(new Error('more follows a gap'), { code: 'Z_DATA_ERROR' });
  }

  /** How many deflated bytes to take next. */
  #step(): number {
    const { from, to } = this.#careful;
    if (this.taken < from) return Math.min(DEFLATED_CHUNK, from - this.taken);
    return this.taken < to ? CAREFUL_CHUNK : DEFLATED_CHUNK;
  }

  /** False where there is nothing more to feed now. */
  async #feed(): Promise<boolean> {
    const read = await this.#deflated.read(this.#scratch.subarray(0, this.#step()), 0);
    if (this.#isOver) return true;
    this.taken += read;
    this.#fed = read;
    if (read === 0 && this.#grows) return false;
    this.#isFed = true;
    if (read === 0) this.#gunzip.end();
    else
      this.#gunzip.write(this.#scratch.subarray(0, read), () => {
        this.#isFed = false;
        // zlib takes no more: NUL bytes follow, which it does not look through.
        const left = this.taken - this.#gunzip.bytesWritten;
        if (left > 0) this.#padding = this.#scratch.subarray(read - left, read);
        this.#wake();
      });
    return true;
  }
}

/** True where the bytes begin as gzip does, whatever the file is called. */
export const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b;
