import { crc32c } from './kafka-crc32c.ts';
import { Unreadable } from './kafka-inflated.ts';

/** How many bytes of a record batch stand before its records. */
export const HEADER = 61;
export const [LENGTH_AT, ATTRIBUTES_AT, COUNT_AT] = [8, 21, 57] as const;
const [OFFSET_AT, MAGIC_AT, CRC_AT, LAST_AT] = [0, 16, 17, 23] as const;
const MAGIC = 2;

/** What the header of a record batch says of its records. */
export interface BatchHeader {
  readonly firstOffset: number;
  /** How far the last record's offset is from the first one's. */
  readonly lastDelta: number;
  readonly records: number;
  /** False where the batch is not what its sender wrote. */
  readonly isSound: boolean;
}

/**
 * The header of the batch whose compressed records these are. The client library gives them as a view into the broker's response, where
 * the header stands right before them; undefined where there is none that fits, as in the message sets of before Kafka 0.11.
 */
export function batchHeader(records: Buffer): BatchHeader | undefined {
  const from = records.byteOffset - HEADER;
  if (from < 0) return undefined;
  const batch = Buffer.from(records.buffer, from, HEADER + records.length);
  const size = HEADER + records.length - LENGTH_AT - 4;
  if (batch[MAGIC_AT] !== MAGIC || batch.readInt32BE(LENGTH_AT) !== size) return undefined;
  return {
    firstOffset: Number(batch.readBigInt64BE(OFFSET_AT)),
    lastDelta: batch.readInt32BE(LAST_AT),
    records: batch.readInt32BE(COUNT_AT),
    isSound: batch.readUInt32BE(CRC_AT) === crc32c(batch.subarray(ATTRIBUTES_AT)),
  };
}

/** Whether the bytes are exactly so many records, each with its length before it. Throws Unreadable where not. */
export function checkRecords(bytes: Buffer, records: number): void {
  let at = 0;
  for (let left = records; left > 0; left--) {
    let length = 0;
    let scale = 1;
    for (let byte = 128; byte >= 128; scale *= 128) {
      if (at >= bytes.length || scale > 2 ** 28) throw new Unreadable('corrupt');
      byte = bytes[at++]!;
      length += (byte & 127) * scale;
    }
    // Zigzag: an odd number is a negative length.
    if (length % 2 === 1) throw new Unreadable('corrupt');
    at += length / 2;
  }
  if (at !== bytes.length) throw new Unreadable('corrupt');
}

/** Records of one batch, far above any of audit events: the client library passes them as arguments, and ends at some 120,000. */
export const MOST_RECORDS = 65_536;
/** Offsets that a batch may span; more are not believed. */
const MOST_OFFSETS = 64_000_000;

/** Whether the offsets that the header announces can be passed over. */
export const isPassable = ({ records, lastDelta }: BatchHeader): boolean =>
  records >= 1 && lastDelta >= records - 1 && lastDelta <= MOST_OFFSETS;

/**
 * As many records as the header announces, which the client library reads in the place of those that cannot be read: all empty, the last
 * one, which has the batch's last offset, with this value. Undefined where the header cannot be right.
 */
export function standIns(header: BatchHeader, value: string): Buffer | undefined {
  const { records, lastDelta } = header;
  if (!isPassable(header) || records > MOST_RECORDS) return undefined;
  const text = Buffer.from(value);
  const empty = record(0, Buffer.alloc(0));
  const last = record(lastDelta, text);
  const bytes = Buffer.allocUnsafeSlow((records - 1) * empty.length + last.length);
  bytes.fill(empty, 0, (records - 1) * empty.length);
  last.copy(bytes, (records - 1) * empty.length);
  return bytes;
}

/** Length, attributes, time, offset, no key, value, no headers. */
function record(offsetDelta: number, value: Buffer): Buffer {
  const body = [0, 0, ...zigzag(offsetDelta), ...zigzag(-1), ...zigzag(value.length), ...value, 0];
  return Buffer.from([...zigzag(body.length), ...body]);
}

function zigzag(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
