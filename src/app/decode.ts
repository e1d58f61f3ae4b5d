import { randomBytes } from 'node:crypto';
import { Decoder } from '../engine/decode/decoder.ts';
import type { AuditEvent, Context, RawRecord, Reject } from '../model/index.ts';
import { fileSource } from '../sources/file.ts';
import { FeedTally } from './decode-tally.ts';
import { valuesOf } from './decode-values.ts';

/** Of one record so many events, and so many rejects, are kept to be told; all are counted. */
const KEPT = 100;

/** Where a record stands: for an editor, and for `tail -c`. */
export interface Place {
  /** As it was named; "stdin" for standard input. */
  readonly file: string;
  /** From 1, within the inflated text. */
  readonly line: number;
  /** In bytes, from 0, within the inflated text. */
  readonly offset: number;
}

/** One event, as it was understood. */
export interface DecodedEvent {
  readonly event: AuditEvent;
  /** From the outermost wrapper to the form of the event itself. */
  readonly shapes: readonly string[];
}

/** What is known to be no audit event. */
export interface PassedOver {
  readonly shape: string;
  readonly reason: string;
  count: number;
}

/** What became of one record. */
export interface DecodedRecord {
  readonly place: Place;
  /** Valid until the next record. */
  readonly bytes: Buffer;
  /** The first hundred. */
  readonly events: readonly DecodedEvent[];
  readonly eventCount: number;
  /** The first hundred. */
  readonly rejects: readonly Reject[];
  readonly rejectCount: number;
  readonly passed: readonly PassedOver[];
}

export interface DecodeOptions {
  /** Cluster of all events; otherwise their wrappers may name it. */
  readonly cluster?: string;
  /** The only shape to take, by its name. */
  readonly shape?: string;
}

/**
 * Reads files through the file source and the decoder, as the service does, and tells record by record what was understood; `flush` is
 * awaited now and then. Holds one piece of a file at a time. Throws AppError where a file cannot be read.
 */
export async function decodeFiles(
  paths: readonly string[],
  options: DecodeOptions,
  context: Context,
  onRecord: (record: DecodedRecord) => void,
  flush: (tally: FeedTally) => Promise<void>,
): Promise<FeedTally> {
  const { cluster, shape } = options;
  const tally = new FeedTally(context.now());
  const reader = new RecordReader(tally, shape);
  const settings = { paths: [...paths], ...(cluster !== undefined && { cluster }) };
  const source = fileSource.create('file', fileSource.settings.parse(settings) as never, context);
  try {
    for await (const { records, positions } of source.read(new Map(), new AbortController().signal)) {
      for (const record of records) reader.read(record, onRecord);
      await flush(tally);
      await source.commit(positions);
    }
  } finally {
    await source.close();
  }
  return tally;
}

/** Decodes what a file source gives, a record at a time. */
export class RecordReader {
  readonly #tally: FeedTally;
  readonly #shape: string | undefined;
  readonly #decoder: Decoder;
  #events: DecodedEvent[] = [];
  #rejects: Reject[] = [];
  #passed: PassedOver[] = [];
  #rejectCount = 0;
  #file = '';
  /** The next byte and line of the file. */
  #offset = 0;
  #line = 1;

  constructor(tally: FeedTally, shape?: string) {
    this.#tally = tally;
    this.#shape = shape;
    this.#decoder = new Decoder({
      key: randomBytes(16),
      cluster: '',
      onReject: (reject) => this.#reject(reject),
      onPassed: (known, reason) => this.#pass(known, reason),
    });
  }

  /** Takes a piece of a file. Pieces of one file come in its order. */
  read(piece: RawRecord, onRecord: (record: DecodedRecord) => void): void {
    const { bytes, origin } = piece;
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const [file, begin] = placeOf(origin.position);
    if (file !== this.#file || begin < this.#offset) this.#line = 1;
    this.#file = file;
    let seen = 0;
    for (const [from, to] of valuesOf(whole)) {
      this.#line += linesIn(whole, seen, from);
      const place = { file, line: this.#line, offset: begin + from };
      onRecord(this.#decode(whole.subarray(from, to), piece, place));
      this.#line += linesIn(whole, from, to);
      seen = to;
    }
    this.#line += linesIn(whole, seen, whole.length);
    // Of a line that was too long only the beginning is handed on.
    if (whole.at(-1) !== 10) this.#line += 1;
    this.#offset = begin + whole.length;
  }

  #decode(bytes: Buffer, piece: RawRecord, place: Place): DecodedRecord {
    const decoder = this.#decoder;
    const position = `${place.file}@${place.offset}`;
    const shape = this.#shape ?? piece.origin.shape;
    this.#events = [];
    this.#rejects = [];
    this.#passed = [];
    this.#rejectCount = 0;
    this.#tally.open(bytes.length);
    decoder.open({ bytes, origin: { ...piece.origin, position, ...(shape !== undefined && { shape }) } });
    let eventCount = 0;
    while (decoder.next()) {
      const decoded = { event: decoder.event(false), shapes: decoder.shapes };
      eventCount += 1;
      if (eventCount <= KEPT) this.#events.push(decoded);
      this.#tally.take(decoded, decoder.repeated);
    }
    this.#tally.close();
    return {
      place,
      bytes,
      events: this.#events,
      eventCount,
      rejects: this.#rejects,
      rejectCount: this.#rejectCount,
      passed: this.#passed,
    };
  }

  #reject(reject: Reject): void {
    this.#rejectCount += 1;
    if (this.#rejects.length < KEPT) this.#rejects.push(reject);
    this.#tally.reject(reject);
  }

  #pass(shape: string, reason: string): void {
    const same = this.#passed.find((each) => each.shape === shape && each.reason === reason);
    if (same === undefined) this.#passed.push({ shape, reason, count: 1 });
    else same.count += 1;
    this.#tally.pass(shape, reason);
  }
}

/** File and offset of a position such as "/var/log/audit.log@88213". */
function placeOf(position: string): readonly [file: string, offset: number] {
  const at = position.lastIndexOf('@');
  return [position.slice(0, at), Number(position.slice(at + 1))];
}

function linesIn(bytes: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}
