import { isAscii } from 'node:buffer';
import { BAD, LIST, type EventScanner } from './event-scanner.ts';
import { ItemBorders } from './item-borders.ts';
import { Scanner } from './scanner.ts';

/** What `next` met. EVENT: an object that is an event. OTHER: a whole value that is none, or has members that no event has. */
export const [END, EVENT, BROKEN] = [0, 1, 3] as readonly [number, number, number];
const OTHER = 2;

/**
 * Where in the bytes the walker stands: outside of any list, within an array of events, within the items of an EventList, within items
 * that were found before the kind was known (the value's end is known already).
 */
const [OUTSIDE, ARRAY, ITEMS, ITEMS_AGAIN] = [0, 1, 2, 3] as readonly [number, number, number, number];

/**
 * Walks over bytes from event to event: Events, EventLists, arrays of Events, one value or lines of them. Every byte is checked as JSON;
 * what is broken costs itself only, up to the next line. Bytes that are not UTF-8 are kept as U+FFFD in the text they stand in.
 */
export class ValueWalker {
  readonly scanner = new Scanner();
  ascii = true;
  /** Where the value that `next` met begins and ends; of one that is broken, what was given up. */
  from = 0;
  to = 0;
  /** Why it is no event; '' for an event. */
  reason = '';
  /** Of what is broken: it begins its line, and is no part of a list. */
  beginsLine = false;
  readonly #event: EventScanner;
  readonly #borders: ItemBorders;
  #pos = 0;
  #where = OUTSIDE;
  #first = true;
  #valueEnd = 0;
  /** One value per record may run over several lines at the cost of a second look. */
  #retried = false;

  /** The scanner holds the parts of the event that was met last, also of one that broke off. */
  constructor(event: EventScanner) {
    this.#event = event;
    this.#borders = new ItemBorders(event);
  }

  open(bytes: Buffer): void {
    this.scanner.reset(bytes);
    this.ascii = isAscii(bytes);
    this.#pos = 0;
    this.#where = OUTSIDE;
    this.#retried = false;
  }

  /** The present event is an element of an array, an item of an EventList, or stands alone. */
  get list(): 'array' | 'eventlist' | '' {
    if (this.#where === OUTSIDE) return '';
    return this.#where === ARRAY ? 'array' : 'eventlist';
  }

  next(): number {
    for (;;) {
      let met: number;
      if (this.#where === OUTSIDE) {
        const pos = this.#blank(this.#pos);
        if (pos >= this.scanner.end) {
          this.#pos = pos;
          return END;
        }
        met = this.#startValue(pos);
      } else met = this.#nextItem();
      if (met !== END) return met;
    }
  }

  /** Passes what stands between values: white space, line ends, byte order marks. */
  #blank(pos: number): number {
    const { bytes, end } = this.scanner;
    while (pos < end) {
      const byte = bytes[pos]!;
      if (byte === 32 || byte === 10 || byte === 13 || byte === 9) pos += 1;
      else if (byte === 0xef && bytes[pos + 1] === 0xbb && bytes[pos + 2] === 0xbf && this.#atLineStart(pos)) pos += 3;
      else break;
    }
    return pos;
  }

  #atLineStart(pos: number): boolean {
    return pos === 0 || this.scanner.bytes[pos - 1] === 10;
  }

  /** END where there is nothing to tell of yet. */
  #startValue(pos: number): number {
    const { scanner } = this;
    const byte = scanner.bytes[pos];
    if (byte === 91) return this.#enter(ARRAY, pos);
    const end = byte === 123 ? this.#event.scan(scanner, this.ascii, pos, true) : scanner.value(pos);
    if (end === LIST) return this.#enter(ITEMS, this.#event.itemsAt);
    if (end === BAD) return this.#broken(pos, scanner.failure);
    const behind = scanner.space(end);
    if (behind < scanner.end && scanner.bytes[behind] !== 10 && !this.#endsLine(end, behind))
      return this.#broken(pos, this.#textBehind(behind));
    this.#pos = behind;
    if (byte !== 123) return this.#met(OTHER, pos, end, 'not an event');
    const { kind, itemsAt } = this.#event;
    if (itemsAt > 0 && (kind === 'EventList' || (kind === '' && !this.#event.hasShape()))) {
      this.#valueEnd = behind;
      return this.#enter(ITEMS_AGAIN, itemsAt);
    }
    // Without items (or with null for them) a list is an empty one.
    if (kind === 'EventList') return END;
    return this.#take(pos, end);
  }

  #textBehind(behind: number): string {
    this.scanner.failedAt = behind;
    return 'text behind the value';
  }

  /** Where a value runs over several lines, `space` has passed the line end behind it. */
  #endsLine(end: number, behind: number): boolean {
    return !this.scanner.lines && this.scanner.bytes.subarray(end, behind).includes(10);
  }

  #enter(where: number, at: number): number {
    this.#where = where;
    this.#borders.open();
    this.#pos = at + 1;
    this.#first = true;
    return END;
  }

  /** END where there is nothing to tell of yet. */
  #nextItem(): number {
    const { scanner } = this;
    let pos = this.#space(this.#pos);
    if (scanner.at(pos) === 93 && this.#first) return this.#leave(pos + 1);
    if (!this.#first) {
      if (scanner.at(pos) === 93) return this.#leave(pos + 1);
      if (scanner.at(pos) !== 44) {
        scanner.fail('not JSON', pos);
        return this.#brokenList(this.#pos);
      }
      pos = this.#space(pos + 1);
    }
    this.#first = false;
    const object = scanner.at(pos) === 123;
    let end = object ? this.#event.scan(scanner, this.ascii, pos, false) : scanner.value(pos);
    if (end < 0 && this.#mayRunOn()) {
      scanner.lines = false;
      end = object ? this.#event.scan(scanner, this.ascii, pos, false) : scanner.value(pos);
    }
    if (end < 0) return this.#brokenList(pos);
    this.#pos = end;
    return object ? this.#take(pos, end) : this.#met(OTHER, pos, end, 'not an event');
  }

  /** White space within a list: a line end here shows that the value runs over several lines. */
  #space(pos: number): number {
    const { scanner } = this;
    const at = scanner.space(pos);
    if (scanner.at(at) !== 10 || this.#retried) return at;
    this.#retried = true;
    scanner.lines = false;
    return scanner.space(at);
  }

  #leave(pos: number): number {
    const { scanner } = this;
    if (this.#where === ITEMS_AGAIN) {
      this.#where = OUTSIDE;
      this.#pos = this.#valueEnd;
      return END;
    }
    let end = pos;
    this.#pos = pos;
    if (this.#where === ITEMS) {
      pos = this.#space(pos);
      while (scanner.at(pos) === 44) {
        pos = this.#space(pos + 1);
        const again = /^"items"\s*:\s*\[/.exec(scanner.bytes.toString('latin1', pos, pos + 24));
        const value = scanner.key(pos);
        if (value < 0) return this.#brokenList(this.#pos);
        if (again !== null) return this.#enter(ITEMS, value);
        end = scanner.value(value);
        if (end < 0) return this.#brokenList(this.#pos);
        pos = this.#space(end);
      }
      if (scanner.at(pos) !== 125) {
        scanner.fail('not JSON', pos);
        return this.#brokenList(this.#pos);
      }
      end = pos + 1;
    }
    const behind = scanner.space(end);
    if (behind < scanner.end && scanner.bytes[behind] !== 10 && !this.#endsLine(end, behind)) {
      scanner.failure = this.#textBehind(behind);
      return this.#brokenList(behind);
    }
    this.#where = OUTSIDE;
    this.#pos = behind;
    return END;
  }

  /** Whether the failure is a line end where a value may go on, and this record may still look a second time. */
  #mayRunOn(): boolean {
    const { scanner } = this;
    if (this.#retried || !scanner.lines || scanner.at(scanner.failedAt) !== 10) return false;
    if (scanner.failure !== 'not JSON') return false;
    this.#retried = true;
    return true;
  }

  #broken(pos: number, reason: string): number {
    if (this.#mayRunOn()) {
      this.scanner.lines = false;
      return this.#startValue(pos);
    }
    const { kind, itemsAt } = this.#event;
    // A list whose kind stands behind its items, one of which is broken: the others count.
    const isList = (kind === '' || kind === 'EventList') && !this.#event.hasShape();
    if (this.scanner.bytes[pos] === 123 && itemsAt > pos && isList) return this.#enter(ITEMS, itemsAt);
    this.beginsLine = true;
    return this.#resync(pos, reason);
  }

  /** Gives up an item, or the rest of the list where nothing tells where the next one begins. */
  #brokenList(pos: number): number {
    const { scanner } = this;
    const { failure, failedAt } = scanner;
    this.beginsLine = false;
    const border = this.#borders.find(scanner, pos, this.#where === ARRAY);
    // What the item told before it broke still counts.
    if (scanner.at(pos) === 123) this.#event.scan(scanner, this.ascii, pos, false);
    scanner.failure = failure;
    scanner.failedAt = failedAt;
    if (border < 0) return this.#resync(pos, failure);
    this.#pos = border;
    this.#first = true;
    return this.#met(BROKEN, pos, border, failure);
  }

  /** Gives up what starts there and goes on at the next line that can start a value. */
  #resync(from: number, reason: string): number {
    const { scanner } = this;
    const { bytes, end } = scanner;
    const line = bytes.indexOf(10, from);
    let next = line;
    if (!scanner.lines) while (next >= 0 && bytes[next + 1] !== 123) next = bytes.indexOf(10, next + 1);
    const isOfOneLine = scanner.failedAt <= line;
    if (this.#isCut(isOfOneLine ? line : next < 0 ? end : next)) reason = 'unexpected end';
    scanner.lines = true;
    this.#retried = true;
    this.#where = OUTSIDE;
    this.#pos = next < 0 ? end : next + 1;
    return this.#met(BROKEN, from, next < 0 ? end : next, reason);
  }

  /** Whether what is given up to there breaks off: nothing of it is wrong but that it goes no further. */
  #isCut(to: number): boolean {
    const { bytes, failedAt } = this.scanner;
    let at = failedAt;
    while (at < to && (bytes[at] === 13 || bytes[at] === 10)) at += 1;
    return at >= to;
  }

  #take(from: number, to: number): number {
    const reason = this.#event.refusal();
    return this.#met(reason === '' && !this.#event.foreign ? EVENT : OTHER, from, to, reason);
  }

  #met(what: number, from: number, to: number, reason: string): number {
    this.from = from;
    this.to = to;
    this.reason = reason;
    return what;
  }
}
