import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '../model/index.ts';
import { Inflated, Unreadable, type Flaw } from './kafka-inflated.ts';
import { unlz4 } from './kafka-lz4.ts';
import { batchHeader, checkRecords, isPassable, standIns, type BatchHeader } from './kafka-record-batch.ts';
import { unsnappy } from './kafka-snappy.ts';
import { unzstd } from './kafka-zstd.ts';

/**
 * What the compressed batches of one fetch may become in all, and so one batch; a bomb stops here instead of in the process's
 * memory.
 */
const MAX_INFLATED_BYTES = 128 * 1024 * 1024;
/** A decompressor lets others go on after so long. */
const TURN_MS = 5;

const CODECS = ['no codec', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
type CodecName = (typeof CODECS)[number];

/** The codec that the attributes of a batch name. */
export const codecName = (attributes: number): CodecName => CODECS[attributes & 7] ?? CODECS[0];

type Inflate = (bytes: Buffer, limit: number) => Promise<Buffer>;

/** A record batch that stands in for one that could not be read. */
export interface UnreadableBatch {
  readonly codec: CodecName;
  readonly flaw: Flaw;
  readonly records: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

// Keyed by memory that only a stand-in has: no sender can write a record that is taken for one.
const unreadable = new WeakMap<ArrayBufferLike, UnreadableBatch>();

/** What a message stands in for: undefined for an ordinary one. Of one batch only the last stand-in has a value. */
export const unreadableBatch = (value: Buffer): UnreadableBatch | undefined => unreadable.get(value.buffer);

const gunzipAsync = promisify(gunzip);

async function ungzip(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const flaw = code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : code === 'Z_BUF_ERROR' ? 'truncated' : 'corrupt';
    throw new Unreadable(flaw);
  }
}

/** Runs a decompressor of our own to its end, in turns. */
const inTurns =
  (decompress: (bytes: Buffer, output: Inflated) => Generator<void, void>): Inflate =>
  async (bytes, limit) => {
    const output = new Inflated(limit, bytes.length);
    let began = performance.now();
    for (const _ of decompress(bytes, output)) {
      if (performance.now() - began < TURN_MS) continue;
      await breathe();
      began = performance.now();
    }
    return output.finish();
  };

/** What the batches of one response from a broker have become so far. */
const inflated = new WeakMap<ArrayBufferLike, number>();

/** The client library ends the response of a partition here, and fetches again from the first batch that it has not read. */
export class FetchIsFull extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

/** A decompressor in the client library's form: gives the records, or stand-ins for those that cannot be read. */
export interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}

function codec(name: CodecName, inflate: Inflate, limit: number): Codec {
  return {
    decompress: async (bytes) => {
      const header = batchHeader(bytes);
      // Small responses share their memory with others, and cannot become much.
      const used = bytes.buffer.byteLength > Buffer.poolSize ? (inflated.get(bytes.buffer) ?? 0) : 0;
      if (used >= limit) throw new FetchIsFull();
      try {
        if (header?.isSound === false) throw new Unreadable('checksum mismatch');
        const records = await inflate(bytes, limit - used);
        if (header) checkRecords(records, header.records);
        inflated.set(bytes.buffer, used + records.length);
        return records;
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        if (error.flaw === 'too large' && used > 0) throw new FetchIsFull();
        return standIn(name, error.flaw, header);
      }
    },
  };
}

function standIn(codec: CodecName, flaw: Flaw, header: BatchHeader | undefined): Buffer {
  const bytes = header && standIns(header, `${codec}: ${flaw}`);
  if (!bytes) throw impassable(codec, flaw, header);
  note(bytes, codec, flaw, header);
  return bytes;
}

/** The value of a message that stands for a whole batch, with the offset that the message is to have. Throws AppError `source`. */
export function standFor(
  codec: CodecName,
  flaw: Flaw,
  header: BatchHeader,
): { readonly value: Buffer; readonly lastOffset: number } {
  if (!isPassable(header)) throw impassable(codec, flaw, header);
  const text = `${codec}: ${flaw}`;
  const value = Buffer.allocUnsafeSlow(text.length);
  value.write(text);
  return { value, lastOffset: note(value, codec, flaw, header) };
}

function note(bytes: Buffer, codec: CodecName, flaw: Flaw, { records, firstOffset, lastDelta }: BatchHeader): number {
  const lastOffset = firstOffset + lastDelta;
  unreadable.set(bytes.buffer, { codec, flaw, records, firstOffset, lastOffset });
  return lastOffset;
}

/** Nobody knows how many records to pass over: its partition waits, and people have to do something. */
function impassable(codec: CodecName, flaw: Flaw, header: BatchHeader | undefined): AppError {
  const where = header ? ` at offset ${header.firstOffset}` : '';
  const why = header ? 'its header is damaged' : 'it has the format of before Kafka 0.11';
  return new AppError(
    'source',
    `a Kafka batch${where} can neither be read (${codec}: ${flaw}) nor passed over, as ${why}: its partition, the one whose lag ` +
      'grows, waits there. Delete its records up to and with that batch (kafka-delete-records.sh) to go on',
    { retryable: true },
  );
}

/** Decompressors by Kafka's number of the codec; the batches of one fetch become `limit` bytes at most. */
export const codecs = (limit = MAX_INFLATED_BYTES): ReadonlyMap<number, Codec> =>
  new Map([
    [1, codec('gzip', ungzip, limit)],
    [2, codec('snappy', inTurns(unsnappy), limit)],
    [3, codec('lz4', inTurns(unlz4), limit)],
    [4, codec('zstd', inTurns(unzstd), limit)],
  ]);
