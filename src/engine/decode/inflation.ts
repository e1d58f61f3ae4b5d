import { gunzipSync } from 'node:zlib';
import type { Means } from './shapes/shape.ts';

/** What all gzip in one record may become together. Kinesis and Firehose carry at most 6 MB of it, logs deflate to a tenth. */
const ALLOWANCE = 64 * 1024 * 1024;

/** Inflates what a record carries as gzip, up to an allowance for the whole record: a bomb stops there. */
export class Inflation implements Means {
  #left = ALLOWANCE;

  reset(): void {
    this.#left = ALLOWANCE;
  }

  inflate(deflated: Buffer): Buffer | undefined {
    if (this.#left <= 0) return undefined;
    try {
      const inflated = gunzipSync(deflated, { maxOutputLength: this.#left });
      this.#left -= inflated.length;
      return inflated;
    } catch (thrown) {
      // What cannot be inflated has cost as much as what can; a bomb has cost all there was.
      const isBomb = (thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      this.#left -= isBomb ? this.#left : Math.min(this.#left, 16 * deflated.length);
      return undefined;
    }
  }
}

/** True where the bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
