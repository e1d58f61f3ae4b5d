/** The part of a stream that was pushed and is not done with: bytes [start, end) of the buffer, which begins at `base` of the stream. */
export class ByteWindow {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  base = 0;

  get held(): number {
    return this.end - this.start;
  }

  /** Copies bytes to the end. What stands before `start` may go, and the buffer may be another afterwards. */
  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.buffer.length) this.#makeRoom(chunk.length);
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }

  #makeRoom(bytes: number): void {
    const { held } = this;
    // Twice of what is needed, so that bytes are copied a bounded number of times; and small again where little is held.
    const fits = held + bytes <= this.buffer.length && this.buffer.length <= 8 * (held + bytes);
    const next = fits && held <= this.start ? this.buffer : Buffer.allocUnsafeSlow(2 * (held + bytes));
    this.buffer.copy(next, 0, this.start, this.end);
    this.buffer = next;
    this.base += this.start;
    this.start = 0;
    this.end = held;
  }
}
