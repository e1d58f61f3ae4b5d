/** Levels of nesting that a value may have. Beyond it the event is refused; the bits of that many levels are 128 KiB. */
const DEEPEST = 1 << 20;

const QUOTES = 0x22222222;
const SLASHES = 0x5c5c5c5c;
const SPACES = 0x20202020;
const ONES = 0x01010101;
const TOPS = 0x80808080 | 0;

/**
 * Walks over JSON values and checks every byte of their grammar, without making anything of them. Each method takes the position
 * where a value starts and returns the one behind it, or -1 with `failure` and `failedAt` set. Never throws, never recurses.
 * Bytes from 0x80 up pass inside strings: what is not UTF-8 there becomes U+FFFD when the text is read.
 */
export class Scanner {
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  end = 0;
  /** In lines, a line feed ends the value: it is not white space. */
  lines = true;
  failure = '';
  failedAt = 0;
  #open = new Int32Array(32);

  reset(bytes: Buffer): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
    this.lines = true;
  }

  fail(reason: string, at: number): -1 {
    this.failure = at >= this.end ? 'unexpected end' : reason;
    this.failedAt = at;
    return -1;
  }

  /** The byte there, 0 behind the end. */
  at(pos: number): number {
    return pos < this.end ? this.bytes[pos]! : 0;
  }

  /** Passes white space (none is the common case, told by one comparison). */
  space(pos: number): number {
    if (pos < this.end && this.bytes[pos]! > 32) return pos;
    return this.#spaces(pos);
  }

  #spaces(pos: number): number {
    const { bytes, end, lines } = this;
    while (pos < end) {
      const byte = bytes[pos]!;
      if (byte !== 32 && byte !== 13 && byte !== 9 && (byte !== 10 || lines)) break;
      pos += 1;
    }
    return pos;
  }

  /** Behind the closing quote of the string whose opening quote is at `pos`. */
  string(pos: number): number {
    const { view, end } = this;
    pos += 1;
    for (;;) {
      while (pos + 4 <= end) {
        const word = view.getInt32(pos, true);
        const quote = word ^ QUOTES;
        const slash = word ^ SLASHES;
        const hit = (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | ((word - SPACES) & ~word)) & TOPS;
        if (hit !== 0) {
          // Borrows only ever reach upwards, so the lowest mark is a true one.
          pos += (31 - Math.clz32(hit & -hit)) >> 3;
          break;
        }
        pos += 4;
      }
      while (pos < end && isPlain(this.bytes[pos]!)) pos += 1;
      if (pos >= end) return this.fail('unexpected end', end);
      const byte = this.bytes[pos]!;
      if (byte === 34) return pos + 1;
      if (byte !== 92) return this.fail('control character in a string', pos);
      pos = this.#escape(pos);
      if (pos < 0) return -1;
    }
  }

  #escape(pos: number): number {
    const { bytes, end } = this;
    if (pos + 1 >= end) return this.fail('unexpected end', end);
    switch (bytes[pos + 1]) {
      case 34:
      case 47:
      case 92:
      case 98:
      case 102:
      case 110:
      case 114:
      case 116:
        return pos + 2;
      case 117: {
        if (pos + 6 > end) return this.fail('unexpected end', end);
        for (let digit = pos + 2; digit < pos + 6; digit += 1)
          if (!isHex(bytes[digit]!)) return this.fail('bad escape', digit);
        return pos + 6;
      }
      default:
        return this.fail('bad escape', pos);
    }
  }

  number(pos: number): number {
    if (this.at(pos) === 45) pos += 1;
    if (this.at(pos) === 48) pos += 1;
    else if ((pos = this.#digits(pos)) < 0) return -1;
    if (this.at(pos) === 46 && (pos = this.#digits(pos + 1)) < 0) return -1;
    if ((this.at(pos) | 32) === 101) {
      const sign = this.at(pos + 1);
      pos = this.#digits(sign === 43 || sign === 45 ? pos + 2 : pos + 1);
    }
    return pos;
  }

  #digits(pos: number): number {
    const from = pos;
    while (pos < this.end && isDigit(this.bytes[pos]!)) pos += 1;
    return pos === from ? this.fail('bad number', pos) : pos;
  }

  /** A value that is neither string, object nor array. */
  scalar(pos: number): number {
    switch (this.at(pos)) {
      case 116:
        return this.#literal(pos, 'true');
      case 102:
        return this.#literal(pos, 'false');
      case 110:
        return this.#literal(pos, 'null');
      case 45:
        return this.number(pos);
      default:
        return isDigit(this.at(pos)) ? this.number(pos) : this.fail('not JSON', pos);
    }
  }

  #literal(pos: number, word: string): number {
    for (let index = 1; index < word.length; index += 1)
      if (this.at(pos + index) !== word.charCodeAt(index)) return this.fail('not JSON', pos + index);
    return pos + word.length;
  }

  /** Any value. */
  value(pos: number): number {
    const first = this.at(pos);
    if (first === 34) return this.string(pos);
    return first === 123 || first === 91 ? this.#nested(pos) : this.scalar(pos);
  }

  /** An object or array: one bit a level tells which it is. */
  #nested(pos: number): number {
    const { bytes, end } = this;
    let depth = 0;
    let object = false;
    for (;;) {
      let byte = pos < end ? bytes[pos]! : 0;
      if (byte === 123 || byte === 91) {
        if (depth >= DEEPEST) return this.fail('nested too deep', pos);
        if (depth >> 5 === this.#open.length) this.#grow();
        if (object) this.#open[depth >> 5]! |= 1 << (depth & 31);
        else this.#open[depth >> 5]! &= ~(1 << (depth & 31));
        depth += 1;
        object = byte === 123;
        pos = this.space(pos + 1);
        byte = pos < end ? bytes[pos]! : 0;
        if (byte !== (object ? 125 : 93)) {
          if (object && (pos = this.key(pos)) < 0) return -1;
          continue;
        }
      } else {
        pos = byte === 34 ? this.string(pos) : this.scalar(pos);
        if (pos < 0) return -1;
        if (pos >= end || (byte = bytes[pos]!) <= 32) {
          pos = this.space(pos);
          byte = this.at(pos);
        }
      }
      while (byte === (object ? 125 : 93)) {
        pos += 1;
        depth -= 1;
        if (depth === 0) return pos;
        object = (this.#open[depth >> 5]! & (1 << (depth & 31))) !== 0;
        pos = this.space(pos);
        byte = pos < end ? bytes[pos]! : 0;
      }
      if (byte !== 44) return this.fail('not JSON', pos);
      pos = this.space(pos + 1);
      if (object && (pos = this.key(pos)) < 0) return -1;
    }
  }

  /** A member's name and colon; returns where its value starts. */
  key(pos: number): number {
    if (this.at(pos) !== 34) return this.fail('not JSON', pos);
    pos = this.string(pos);
    if (pos < 0) return -1;
    if (this.at(pos) !== 58) {
      pos = this.space(pos);
      if (this.at(pos) !== 58) return this.fail('not JSON', pos);
    }
    return this.space(pos + 1);
  }

  #grow(): void {
    const more = new Int32Array(this.#open.length * 2);
    more.set(this.#open);
    this.#open = more;
  }
}

const isPlain = (byte: number): boolean => byte > 31 && byte !== 34 && byte !== 92;
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 32) >= 97 && (byte | 32) <= 102);
