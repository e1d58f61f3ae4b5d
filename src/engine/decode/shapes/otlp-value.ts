import type { JsonView } from '../json-view.ts';
import { Scanner } from '../scanner.ts';

/** Levels of values within values that are translated. */
const DEEPEST = 300;
const NULL = Buffer.from('null');

/** The JSON that an object in OTLP's typed form stands for: `{"kvlistValue":{"values":[…]}}`. Undefined where it is none, or too deep. */
export function jsonOfValue(value: JsonView): Buffer | undefined {
  return new Translation(value).run((translation) => translation.any(value.from, 0));
}

/** The same for a list of attributes. */
export function jsonOfAttributes(list: JsonView): Buffer | undefined {
  return new Translation(list).run((translation) => translation.pairs(list.from, 0));
}

/** One pass over bytes that were checked as JSON before: each method takes where a value starts and returns what is behind it. */
class Translation {
  readonly #scanner = new Scanner();
  readonly #bytes: Buffer;
  readonly #parts: Buffer[] = [];

  constructor(value: JsonView) {
    this.#bytes = value.bytes;
    this.#scanner.reset(value.bytes);
    this.#scanner.lines = false;
  }

  run(translate: (translation: this) => number): Buffer | undefined {
    return translate(this) < 0 ? undefined : Buffer.concat(this.#parts);
  }

  any(pos: number, depth: number): number {
    if (depth > DEEPEST || this.#scanner.at(pos) !== OBJECT) return -1;
    let known = false;
    const end = this.#members(pos, (name, value) => {
      const behind = known ? undefined : this.#typed(name, value, depth);
      if (behind === undefined) return this.#scanner.value(value);
      known = true;
      return behind;
    });
    // An empty value is one that was not set.
    if (!known) this.#parts.push(NULL);
    return end;
  }

  /** The values of a map, as an object. */
  pairs(pos: number, depth: number): number {
    return this.#list(pos, BRACES, (pair) => {
      let named = false;
      let filled = false;
      const end = this.#members(pair, (name, value) => {
        const behind = this.#scanner.value(value);
        if (name === 'key' && !named && this.#scanner.at(value) === QUOTE) {
          named = true;
          this.#parts.push(this.#bytes.subarray(value, behind), COLON);
        } else if (name === 'value' && !filled) {
          filled = true;
          // Every writer puts the name first.
          return named ? this.any(value, depth + 1) : -1;
        }
        return behind;
      });
      if (named && !filled) this.#parts.push(NULL);
      return named ? end : -1;
    });
  }

  /** Undefined for a name that is no type. */
  #typed(name: string, value: number, depth: number): number | undefined {
    const at = this.#scanner.at(value);
    switch (name) {
      case 'stringValue':
      case 'bytesValue':
        return this.#scalar(value, at === QUOTE);
      case 'boolValue':
        return this.#scalar(value, at === TRUE || at === FALSE);
      case 'intValue':
        return this.#integer(value);
      case 'doubleValue':
        return this.#scalar(value, at === MINUS || (at >= ZERO && at <= NINE));
      case 'arrayValue':
        return this.#values(value, (list) => this.#list(list, BRACKETS, (item) => this.any(item, depth + 1)), BRACKETS);
      case 'kvlistValue':
        return this.#values(value, (list) => this.pairs(list, depth), BRACES);
      default:
        return undefined;
    }
  }

  /** A value that is written the same in both; null where it is of another type than it says. */
  #scalar(value: number, fits: boolean): number {
    const end = this.#scanner.value(value);
    this.#parts.push(fits ? this.#bytes.subarray(value, end) : NULL);
    return end;
  }

  /** Integers of 64 bits stand in quotes. */
  #integer(value: number): number {
    const end = this.#scanner.value(value);
    const text = this.#bytes.toString('latin1', value, Math.min(end, value + 32));
    const [, digits] = /^"?(-?(?:0|[1-9]\d{0,19}))"?$/.exec(text) ?? [];
    this.#parts.push(digits === undefined ? NULL : Buffer.from(digits));
    return end;
  }

  /** The `values` of a list or map, which may be left out where there are none. */
  #values(pos: number, each: (list: number) => number, empty: readonly [Buffer, Buffer]): number {
    if (this.#scanner.at(pos) !== OBJECT) return -1;
    let found = false;
    const end = this.#members(pos, (name, value) => {
      if (name !== 'values' || found || this.#scanner.at(value) !== ARRAY) return this.#scanner.value(value);
      found = true;
      return each(value);
    });
    if (!found) this.#parts.push(...empty);
    return end;
  }

  #list(pos: number, [open, close]: readonly [Buffer, Buffer], each: (item: number) => number): number {
    const scanner = this.#scanner;
    this.#parts.push(open);
    pos = scanner.space(pos + 1);
    for (let first = true; scanner.at(pos) !== ARRAY_END; first = false) {
      if (!first) this.#parts.push(COMMA);
      if (scanner.at(pos) !== OBJECT) return -1;
      pos = each(pos);
      if (pos < 0) return -1;
      pos = this.#next(pos);
    }
    this.#parts.push(close);
    return pos + 1;
  }

  #members(pos: number, each: (name: string, value: number) => number): number {
    const scanner = this.#scanner;
    pos = scanner.space(pos + 1);
    while (scanner.at(pos) !== OBJECT_END) {
      // No name here is near this length.
      const name = this.#bytes.toString('latin1', pos + 1, Math.min(scanner.string(pos) - 1, pos + 20));
      pos = each(name, scanner.key(pos));
      if (pos < 0) return -1;
      pos = this.#next(pos);
    }
    return pos + 1;
  }

  /** Behind the comma, if there is one. */
  #next(pos: number): number {
    const scanner = this.#scanner;
    pos = scanner.space(pos);
    return scanner.at(pos) === 44 ? scanner.space(pos + 1) : pos;
  }
}

const [OBJECT, OBJECT_END, ARRAY, ARRAY_END, QUOTE, MINUS, ZERO, NINE, TRUE, FALSE] = [
  123, 125, 91, 93, 34, 45, 48, 57, 116, 102,
] as readonly number[] as readonly [number, number, number, number, number, number, number, number, number, number];
const COLON = Buffer.from(':');
const COMMA = Buffer.from(',');
const BRACES = [Buffer.from('{'), Buffer.from('}')] as const;
const BRACKETS = [Buffer.from('['), Buffer.from(']')] as const;
