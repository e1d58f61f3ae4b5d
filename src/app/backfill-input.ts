import type { Decoder } from '../engine/decode/decoder.ts';
import type { Micros, RawRecord, Source } from '../model/index.ts';

const NEWLINE = 10;

/** A piece of one log, and which log it is of. */
export interface Piece {
  readonly record: RawRecord;
  readonly log: number;
}

/**
 * Pieces of several logs in the order of their events' times, as far as each log is in order: one API server's files after each other, those
 * of several side by side. Of one log, whole pieces; of several, a line at a time.
 */
export async function* inTimeOrder(logs: readonly Source[], scratch: Decoder): AsyncGenerator<Piece> {
  const stop = new AbortController();
  try {
    if (logs.length === 1) {
      for await (const record of recordsOf(logs[0]!, stop.signal)) yield { record, log: 0 };
      return;
    }
    const heads = new Map<number, Head>();
    for (const [log, source] of logs.entries()) await advance(heads, log, unitsOf(source, scratch, stop.signal));
    while (heads.size > 0) {
      const [log, head] = earliest(heads);
      yield { record: head.record, log };
      await advance(heads, log, head.rest);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(logs.map((source) => source.close()));
  }
}

interface Unit {
  readonly record: RawRecord;
  readonly time: Micros;
}

interface Head extends Unit {
  readonly rest: AsyncGenerator<Unit>;
}

async function advance(heads: Map<number, Head>, log: number, rest: AsyncGenerator<Unit>): Promise<void> {
  const { value, done } = await rest.next();
  if (done === true) heads.delete(log);
  else heads.set(log, { ...value, rest });
}

function earliest(heads: ReadonlyMap<number, Head>): readonly [number, Head] {
  let best: readonly [number, Head] | undefined;
  for (const entry of heads) if (best === undefined || entry[1].time < best[1].time) best = entry;
  return best!;
}

async function* recordsOf(source: Source, signal: AbortSignal): AsyncGenerator<RawRecord> {
  for await (const { records, positions } of source.read(new Map(), signal)) {
    yield* records;
    await source.commit(positions);
  }
}

/** Lines where each is a value, else whole pieces; what has no time goes with what came before it. */
async function* unitsOf(source: Source, scratch: Decoder, signal: AbortSignal): AsyncGenerator<Unit> {
  let time = Number.NEGATIVE_INFINITY;
  for await (const record of recordsOf(source, signal)) {
    const units = firstTime(lineOf(record, 0), scratch) === undefined ? [record] : linesOf(record);
    for (const each of units) {
      time = firstTime(each, scratch) ?? time;
      yield { record: each, time };
    }
  }
}

function* linesOf(record: RawRecord): Generator<RawRecord> {
  for (let from = 0; from < record.bytes.length;) {
    const line = lineOf(record, from);
    from += line.bytes.length;
    yield line;
  }
}

function lineOf(record: RawRecord, from: number): RawRecord {
  const end = record.bytes.indexOf(NEWLINE, from);
  return { ...record, bytes: record.bytes.subarray(from, end < 0 ? undefined : end + 1) };
}

function firstTime(record: RawRecord, scratch: Decoder): Micros | undefined {
  scratch.open(record);
  return scratch.next() ? scratch.time : undefined;
}
