import { Scanner } from './scanner.ts';

/**
 * A JSON value within bytes that were checked before: its parts are found when they are asked for, and copied only as text. Cheap for
 * wrappers, of which a few members count and the rest is passed over.
 */
export class JsonView {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  #members: Map<string, JsonView> | undefined;

  constructor(bytes: Buffer, from: number, to: number) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
  }

  get isObject(): boolean {
    return this.bytes[this.from] === 123;
  }
  get isArray(): boolean {
    return this.bytes[this.from] === 91;
  }
  get isText(): boolean {
    return this.bytes[this.from] === 34;
  }

  /** The members of an object, of those given twice the last one; empty for any other value. */
  get members(): ReadonlyMap<string, JsonView> {
    if (this.#members !== undefined) return this.#members;
    const members = new Map<string, JsonView>();
    this.#members = members;
    if (!this.isObject) return members;
    const scanner = this.#scan();
    let pos = scanner.space(this.from + 1);
    while (scanner.at(pos) === 34) {
      const name = textOf(this.bytes, pos, scanner.string(pos));
      const value = scanner.key(pos);
      const end = scanner.value(value);
      members.set(name, new JsonView(this.bytes, value, end));
      pos = scanner.space(end);
      if (scanner.at(pos) === 44) pos = scanner.space(pos + 1);
    }
    return members;
  }

  /** A member, or a member of a member; undefined where there is none on the way. */
  at(...path: readonly string[]): JsonView | undefined {
    let view: JsonView | undefined = this;
    for (const name of path) view = view?.members.get(name);
    return view;
  }

  /** The elements of an array; none for any other value. */
  *elements(): Generator<JsonView, undefined> {
    if (!this.isArray) return undefined;
    const scanner = this.#scan();
    let pos = scanner.space(this.from + 1);
    while (scanner.at(pos) !== 93) {
      const end = scanner.value(pos);
      yield new JsonView(this.bytes, pos, end);
      pos = scanner.space(end);
      if (scanner.at(pos) === 44) pos = scanner.space(pos + 1);
    }
    return undefined;
  }

  /** The text of a string; undefined for any other value. */
  get text(): string | undefined {
    return this.isText ? textOf(this.bytes, this.from, this.to) : undefined;
  }

  /** A number, or a number in a string, which wrappers use for large ones; undefined for any other value. */
  get number(): number | undefined {
    if (this.isObject || this.isArray || this.to - this.from > 40) return undefined;
    const text = this.isText ? this.text! : this.raw.toString('latin1');
    return /^-?\d/.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
  }

  /** Its bytes as they stand there, brackets and quotes included; shared, not copied. */
  get raw(): Buffer {
    return this.bytes.subarray(this.from, this.to);
  }

  #scan(): Scanner {
    const scanner = new Scanner();
    scanner.reset(this.bytes);
    scanner.lines = false;
    return scanner;
  }
}

/** The text of the string that stands there with its quotes. Bytes that are not UTF-8 become U+FFFD. */
function textOf(bytes: Buffer, from: number, to: number): string {
  const inner = bytes.toString('utf8', from + 1, to - 1);
  return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
}
