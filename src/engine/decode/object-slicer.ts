import { ByteWindow } from './byte-window.ts';
import { Scanner } from './scanner.ts';
import { ValueSkipper } from './value-skipper.ts';

/** What a list says of its items, as far as that stands before them; empty for an object that stands alone. */
export interface ListHead {
  readonly kind: string;
  readonly apiVersion: string;
}

export interface SlicerOptions {
  /** Bytes that one object may have; a larger one is passed over. */
  readonly largest: number;
  /** Told of each object: an item of a list, an element of an array, or one that stands alone. The bytes are the slicer's own. */
  readonly onObject: (bytes: Buffer, at: number, list: ListHead) => void;
  /** Told of each piece that is no object, with its offset in the input. */
  readonly onBroken: (reason: string, at: number) => void;
}

/**
 * Where the next byte stands: between values, among the items of a list or array, among the members behind a list's items, within
 * a value that is too large, or behind a fault.
 */
type Place = 'outside' | 'items' | 'members' | 'huge' | 'lost';

const NO_LIST: ListHead = { kind: '', apiVersion: '' };
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA, QUOTE] = [123, 125, 91, 93, 44, 34];
/** White space before an item that is kept. */
const INDENT = 64;
/** The beginnings of the members that tell what an object is. */
const [ITEMS, KIND, API_VERSION] = ['"items"', '"kind"', '"apiVersion"'];

/**
 * Cuts a stream of JSON values, pushed in chunks of any size, into the objects that it holds; a list of any length is never held as
 * a whole. Every byte is checked as JSON. What is broken costs itself, up to the next line that begins as it did.
 */
export class ObjectSlicer {
  readonly #options: SlicerOptions;
  readonly #scanner = new Scanner();
  readonly #window = new ByteWindow();
  /** An unfinished value is looked at again once this much is held: one look for each doubling. */
  #patience = 0;
  #place: Place = 'outside';
  #list = NO_LIST;
  /** The items are those of a list, whose other members follow. */
  #isList = false;
  /** An item has ended, a comma or the end must follow. */
  #afterItem = false;
  #skipper = new ValueSkipper();
  /** Where reading goes on behind a value that is too large. */
  #behind: Place = 'outside';
  /** A line that begins so is the next item behind a fault; empty where only a new value may follow. */
  #indent = '';

  constructor(options: SlicerOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    this.#window.append(chunk);
    if (this.#window.held >= this.#patience) this.#run(false);
  }

  /** The input has ended. */
  end(): void {
    this.#run(true);
    if (this.#place === 'items' || this.#place === 'members') this.#tell('unexpected end', this.#window.end);
    this.#place = 'outside';
  }

  #run(isLast: boolean): void {
    const window = this.#window;
    this.#patience = 0;
    this.#scanner.reset(window.buffer.subarray(0, window.end));
    this.#scanner.lines = false;
    while (window.held > 0 && this.#step(isLast));
  }

  /** False where more bytes are needed. */
  #step(isLast: boolean): boolean {
    if (this.#place === 'huge') return this.#passHuge();
    if (this.#place === 'lost') return this.#find();
    const pos = this.#blank();
    if (pos >= this.#window.end) return false;
    if (this.#place === 'items') return this.#nextItem(pos, isLast);
    if (this.#place === 'members') return this.#members(pos, pos, isLast);
    const byte = this.#scanner.at(pos);
    if (byte === OPEN_BRACE) return this.#members(pos, this.#scanner.space(pos + 1), isLast);
    return byte === OPEN_BRACKET ? this.#enter(pos, NO_LIST, false) : this.#value(pos, isLast);
  }

  /** Passes white space, and byte order marks between values. */
  #blank(): number {
    const scanner = this.#scanner;
    let pos = scanner.space(this.#window.start);
    while (this.#place === 'outside' && scanner.at(pos) === 0xef && scanner.at(pos + 1) === 0xbb)
      pos = scanner.space(pos + 3);
    // What an item's line begins with tells where the next one is, should this one be broken.
    this.#window.start = Math.max(this.#window.start, Math.min(pos, this.#window.end) - INDENT);
    return pos;
  }

  #nextItem(pos: number, isLast: boolean): boolean {
    const byte = this.#scanner.at(pos);
    if (byte === CLOSE_BRACKET) {
      this.#place = this.#isList ? 'members' : 'outside';
      return this.#done(pos + 1);
    }
    if (!this.#afterItem) return this.#value(pos, isLast);
    if (byte !== COMMA) return this.#stuck(pos, this.#scanner.fail('not JSON', pos), isLast);
    this.#afterItem = false;
    return this.#done(pos + 1);
  }

  /** An item, or a value that stands alone. */
  #value(pos: number, isLast: boolean): boolean {
    const end = this.#scanner.value(pos);
    // A number may go on in the next chunk.
    if (end < 0 || (end === this.#window.end && !isLast)) return this.#stuck(pos, end, isLast);
    this.#afterItem = true;
    if (this.#scanner.at(pos) === OPEN_BRACE) this.#give(pos, end, this.#list);
    else this.#tell('not an object', pos);
    return this.#done(end);
  }

  /** Goes over members, to the items of a list or to the end of the object that begins at `from`. */
  #members(from: number, first: number, isLast: boolean): boolean {
    const scanner = this.#scanner;
    const isWhole = this.#place === 'outside';
    let head = NO_LIST;
    let pos = first;
    for (;;) {
      if (scanner.at(pos) === CLOSE_BRACE) {
        if (isWhole) this.#give(from, pos + 1, NO_LIST);
        this.#place = 'outside';
        return this.#done(pos + 1);
      }
      if (scanner.at(pos) === COMMA) pos = scanner.space(pos + 1);
      else if (pos !== first || !isWhole) return this.#stuck(from, scanner.fail('not JSON', pos), isLast);
      const name = this.#window.buffer.toString('latin1', pos, Math.min(pos + API_VERSION.length, this.#window.end));
      const value = scanner.key(pos);
      if (value < 0) return this.#stuck(from, value, isLast);
      if (name.startsWith(ITEMS) && scanner.at(value) === OPEN_BRACKET) return this.#enter(value, head, true);
      const end = scanner.value(value);
      if (end < 0) return this.#stuck(from, end, isLast);
      if (name.startsWith(KIND)) head = { ...head, kind: this.#text(value, end) };
      if (name.startsWith(API_VERSION)) head = { ...head, apiVersion: this.#text(value, end) };
      pos = scanner.space(end);
    }
  }

  #enter(bracket: number, list: ListHead, isList: boolean): true {
    this.#place = 'items';
    this.#list = list;
    this.#isList = isList;
    this.#afterItem = false;
    return this.#done(bracket + 1);
  }

  /** What begins there cannot be read to its end: more bytes may help, unless these were the last ones or are too many already. */
  #stuck(from: number, end: number, isLast: boolean): boolean {
    const window = this.#window;
    const isCut = end >= 0 || this.#scanner.failedAt >= window.end;
    if (isCut && !isLast) {
      const most = this.#options.largest + 1;
      this.#patience = Math.min(2 * window.held, most);
      if (window.held < most) return false;
      this.#tell('too large', from);
      this.#behind = this.#place === 'items' ? 'items' : 'outside';
      this.#afterItem = true;
      this.#skipper = new ValueSkipper(this.#place === 'members' ? 1 : 0);
      this.#place = 'huge';
      return this.#done(from);
    }
    if (isCut) this.#tell('unexpected end', window.end);
    else this.#tell(this.#scanner.failure, this.#scanner.failedAt);
    this.#indent = this.#place === 'items' ? this.#indentOf(from) : '';
    this.#place = 'lost';
    return this.#done(from);
  }

  #passHuge(): boolean {
    const window = this.#window;
    const end = this.#skipper.skip(window.buffer, window.start, window.end);
    if (end >= 0) this.#place = this.#behind;
    this.#done(end < 0 ? window.end : end);
    return end >= 0;
  }

  /** Behind a fault: to the next line that begins an item or a value. A string holds no line end, so that none is within one. */
  #find(): boolean {
    const window = this.#window;
    const { buffer, start } = window;
    const held = buffer.subarray(0, window.end);
    const value = held.indexOf('\n{', start);
    const item = this.#indent === '' ? -1 : held.indexOf(`\n${this.#indent}{`, start);
    const next = value < 0 || (item >= 0 && item < value) ? item : value;
    if (next < 0) {
      this.#done(Math.max(start, window.end - this.#indent.length - 1));
      return false;
    }
    this.#place = next === item ? 'items' : 'outside';
    this.#afterItem = false;
    return this.#done(next + 1);
  }

  /** The white space that an item's line begins with; empty where the item does not begin its line. */
  #indentOf(pos: number): string {
    const { buffer } = this.#window;
    let from = pos;
    while (from > 0 && pos - from < INDENT && (buffer[from - 1] === 32 || buffer[from - 1] === 9)) from -= 1;
    return buffer[from - 1] === 10 ? buffer.toString('latin1', from, pos) : '';
  }

  #text(from: number, to: number): string {
    const { buffer } = this.#window;
    return buffer[from] === QUOTE && to - from < 256 ? (JSON.parse(buffer.toString('utf8', from, to)) as string) : '';
  }

  #give(from: number, to: number, list: ListHead): void {
    if (to - from > this.#options.largest) this.#tell('too large', from);
    else this.#options.onObject(this.#window.buffer.subarray(from, to), this.#window.base + from, list);
  }

  #tell(reason: string, pos: number): void {
    this.#options.onBroken(reason, this.#window.base + pos);
  }

  #done(to: number): true {
    this.#window.start = to;
    return true;
  }
}
