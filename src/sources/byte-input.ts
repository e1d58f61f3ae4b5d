import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

/** A read of a stream that gives chunks of at least BUSY bytes waits a turn for more, up to ENOUGH. */
const BUSY = 16 * 1024;
const ENOUGH = 512 * 1024;

/** Bytes that come on demand, into a buffer of the caller's. */
export interface ByteInput {
  /** How many bytes were put at `start`; 0 where there are none now (a growing file may have more later). */
  read(target: Buffer, start: number): Promise<number>;
  /** Ends a read that waits, with 0. Safe to call twice. */
  close(): void;
}

/** A regular file from an offset on. Does not own the handle. */
export class FileInput implements ByteInput {
  readonly #handle: FileHandle;
  #offset: number;

  constructor(handle: FileHandle, offset: number) {
    this.#handle = handle;
    this.#offset = offset;
  }

  async read(target: Buffer, start: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(target, start, target.length - start, this.#offset);
    this.#offset += bytesRead;
    return bytesRead;
  }

  close(): void {}
}

/** What a stream gives, pulled as it is asked for: the stream's own high-water mark bounds what is held. */
export class StreamInput implements ByteInput {
  readonly #stream: Readable;
  #failure: Error | undefined;
  #over = false;
  #rest: Buffer | undefined;
  #wake: () => void = () => {};

  constructor(stream: Readable) {
    this.#stream = stream;
    const end = (): void => {
      this.#over = true;
      this.#wake();
    };
    stream.on('readable', () => this.#wake());
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', (error: Error) => {
      this.#failure ??= error;
      end();
    });
    this.#over = stream.readableEnded || stream.destroyed;
  }

  async read(target: Buffer, start: number): Promise<number> {
    let chunk = (await this.#next()) ?? null;
    const enough = Math.min(target.length, start + ENOUGH);
    let end = start;
    while (chunk !== null) {
      const copied = chunk.copy(target, end);
      end += copied;
      if (copied < chunk.length) this.#rest = chunk.subarray(copied);
      if (end >= enough || chunk.length < BUSY) break;
      // A pipe gives 64 KiB at once: see whether its writer keeps up before a small piece goes out.
      await setImmediate();
      chunk = this.#stream.read() as Buffer | null;
    }
    return end - start;
  }

  /** The first bytes, at least `count` unless the input is shorter; `read` gives them again. */
  async peek(count: number): Promise<Buffer> {
    let head = Buffer.alloc(0);
    while (head.length < count) {
      const chunk = await this.#next();
      if (chunk === undefined) break;
      head = Buffer.concat([head, chunk]);
    }
    if (head.length > 0) this.#rest = head;
    return head;
  }

  close(): void {
    this.#rest = undefined;
    this.#failure = undefined;
    this.#over = true;
    this.#stream.destroy();
    this.#wake();
  }

  async #next(): Promise<Buffer | undefined> {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) return rest;
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#over) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
