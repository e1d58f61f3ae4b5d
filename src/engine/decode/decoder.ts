import type { AuditEvent, Micros, RawRecord } from '../../model/index.ts';
import { Asker } from './asker.ts';
import type { Cursor, CursorOptions } from './cursor.ts';
import { EventScanner } from './event-scanner.ts';
import { Fingerprint } from './fingerprint.ts';
import { Inflation } from './inflation.ts';
import { JsonView } from './json-view.ts';
import { LazyEvent } from './lazy-event.ts';
import { EventMarks } from './marks.ts';
import { rejectOf } from './reject.ts';
import { PLAIN_SHAPES, SHAPES } from './shapes/index.ts';
import type { Piece, Shape, Unwrapped } from './shapes/shape.ts';
import { SPAN } from './spans.ts';
import { BROKEN, END, EVENT, ValueWalker } from './value-walker.ts';

const NO_BYTES = Buffer.alloc(0);
const NOTHING: RawRecord = { bytes: NO_BYTES, origin: { source: '', position: '' } };
/** Wrappers around wrappers that are taken off. */
const DEEPEST = 6;
const PLAIN: ReadonlySet<string> = new Set(PLAIN_SHAPES);

/** What is read on one level of wrapping, and what the wrapper said of it. */
interface Level {
  readonly walker: ValueWalker;
  /** Pieces that wait for their turn. */
  pieces: readonly Piece[];
  next: number;
  piece: Piece | undefined;
  shape: Shape | undefined;
  cluster: string | undefined;
}

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
  readonly #levels: Level[] = [];
  #record = NOTHING;
  #depth = 0;
  #level: Level;
  #walker: ValueWalker;
  #time: Micros = Number.NaN;
  /** The only shape to take, where configuration says so. */
  #forced: Shape | undefined;
  #isPlain = false;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#event = new EventScanner(options.key);
    this.asker = new Asker(this.#event);
    this.#level = this.#levelAt(0);
    this.#walker = this.#level.walker;
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
    return this.#depth > 0 ? this.#levels[1]!.shape!.id : '';
  }
  get isOdd(): boolean {
    return this.#depth > 0 || this.cutShort || this.#event.repeated;
  }

  get shapes(): readonly string[] {
    const wrappers = this.#levels.slice(1, this.#depth + 1).map(({ shape }) => shape!.id);
    return [...wrappers, this.#walker.list === '' ? 'raw-event' : this.#walker.list];
  }

  open(record: RawRecord): void {
    const { bytes, origin } = record;
    this.#record = record;
    this.#enter(0);
    this.#name(undefined);
    this.#inflation.reset();
    this.#isPlain = origin.shape !== undefined && PLAIN.has(origin.shape);
    this.#forced = origin.shape === undefined ? undefined : SHAPES.find(({ id }) => id === origin.shape);
    this.#read(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  next(): boolean {
    this.cutShort = false;
    this.#time = Number.NaN;
    for (;;) {
      const met = this.#walker.next();
      if (met === EVENT && (this.#forced === undefined || this.#depth > 0)) return this.#take();
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
    if (this.#depth === 0) return false;
    const level = this.#level;
    const piece = level.pieces[level.next];
    if (piece === undefined) {
      level.pieces = [];
      this.#enter(this.#depth - 1);
      this.asker.open(this.#walker.scanner.bytes, this.#walker.ascii);
    } else {
      level.next += 1;
      level.piece = piece;
      // What is outside knows better: the inside may hold anything that was logged.
      level.cluster = this.#levels[this.#depth - 1]!.cluster ?? piece.cluster;
      this.#read(piece.bytes);
    }
    this.#name(undefined);
    return true;
  }

  #enter(depth: number): void {
    this.#depth = depth;
    this.#level = this.#levelAt(depth);
    this.#walker = this.#level.walker;
  }

  /** Sets the cluster of the present event: by the record's origin, by a wrapper, by what stands beside the event, by configuration. */
  #name(beside: string | undefined): void {
    this.cluster = this.#record.origin.cluster ?? this.#level.cluster ?? beside ?? this.#options.cluster;
  }

  #levelAt(depth: number): Level {
    return (this.#levels[depth] ??= {
      walker: new ValueWalker(this.#event),
      pieces: [],
      next: 0,
      piece: undefined,
      shape: undefined,
      cluster: undefined,
    });
  }

  /** A whole value that is no plain event: true where it is an event all the same. */
  #unwrap(): boolean {
    const { scanner, from, to, reason } = this.#walker;
    if (scanner.bytes[from] === 123 && !(this.#isPlain && this.#depth === 0)) {
      const view = new JsonView(scanner.bytes, from, to);
      for (const shape of this.#forced !== undefined && this.#depth === 0 ? [this.#forced] : SHAPES) {
        if (!shape.marks.some((mark) => view.members.has(mark))) continue;
        const found = shape.unwrap(view, this.#inflation);
        if (found !== undefined) return this.#go(shape, found);
      }
    }
    if (this.#forced !== undefined && this.#depth === 0) return this.#refuse(`not ${this.#forced.id}`);
    return reason === '' || this.#refuse(reason);
  }

  /** What is no JSON, or breaks off: a line with something before its event, or an event that was cut. True where it is one. */
  #mend(): boolean {
    const { scanner, from, to, reason } = this.#walker;
    const { piece } = this.#level;
    if (piece?.mayBeCut === true && reason === 'unexpected end') {
      this.#time = Number.isNaN(this.#event.eventTime) ? (piece.time ?? Number.NaN) : this.#event.eventTime;
      this.cutShort = this.#event.keepWhole() && !Number.isNaN(this.#time);
      return this.cutShort || this.#refuse('cut short');
    }
    const first = scanner.bytes[from];
    if (first !== 123 && first !== 91 && !(this.#isPlain && this.#depth === 0)) {
      const end = scanner.bytes[to - 1] === 13 ? to - 1 : to;
      for (const shape of this.#forced !== undefined && this.#depth === 0 ? [this.#forced] : SHAPES) {
        const found = shape.unwrapLine?.(scanner.bytes.subarray(from, end));
        if (found !== undefined) return this.#go(shape, found);
      }
    }
    return this.#refuse(reason);
  }

  #go(shape: Shape, found: Unwrapped): boolean {
    if ('event' in found) {
      const { reason } = this.#walker;
      if (reason !== '') return this.#refuse(reason);
      this.#name(found.cluster);
      return true;
    }
    if ('passed' in found) {
      this.#options.onPassed?.(shape.id, found.passed);
      return false;
    }
    if ('broken' in found) return this.#refuse(found.broken, shape);
    if (this.#depth >= DEEPEST) return this.#refuse('wrapped too often', shape);
    this.#enter(this.#depth + 1);
    const level = this.#level;
    level.pieces = found.pieces;
    level.next = 0;
    level.shape = shape;
    this.#walker.open(NO_BYTES);
    return false;
  }

  #refuse(reason: string, shape = this.#level.shape): false {
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
