import { createRequire } from 'node:module';
import { crc32c } from '../../src/sources/kafka-crc32c.ts';

/** What kafkajs makes of a record. */
interface Decoded {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface Parts {
  /** Kafka's number of the codec. */
  readonly codec: number;
  /** The compressed records. */
  readonly packed: Uint8Array;
  readonly records: number;
  readonly firstOffset?: number;
  readonly lastDelta?: number;
}

/** A record batch as a broker keeps it (magic 2), its checksum right. */
export function recordBatch({ codec, packed, records, firstOffset = 0, lastDelta = records - 1 }: Parts): Buffer {
  const batch = Buffer.alloc(61 + packed.length);
  batch.writeBigInt64BE(BigInt(firstOffset), 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch[16] = 2;
  batch.writeInt16BE(codec, 21);
  batch.writeInt32BE(lastDelta, 23);
  batch.fill(0xff, 43, 57);
  batch.writeInt32BE(records, 57);
  batch.set(packed, 61);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** The records part of a batch before compression: values without keys. */
export function recordsOf(values: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value, index) => {
      const bytes = Buffer.from(value as string);
      const body = Buffer.concat([Buffer.of(0, 0, ...zigzag(index), 1, ...zigzag(bytes.length)), bytes, Buffer.of(0)]);
      return [Buffer.from(zigzag(body.length)), body];
    }),
  );
}

/** A number as Kafka writes it in records. */
export function zigzag(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const load = createRequire(import.meta.url);
const Decoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
type DecodeMessages = (decoder: object) => Promise<Decoded[]>;

/** What kafkajs itself reads out of one partition's part of a fetch response with these batches. */
export function readFetched(...batches: readonly Buffer[]): Promise<Decoded[]> {
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  // A response has memory of its own, unless it is small.
  const response = Buffer.allocUnsafeSlow(Math.max(length + 4, Buffer.poolSize + 1));
  response.writeInt32BE(length);
  Buffer.concat(batches).copy(response, 4);
  // As late as the client library itself loads it.
  const decodeMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as DecodeMessages;
  return decodeMessages(new Decoder(response.subarray(0, length + 4)));
}
