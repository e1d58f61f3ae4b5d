import type { MemberPlaces } from './member-places.ts';
import { Scanner } from './scanner.ts';
import { unescaped } from './unescaped.ts';

/** Members of one object that are looked at. No wrapper has as many; whoever sends more spends nothing but their own bytes. */
const MOST_MEMBERS = 4096;

/**
 * A JSON value within bytes that were checked before: its parts are found when they are asked for, and copied only as text. Cheap for
 * wrappers, of which a few members count and the rest is passed over.
 */
export class JsonView {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  #members: Map<string, JsonView> | undefined;
  /** One for all views of the same bytes: it costs as much as a small value. */
  #scanner: Scanner | undefined;

  /** places: of its members, where somebody has walked over it just now. */
  constructor(bytes: Buffer, from: number, to: number, scanner?: Scanner, places?: MemberPlaces) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.#scanner = scanner;
    if (places !== undefined && places.count >= 0) this.#members = this.#membersAt(places);
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

  /** The members of an object, of those given twice the last one, of more than can be one's the first; empty for any other value. */
  get members(): ReadonlyMap<string, JsonView> {
    if (this.#members !== undefined) return this.#members;
    const members = new Map<string, JsonView>();
    this.#members = members;
    if (this.isObject) membersAt(this.#scan(), this.from, members);
    return members;
  }

  /** A member, or a member of a member; undefined where there is none on the way. */
  at(...path: readonly string[]): JsonView | undefined {
    return path.reduce<JsonView | undefined>((view, name) => view?.members.get(name), this);
  }

  /** The elements of an array; none for any other value. */
  *elements(): Generator<JsonView, undefined> {
    if (!this.isArray) return undefined;
    const scanner = this.#scan();
    let pos = scanner.space(this.from + 1);
    while (scanner.at(pos) !== 93) {
      // Whoever goes through objects looks into them: their members and their end are found in one pass.
      const members = scanner.at(pos) === 123 ? new Map<string, JsonView>() : undefined;
      const end = members === undefined ? scanner.value(pos) : membersAt(scanner, pos, members);
      // Cannot be, since all was checked; going on would never end.
      if (end < 0) return undefined;
      const element = new JsonView(this.bytes, pos, end, scanner);
      element.#members = members;
      yield element;
      pos = scanner.space(end);
      if (scanner.at(pos) === 44) pos = scanner.space(pos + 1);
    }
    return undefined;
  }

  /** The text of a string; undefined for any other value. */
  get text(): string | undefined {
    return this.isText ? textOf(this.bytes, this.from, this.to) : undefined;
  }

  /** The text of a string as bytes; undefined for any other value. */
  get unescaped(): Buffer | undefined {
    return this.isText ? unescaped(this.bytes, this.#scan().view, this.from + 1, this.to - 1) : undefined;
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

  #membersAt({ count, at }: MemberPlaces): Map<string, JsonView> {
    const members = new Map<string, JsonView>();
    for (let place = 0; place < 3 * count; place += 3) {
      const name = nameAt(this.bytes, at[place]!);
      members.set(name, new JsonView(this.bytes, at[place + 1]!, at[place + 2]!, this.#scan()));
    }
    return members;
  }

  #scan(): Scanner {
    if (this.#scanner !== undefined) return this.#scanner;
    const scanner = new Scanner();
    scanner.reset(this.bytes);
    scanner.lines = false;
    this.#scanner = scanner;
    return scanner;
  }
}

/** Fills in the members of the object that stands there, and tells where it ends. */
function membersAt(scanner: Scanner, from: number, members: Map<string, JsonView>): number {
  const { bytes } = scanner;
  let pos = scanner.space(from + 1);
  while (scanner.at(pos) === 34) {
    const name = textOf(bytes, pos, scanner.string(pos));
    const value = scanner.key(pos);
    const end = scanner.value(value);
    if (end < 0) return end;
    if (members.size < MOST_MEMBERS || members.has(name)) members.set(name, new JsonView(bytes, value, end, scanner));
    pos = scanner.space(end);
    if (scanner.at(pos) === 44) pos = scanner.space(pos + 1);
  }
  return pos + 1;
}

/** The text of the name that begins there. */
function nameAt(bytes: Buffer, from: number): string {
  const to = bytes.indexOf(34, from + 1);
  const name = bytes.toString('utf8', from + 1, to);
  if (!name.includes('\\')) return name;
  const scanner = new Scanner();
  scanner.reset(bytes);
  return textOf(bytes, from, scanner.string(from));
}

/** The text of the string that stands there with its quotes. Bytes that are not UTF-8 become U+FFFD. */
function textOf(bytes: Buffer, from: number, to: number): string {
  const inner = bytes.toString('utf8', from + 1, to - 1);
  return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
}
