const [QUOTE, BACKSLASH] = [34, 92];

/** Passes over one JSON value in pieces of any size, by its brackets and strings alone, and holds nothing of it. */
export class ValueSkipper {
  #depth: number;
  #inString = false;
  #escaped = false;

  /** Starts before an object, an array or a string; with a depth: within that many brackets. */
  constructor(depth = 0) {
    this.#depth = depth;
  }

  /** The index behind the value, -1 where it goes on beyond `to`. */
  skip(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        else continue;
        if (!this.#inString && this.#depth === 0) return at + 1;
      } else if (byte === QUOTE) this.#inString = true;
      // { } [ ] are the only bytes that equal [ or ] without bit 5.
      else if ((byte & 0xdf) === 0x5b) this.#depth += 1;
      else if ((byte & 0xdf) === 0x5d && (this.#depth -= 1) <= 0) return at + 1;
    }
    return -1;
  }
}
