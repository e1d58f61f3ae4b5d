import { isAscii } from 'node:buffer';
import type { AuditEvent, Micros, RawRecord } from '../../model/index.ts';
import { Asker } from './asker.ts';
import type { Cursor, CursorOptions } from './cursor.ts';
import { BAD, EventScanner, LIST } from './event-scanner.ts';
import { Fingerprint } from './fingerprint.ts';
import { LazyEvent } from './lazy-event.ts';
import { EventMarks } from './marks.ts';
import { rejectOf } from './reject.ts';
import { Scanner } from './scanner.ts';

const NOTHING: RawRecord = { bytes: new Uint8Array(0), origin: { source: '', position: '' } };

/**
 * Where in a record the decoder stands: outside of any list, within an array of events, within the items of an EventList, within items
 * that were found before the kind was known (the value's end is known already).
 */
const [OUTSIDE, ARRAY, ITEMS, ITEMS_AGAIN] = [0, 1, 2, 3] as readonly [number, number, number, number];

/**
 * Reads audit events out of bytes: Events, EventLists, arrays of Events, one value or lines of them. Every byte is checked as JSON;
 * what is broken costs itself only, up to the next line. Bytes that are not UTF-8 are kept as U+FFFD in the text they stand in.
 */
export class Decoder implements Cursor {
  bytes = 0;
  readonly asker: Asker;
  readonly #marks = new EventMarks();
  readonly #options: CursorOptions;
  readonly #scanner = new Scanner();
  readonly #event: EventScanner;
  readonly #print = new Fingerprint();
  #record = NOTHING;
  #ascii = true;
  #pos = 0;
  #where = OUTSIDE;
  #first = true;
  #valueEnd = 0;
  /** One value per record may run over several lines at the cost of a second look. */
  #retried = false;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#event = new EventScanner(options.key);
    this.asker = new Asker(this.#event);
  }

  get time(): Micros {
    return this.#event.eventTime;
  }
  get resource(): string {
    return this.#event.resource;
  }
  get apiGroup(): string {
    return this.#event.apiGroup;
  }
  get verb(): string {
    return this.#event.verb;
  }
  get stage(): string {
    return this.#event.stage;
  }
  get code(): number {
    return this.#event.code;
  }
  get final(): boolean {
    const { stage, code } = this.#event;
    return stage === 'ResponseComplete' || stage === 'Panic' || (stage === 'ResponseStarted' && code === 401);
  }

  open(record: RawRecord): void {
    const { bytes } = record;
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#record = record;
    this.#scanner.reset(buffer);
    this.#ascii = isAscii(buffer);
    this.asker.open(buffer, this.#ascii);
    this.#pos = 0;
    this.#where = OUTSIDE;
    this.#retried = false;
  }

  next(): boolean {
    for (;;) {
      if (this.#where === OUTSIDE) {
        const pos = this.#blank(this.#pos);
        if (pos >= this.#scanner.end) {
          this.#pos = pos;
          return false;
        }
        if (this.#startValue(pos)) return true;
      } else if (this.#nextItem()) return true;
    }
  }

  fingerprint(): Fingerprint {
    return this.#print.take(this.#event, this.#scanner.view);
  }

  marks(): EventMarks {
    return this.#marks.take(this.#event, this.#scanner.view);
  }

  event(reusedAuditId: boolean): AuditEvent {
    return new LazyEvent({
      bytes: this.#scanner.bytes,
      ascii: this.#ascii,
      scanned: this.#event,
      cluster: this.#record.origin.cluster ?? this.#options.cluster,
      received: this.#record.received,
      time: this.time,
      final: this.final,
      reusedAuditId,
    });
  }

  /** Passes what stands between values: white space, line ends, byte order marks. */
  #blank(pos: number): number {
    const { bytes, end } = this.#scanner;
    while (pos < end) {
      const byte = bytes[pos]!;
      if (byte === 32 || byte === 10 || byte === 13 || byte === 9) pos += 1;
      else if (byte === 0xef && bytes[pos + 1] === 0xbb && bytes[pos + 2] === 0xbf && this.#atLineStart(pos)) pos += 3;
      else break;
    }
    return pos;
  }

  #atLineStart(pos: number): boolean {
    return pos === 0 || this.#scanner.bytes[pos - 1] === 10;
  }

  /** True where an event stands ready. */
  #startValue(pos: number): boolean {
    const scanner = this.#scanner;
    const byte = scanner.bytes[pos];
    if (byte === 91) return this.#enter(ARRAY, pos);
    const end = byte === 123 ? this.#event.scan(scanner, this.#ascii, pos, true) : scanner.value(pos);
    if (end === LIST) return this.#enter(ITEMS, this.#event.itemsAt);
    if (end === BAD) return this.#broken(pos, scanner.failure);
    const behind = scanner.space(end);
    if (behind < scanner.end && scanner.bytes[behind] !== 10 && !this.#endsLine(end, behind))
      return this.#broken(pos, this.#textBehind(behind));
    this.#pos = behind;
    if (byte !== 123) return this.#refuse('not an event', pos, end);
    const { kind, itemsAt } = this.#event;
    if (itemsAt > 0 && (kind === 'EventList' || (kind === '' && !this.#event.hasShape()))) {
      this.#valueEnd = behind;
      return this.#enter(ITEMS_AGAIN, itemsAt);
    }
    // Without items (or with null for them) a list is an empty one.
    if (kind === 'EventList') return false;
    return this.#take(pos, end);
  }

  #textBehind(behind: number): string {
    this.#scanner.failedAt = behind;
    return 'text behind the value';
  }

  /** Where a value runs over several lines, `space` has passed the line end behind it. */
  #endsLine(end: number, behind: number): boolean {
    return !this.#scanner.lines && this.#scanner.bytes.subarray(end, behind).includes(10);
  }

  #enter(where: number, at: number): false {
    this.#where = where;
    this.#pos = at + 1;
    this.#first = true;
    return false;
  }

  /** True where an event stands ready. */
  #nextItem(): boolean {
    const scanner = this.#scanner;
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
    let end = object ? this.#event.scan(scanner, this.#ascii, pos, false) : scanner.value(pos);
    if (end < 0 && this.#mayRunOn()) {
      scanner.lines = false;
      end = object ? this.#event.scan(scanner, this.#ascii, pos, false) : scanner.value(pos);
    }
    if (end < 0) return this.#brokenList(pos);
    this.#pos = end;
    return object ? this.#take(pos, end) : this.#refuse('not an event', pos, end);
  }

  /** White space within a list: a line end here shows that the value runs over several lines. */
  #space(pos: number): number {
    const scanner = this.#scanner;
    const at = scanner.space(pos);
    if (scanner.at(at) !== 10 || this.#retried) return at;
    this.#retried = true;
    scanner.lines = false;
    return scanner.space(at);
  }

  #leave(pos: number): false {
    const scanner = this.#scanner;
    if (this.#where === ITEMS_AGAIN) {
      this.#where = OUTSIDE;
      this.#pos = this.#valueEnd;
      return false;
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
      this.#textBehind(behind);
      scanner.failure = 'text behind the value';
      return this.#brokenList(behind);
    }
    this.#where = OUTSIDE;
    this.#pos = behind;
    return false;
  }

  /** Whether the failure is a line end where a value may go on, and this record may still look a second time. */
  #mayRunOn(): boolean {
    const scanner = this.#scanner;
    if (this.#retried || !scanner.lines || scanner.at(scanner.failedAt) !== 10) return false;
    if (scanner.failure !== 'not JSON') return false;
    this.#retried = true;
    return true;
  }

  #broken(pos: number, reason: string): boolean {
    if (this.#mayRunOn()) {
      this.#scanner.lines = false;
      return this.#startValue(pos);
    }
    return this.#resync(pos, reason);
  }

  #brokenList(pos: number): false {
    return this.#resync(pos, this.#scanner.failure);
  }

  /** Gives up what starts there and goes on at the next line that can start a value. */
  #resync(from: number, reason: string): false {
    const scanner = this.#scanner;
    const { bytes, end } = scanner;
    let next = bytes.indexOf(10, from);
    if (!scanner.lines) while (next >= 0 && bytes[next + 1] !== 123) next = bytes.indexOf(10, next + 1);
    scanner.lines = true;
    this.#retried = true;
    this.#where = OUTSIDE;
    this.#pos = next < 0 ? end : next + 1;
    return this.#refuse(reason, from, next < 0 ? end : next);
  }

  #take(from: number, to: number): boolean {
    const reason = this.#event.refusal();
    if (reason !== '') return this.#refuse(reason, from, to);
    this.bytes = to - from;
    return true;
  }

  #refuse(reason: string, from: number, to: number): false {
    this.#options.onReject(rejectOf(this.#record, this.#scanner.bytes, reason, from, to));
    return false;
  }
}
