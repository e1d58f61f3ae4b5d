import { createRequire } from 'node:module';
import { codecName, FetchIsFull, standFor } from './kafka-codecs.ts';
import { ATTRIBUTES_AT, batchHeader, COUNT_AT, HEADER, LENGTH_AT, MOST_RECORDS } from './kafka-record-batch.ts';

/** Records of one fetch: each becomes half a kilobyte of objects, whatever its own size. */
const MOST_OF_FETCH = 4 * MOST_RECORDS;
const PRODUCER_AT = 43;
const TRANSACTIONAL = 16;

/** What the client library reads batches from. */
interface Reader {
  readonly buffer: Buffer;
  offset: number;
}
type Decode = (reader: Reader) => Promise<{ readonly records: readonly object[] }>;

const counts = new WeakMap<object, number>();

/**
 * Bounds what the records of batches become as objects: a few hundred compressed bytes can be a million empty records, which the client
 * library cannot take (it ends with a RangeError, for ever), nor its memory. A batch of too many is one stand-in; a fetch of too many
 * ends before the batch that has them.
 */
const bounded =
  (decode: Decode): Decode =>
  async (reader) => {
    const { buffer, offset } = reader;
    if (offset + HEADER > buffer.length) return decode(reader);
    const records = buffer.readInt32BE(offset + COUNT_AT);
    const isCrowd = records > MOST_RECORDS;
    // Small responses share their memory with others.
    const fetch = buffer.buffer.byteLength > Buffer.poolSize ? buffer.buffer : reader;
    const before = counts.get(fetch) ?? 0;
    const after = before + (isCrowd ? 1 : Math.max(0, records));
    if (before > 0 && after > MOST_OF_FETCH) throw new FetchIsFull();
    counts.set(fetch, after);
    return isCrowd ? crowd(reader, decode) : decode(reader);
  };

function crowd(reader: Reader, decode: Decode): ReturnType<Decode> {
  const { buffer, offset } = reader;
  const end = offset + LENGTH_AT + 4 + buffer.readInt32BE(offset + LENGTH_AT);
  // Cut off by the fetch's limit: it comes again.
  if (end > buffer.length) return decode(reader);
  const header = batchHeader(buffer.subarray(offset + HEADER, end));
  if (header === undefined) return decode(reader);
  const attributes = buffer.readInt16BE(offset + ATTRIBUTES_AT);
  const { value, lastOffset } = standFor(codecName(attributes), 'too many records', header);
  const producerId = String(buffer.readBigInt64BE(offset + PRODUCER_AT));
  const batchContext = { producerId, inTransaction: (attributes & TRANSACTIONAL) !== 0 };
  const place = { magicByte: 2, attributes: 0, timestamp: '0', offset: String(lastOffset), key: null, headers: {} };
  reader.offset = end;
  return Promise.resolve({ records: [{ ...place, value, isControlRecord: false, batchContext }] });
}

const DECODER = 'kafkajs/src/protocol/recordBatch/v0/decoder.js';
let isBounded = false;

/** Has the client library, whose version is pinned, read batches so; to be called before its first fetch. */
export function boundBatches(): void {
  if (isBounded) return;
  isBounded = true;
  const load = createRequire(import.meta.url);
  const decode = load(DECODER) as Decode;
  load.cache[load.resolve(DECODER)]!.exports = bounded(decode);
}
