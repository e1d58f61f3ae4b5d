import type { AuditEvent, Micros, RawRecord } from '../../model/index.ts';
import { Asker } from './asker.ts';
import type { Cursor, CursorOptions } from './cursor.ts';
import { EventScanner } from './event-scanner.ts';
import { Fingerprint } from './fingerprint.ts';
import { Inflation, isGzip } from './inflation.ts';
import { JsonView } from './json-view.ts';
import { LazyEvent } from './lazy-event.ts';
import { Levels } from './levels.ts';
import { EventMarks } from './marks.ts';
import { rejectOf } from './reject.ts';
import { markedBy, PLAIN_SHAPES, SHAPES } from './shapes/index.ts';
import type { Shape, Unwrapped } from './shapes/shape.ts';
import { SPAN } from './spans.ts';
import { BROKEN, END, EVENT, type ValueWalker } from './value-walker.ts';

const NO_BYTES = Buffer.alloc(0);
const NOTHING: RawRecord = { bytes: NO_BYTES, origin: { source: '', position: '' } };
const PLAIN: ReadonlySet<string> = new Set(PLAIN_SHAPES);

/**
 * Reads audit events out of bytes, in whatever shape they come: plain ones at full speed, wrapped ones by taking off what is around
 * them. What is no event is told to the options, with the reason, and costs its neighbours nothing.
 */
export class Decoder implements Cursor {
  bytes = 0;
  cluster = '';
  cutShort = false;
  readonly asker: Asker;
  readonly #marks = new EventMarks();
  readonly #options: CursorOptions;
  readonly #event: EventScanner;
  readonly #print = new Fingerprint();
  readonly #inflation = new Inflation();
  readonly #levels: Levels;
  #record = NOTHING;
  #walker: ValueWalker;
  #time: Micros = Number.NaN;
  /** The only shape to take, where configuration says so: one that unwraps, or the name of a plain one. */
  #forced: Shape | undefined;
  #plain = '';
  #allowed: readonly Shape[] = SHAPES;
  /** The shape that said something beside the present event, '' for none: it counts for no other event. */
  #beside = '';

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#event = new EventScanner(options.key);
    this.asker = new Asker(this.#event);
    this.#levels = new Levels(this.#event);
    this.#walker = this.#levels.level.walker;
  }

  get time(): Micros {
    return Number.isNaN(this.#time) ? this.#event.eventTime : this.#time;
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
  get repeated(): boolean {
    return this.#event.repeated;
  }
  get wrapper(): string {
    return this.#levels.outermost;
  }
  get isOdd(): boolean {
    return this.#levels.depth > 0 || this.cutShort || this.#event.repeated;
  }
  get shapes(): readonly string[] {
    const { shapes } = this.#levels;
    const beside = this.#beside === '' || this.#beside === shapes.at(-1) ? [] : [this.#beside];
    return [...shapes, ...beside, this.#walker.list === '' ? 'raw-event' : this.#walker.list];
  }

  open(record: RawRecord): void {
    const { bytes, origin, unreadable } = record;
    this.#record = record;
    this.#walker = this.#levels.enter(0).walker;
    this.#name(undefined);
    this.#inflation.reset();
    this.#allow(origin.shape);
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    // What does not inflate is read as it is, and rejected.
    this.#read(isGzip(buffer) ? (this.#inflation.inflate(buffer) ?? buffer) : buffer);
    if (unreadable !== undefined) this.#giveUp(bytes.length, unreadable);
  }

  #allow(name: string | undefined): void {
    this.#forced = name === undefined ? undefined : SHAPES.find(({ id }) => id === name);
    if (this.#forced !== undefined) this.#allowed = [this.#forced];
    this.#plain = name !== undefined && PLAIN.has(name) ? name : '';
    if (this.#forced === undefined) this.#allowed = this.#plain === '' ? SHAPES : [];
  }

  /** What cannot be read at all, by a source's word or a wrapper's, is rejected as it is. */
  #giveUp(length: number, reason: string, shape = 'unknown'): void {
    const piece = { bytes: NO_BYTES, from: 0, to: length, auditId: '', shape };
    this.#options.onReject(rejectOf(this.#record, this.cluster, piece, reason));
    this.#read(NO_BYTES);
  }

  next(): boolean {
    this.cutShort = false;
    this.#time = Number.NaN;
    if (this.#beside !== '') {
      this.#beside = '';
      this.#name(undefined);
    }
    for (;;) {
      const met = this.#walker.next();
      if (met === EVENT && (this.#forced === undefined || this.#levels.depth > 0)) return this.#take();
      if (met === END) {
        if (!this.#nextPiece()) return false;
      } else if (met === BROKEN ? this.#mend() : this.#unwrap()) return this.#take();
    }
  }

  fingerprint(): Fingerprint {
    return this.#print.take(this.#event, this.#walker.scanner.view);
  }

  marks(): EventMarks {
    return this.#marks.take(this.#event, this.#walker.scanner.view);
  }

  event(reusedAuditId: boolean): AuditEvent {
    const { scanner, ascii, from, to } = this.#walker;
    return new LazyEvent({
      bytes: scanner.bytes,
      ascii,
      from,
      to,
      scanned: this.#event,
      cluster: this.cluster,
      received: this.#record.received,
      time: this.time,
      final: this.final,
      reusedAuditId,
      cutShort: this.cutShort,
    });
  }

  #take(): true {
    this.bytes = this.#walker.to - this.#walker.from;
    return true;
  }

  #read(bytes: Buffer): void {
    const walker = this.#walker;
    walker.open(bytes);
    this.asker.open(bytes, walker.ascii);
  }

  /** Goes on with the next piece of the wrapper that was taken off last, or behind it; false at the end of the record. */
  #nextPiece(): boolean {
    if (this.#levels.depth === 0) return false;
    const piece = this.#levels.next();
    this.#walker = this.#levels.level.walker;
    if (piece === undefined) this.asker.open(this.#walker.scanner.bytes, this.#walker.ascii);
    else if (piece.broken === undefined) this.#read(piece.bytes);
    this.#name(undefined);
    if (piece?.broken !== undefined) this.#giveUp(piece.bytes.length, piece.broken, this.#levels.level.shape!.id);
    return true;
  }

  /** Sets the cluster of the present event: by the record's origin, by a wrapper, by what stands beside the event, by configuration. */
  #name(beside: string | undefined): void {
    this.cluster = this.#record.origin.cluster ?? this.#levels.level.cluster ?? beside ?? this.#options.cluster;
  }

  /** The shapes that may be here: within a wrapper all, outside those that configuration allows. */
  #shapes(): readonly Shape[] {
    return this.#levels.depth > 0 ? SHAPES : this.#allowed;
  }

  /** A whole value that is no plain event: true where it is an event all the same. */
  #unwrap(): boolean {
    const { scanner, from, to } = this.#walker;
    if (scanner.bytes[from] === 123 && this.#levels.level.piece?.isPlain !== true) {
      const found = this.#askShapes(new JsonView(scanner.bytes, from, to, scanner, this.#event.members));
      if (found !== undefined) return this.#go(...found);
    }
    if (this.#forced !== undefined && this.#levels.depth === 0) return this.#refuse(`not ${this.#forced.id}`);
    const reason = this.#reason();
    return (
      reason === '' || this.#refuse(reason === 'not an event' && this.#plain !== '' ? `not ${this.#plain}` : reason)
    );
  }

  #askShapes(view: JsonView): readonly [shape: Shape, found: Unwrapped] | undefined {
    const { scanner } = this.#walker;
    const { lines } = scanner;
    // The value is whole: within it a line's end is white space.
    scanner.lines = false;
    const marked = markedBy(view.members.keys());
    let told: readonly [Shape, Unwrapped] | undefined;
    for (let index = 0; marked >>> index !== 0 && told === undefined; index += 1) {
      const shape = SHAPES[index]!;
      if ((marked & (1 << index)) === 0 || !this.#shapes().includes(shape)) continue;
      const found = shape.unwrap(view, this.#inflation);
      if (found !== undefined) told = [shape, found];
    }
    scanner.lines = lines;
    return told;
  }

  /** What is no JSON, or breaks off: a line with something before its event, or an event that was cut. True where it is one. */
  #mend(): boolean {
    const { scanner, from, to, reason, beginsLine } = this.#walker;
    const { piece } = this.#levels.level;
    if (piece?.mayBeCut === true && reason === 'unexpected end') {
      this.#time = Number.isNaN(this.#event.eventTime) ? (piece.time ?? Number.NaN) : this.#event.eventTime;
      this.cutShort = scanner.bytes[from] === 123 && this.#event.keepWhole() && !Number.isNaN(this.#time);
      return this.cutShort || this.#refuse('cut short');
    }
    const first = scanner.bytes[from];
    const isLine = beginsLine && to > from && first !== 123 && first !== 91;
    if (isLine || reason === 'unexpected end' || scanner.failedAt >= to) {
      const text = scanner.bytes.subarray(from, scanner.bytes[to - 1] === 13 ? to - 1 : to);
      for (const shape of this.#shapes()) {
        const found = isLine ? shape.unwrapLine?.(text) : shape.unwrapCut?.(text);
        if (found === undefined) continue;
        if (!isLine) this.#refuse('cut short', shape);
        return this.#go(shape, found);
      }
    }
    return this.#refuse(reason);
  }

  #go(shape: Shape, found: Unwrapped): boolean {
    if ('event' in found) {
      const reason = this.#reason();
      if (reason !== '') return this.#refuse(reason);
      this.#beside = shape.id;
      this.#name(found.cluster);
      return true;
    }
    if ('passed' in found) {
      this.#options.onPassed?.(shape.id, found.passed);
      return false;
    }
    if ('broken' in found) return this.#refuse(found.broken, shape);
    if (this.#levels.isDeepest) return this.#refuse('wrapped too often', shape);
    this.#levels.wrap(shape, found.pieces);
    this.#walker = this.#levels.level.walker;
    return false;
  }

  /** Why the present value is no event, '' where it is one. */
  #reason(): string {
    const { reason } = this.#walker;
    const { piece } = this.#levels.level;
    if (reason !== 'no usable time' || piece?.mayLackTime !== true) return reason;
    this.#time = piece.time ?? this.#record.received ?? Number.NaN;
    return Number.isNaN(this.#time) ? reason : '';
  }

  #refuse(reason: string, shape = this.#levels.level.shape): false {
    const { scanner, from, to } = this.#walker;
    const { bytes } = scanner;
    const { spans } = this.#event;
    const isObject = bytes[from] === 123;
    const auditId = isObject ? bytes.toString('utf8', spans[SPAN.auditId], spans[SPAN.auditId + 1]) : '';
    const piece = { bytes, from, to, auditId, shape: shape?.id ?? 'unknown' };
    this.#options.onReject(rejectOf(this.#record, this.cluster, piece, reason));
    return false;
  }
}
