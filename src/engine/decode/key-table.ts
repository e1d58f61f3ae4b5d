import type { Scanner } from './scanner.ts';

/** `KeyTable.find`: a name that the table does not know. */
const UNKNOWN = -1;
/** `KeyTable.find`: no valid name here; the scanner tells why. */
export const BROKEN = -2;

/**
 * Tells the members of one object apart. The names are given in the order in which the API server writes them; the guess is that
 * the next one is behind the last, compared a word at a time. Whatever the guess, the answer is exact.
 */
export class KeyTable {
  /** Where the value starts, after a find that was not BROKEN. */
  valueAt = 0;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #lengths: Int32Array;
  readonly #offsets: Int32Array;
  /** Each name as `"name":` in little-endian words, the last one filled with zeros. */
  readonly #words: Int32Array;
  readonly #masks: Int32Array;

  constructor(names: readonly string[]) {
    this.#ids = new Map(names.map((name, id) => [name, id]));
    const texts = names.map((name) => Buffer.from(`"${name}":`));
    this.#lengths = Int32Array.from(texts, (text) => text.length);
    this.#masks = Int32Array.from(texts, ({ length }) => (length % 4 === 0 ? -1 : (1 << ((length % 4) * 8)) - 1));
    const words: number[] = [];
    this.#offsets = Int32Array.from(texts, (text) => {
      const from = words.length;
      const padded = Buffer.concat([text, Buffer.alloc(3)]);
      for (let at = 0; at < text.length; at += 4) words.push(padded.readInt32LE(at));
      return from;
    });
    this.#words = Int32Array.from(words);
  }

  /** Reads the name at `pos` (its opening quote) and its colon, trying the names from `guess` on first. */
  find(scanner: Scanner, pos: number, guess: number): number {
    const { view } = scanner;
    const count = this.#lengths.length;
    if (pos + 32 <= scanner.end) {
      const first = view.getInt32(pos, true);
      for (let id = guess; id < count; id += 1) {
        if (this.#words[this.#offsets[id]!] === first && this.#matches(view, pos, id)) {
          this.valueAt = scanner.space(pos + this.#lengths[id]!);
          return id;
        }
      }
    }
    return this.#search(scanner, pos);
  }

  #matches(view: DataView, pos: number, id: number): boolean {
    let word = this.#offsets[id]! + 1;
    const end = pos + this.#lengths[id]! - 4;
    let at = pos + 4;
    for (; at <= end; at += 4, word += 1) if (view.getInt32(at, true) !== this.#words[word]) return false;
    return at === end + 4 || ((view.getInt32(at, true) ^ this.#words[word]!) & this.#masks[id]!) === 0;
  }

  #search(scanner: Scanner, pos: number): number {
    if (scanner.at(pos) !== 34) {
      scanner.fail('not JSON', pos);
      return BROKEN;
    }
    const end = scanner.string(pos);
    if (end < 0) return BROKEN;
    const colon = scanner.space(end);
    if (scanner.at(colon) !== 58) {
      scanner.fail('not JSON', colon);
      return BROKEN;
    }
    this.valueAt = scanner.space(colon + 1);
    // No name here is near this length, even when every letter of it is escaped.
    if (end - pos > 200) return UNKNOWN;
    const text = scanner.bytes.toString('latin1', pos, end);
    return this.#ids.get(text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)) ?? UNKNOWN;
  }
}
