import { createGunzip } from 'node:zlib';
import type { ByteInput } from './byte-input.ts';

const DEFLATED_CHUNK = 64 * 1024;
const INFLATED_CHUNK = 256 * 1024;

/**
 * The inflated bytes of gzip, one member or several. Fails with zlib's error after giving what came before the fault. Inflates no
 * more than was asked for and one chunk, whatever the data would become.
 */
export class GzipInput implements ByteInput {
  readonly #deflated: ByteInput;
  readonly #gunzip = createGunzip({ chunkSize: INFLATED_CHUNK });
  readonly #scratch = Buffer.allocUnsafeSlow(DEFLATED_CHUNK);
  /** Whether the end of the deflated bytes may not be the last word: somebody still writes them. */
  #grows: boolean;
  /** zlib works on the scratch buffer. */
  #isFed = false;
  #rest: Buffer | undefined;
  #failure: Error | undefined;
  #isOver = false;
  #wake: () => void = () => {};
  /** Deflated bytes that were taken. */
  taken = 0;

  constructor(deflated: ByteInput, grows = false) {
    this.#deflated = deflated;
    this.#grows = grows;
    const end = (): void => {
      this.#isOver = true;
      this.#wake();
    };
    this.#gunzip.on('readable', () => this.#wake());
    this.#gunzip.on('end', end);
    this.#gunzip.on('close', end);
    this.#gunzip.on('error', (error: Error) => {
      this.#failure ??= error;
      end();
    });
  }

  async read(target: Buffer, start: number): Promise<number> {
    for (;;) {
      const chunk = this.#rest ?? (this.#gunzip.read() as Buffer | null);
      if (chunk !== null) {
        const copied = chunk.copy(target, start);
        this.#rest = copied < chunk.length ? chunk.subarray(copied) : undefined;
        return copied;
      }
      if (this.#failure !== undefined) throw this.#failure;
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
    this.#gunzip.destroy();
    this.#deflated.close();
    this.#wake();
  }

  /** False where there is nothing more to feed now. */
  async #feed(): Promise<boolean> {
    const read = await this.#deflated.read(this.#scratch, 0);
    if (this.#isOver) return true;
    this.taken += read;
    if (read === 0 && this.#grows) return false;
    this.#isFed = true;
    if (read === 0) this.#gunzip.end();
    else
      this.#gunzip.write(this.#scratch.subarray(0, read), () => {
        this.#isFed = false;
        this.#wake();
      });
    return true;
  }
}

/** True where the bytes begin as gzip does, whatever the file is called. */
export const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b;
