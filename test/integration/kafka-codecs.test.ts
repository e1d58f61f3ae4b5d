import { open } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Source } from '../../src/model/index.ts';
import { loadKafkaJs } from '../../src/sources/kafka-client.ts';
import { unlz4 } from '../../src/sources/kafka-lz4.ts';
import { unsnappy } from '../../src/sources/kafka-snappy.ts';
import { unzstd } from '../../src/sources/kafka-zstd.ts';
import { contractEvents, Reading } from '../contract/source.ts';
import { aBench, aKafkaSource, fresh, type Bench, type Line } from '../support/kafka.ts';
import { EVENTS, inflate, type Decompressor } from '../sources/kafka-inflating.ts';
import { compressWithJava, produceWithJava, type Codec, type Piece } from '../support/kafka-java.ts';
import { zstdBomb } from '../support/kafka-bomb.ts';
import { describeOn } from '../support/services/describe.ts';

const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];
const ROOM = { 'max.message.bytes': '90000000' };

/** Text in which little repeats, so that a compressor leaves many blocks of it. */
function unevenText(length: number): string {
  const words: string[] = [];
  let state = 1;
  for (let size = 0; size < length; size += 9) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    words.push(state.toString(16).padStart(8, '0'));
  }
  return words.join(' ').slice(0, length);
}

describeOn(['kafka'], 'compressed batches of the Java client', (address) => {
  let bench: Bench;
  const sources: Source[] = [];
  beforeAll(async () => {
    bench = await aBench(address);
    await loadKafkaJs();
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.close();
  });
  afterAll(() => bench.close());

  const source = (topic: string, lines: Line[] = []) => {
    const made = aKafkaSource({ brokers: [address], topics: [topic], groupId: fresh('group') }, lines);
    sources.push(made);
    return made;
  };
  const textsOf = (reading: Reading): string[] =>
    reading.batches.flatMap(({ records }) =>
      records.map(({ bytes, unreadable }) => unreadable ?? Buffer.from(bytes).toString()),
    );
  const positionsOf = (reading: Reading): string[] =>
    reading.batches.flatMap(({ records }) => records.map(({ origin }) => origin.position));

  it.each(CODECS)(
    '%s: keyed or not, one event or many a record, 5 MB in one, in one batch or several',
    async (codec) => {
      const topic = await bench.topic(1, ROOM);
      const [one, two, ...more] = contractEvents(60, 2_000);
      const items = more.slice(0, 20).map((event) => JSON.parse(event) as unknown);
      const records = [
        { value: one! },
        { key: 'a-key', value: two! },
        { value: JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items }) },
        { key: '', value: `[${more.slice(20, 40).join(',')}]` },
        { value: more.slice(40).join('\n') },
        { value: JSON.stringify({ kind: 'Event', auditID: 'contract-large', pad: unevenText(5_000_000) }) },
        ...contractEvents(3_000, 100).map((value, index) => (index % 2 ? { key: `key-${index}`, value } : { value })),
      ];
      // Before compression: some dozen batches.
      await produceWithJava(address, topic, [{ codec, records }], 100_000);
      const under = source(topic);
      const reading = new Reading(under);
      await reading.until(3_061);
      await reading.stop();
      expect(textsOf(reading)).toEqual(records.map(({ value }) => value));
      expect(positionsOf(reading)).toEqual(records.map((_, offset) => `${topic}/0@${offset}`));
      expect(under.counters).toMatchObject({ unreadable: 0, restarts: 0 });
    },
  );

  it('reads behind batches that were damaged on the broker’s disk, and says so once', async () => {
    const topic = await bench.topic(1);
    const parts = [contractEvents(20), contractEvents(21), contractEvents(22), contractEvents(23), contractEvents(24)];
    const sets = parts.map((part, index) => ({
      codec: CODECS[index % CODECS.length]!,
      records: part.map((value) => ({ value })),
    }));
    const folder = await produceWithJava(address, topic, sets);
    // All but the last one, by three bytes of their records each.
    const log = await open(join(folder, '00000000000000000000.log'), 'r+');
    const head = Buffer.alloc(12);
    for (let batch = 0, at = 0; batch < 4; batch++, at += 12 + head.readInt32BE(8)) {
      await log.read(head, 0, 12, at);
      await log.write(Buffer.from([0xff, 0x00, 0xff]), 0, 3, at + 61 + 40);
    }
    await log.close();

    const lines: Line[] = [];
    const under = source(topic, lines);
    const reading = new Reading(under);
    await reading.until(24);
    await reading.stop();
    const said = CODECS.map((codec) => `${codec}: checksum mismatch`);
    expect(textsOf(reading)).toEqual([...said, ...parts[4]!]);
    const where = ['0..19', '20..40', '41..62', '63..85'].map((offsets) => `${topic}/0@${offsets}`);
    expect(positionsOf(reading).slice(0, 4)).toEqual(where);
    expect(reading.saved.get(`kafka/audit/${topic}/0`)).toBe('110');
    expect(under.counters).toMatchObject({ unreadable: 4, unreadableRecords: 86, restarts: 0, empty: 0 });
    expect(lines.filter(({ level }) => level === 'error').map(({ fields }) => fields)).toEqual([
      { source: 'audit', position: where[0], codec: 'gzip', flaw: 'checksum mismatch', records: 20 },
    ]);

    // Who starts within such a batch does not stay there either.
    const within = new Reading(source(topic), new Map([[`kafka/audit/${topic}/0`, '70']]));
    await within.until(24);
    await within.stop();
    expect(positionsOf(within)[0]).toBe(where[3]);
    expect(textsOf(within).slice(1)).toEqual(parts[4]);
  });

  it('a bomb that the broker took is set aside', async () => {
    const topic = await bench.topic();
    const [before, behind] = [contractEvents(1), contractEvents(1)];
    await bench.put(topic, 0, before);
    const ours = CompressionCodecs[CompressionTypes.ZSTD];
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({ ...ours(), compress: () => Promise.resolve(zstdBomb(300)) });
    try {
      const messages = [{ value: 'x', partition: 0 }];
      await bench.producer.send({ topic, compression: CompressionTypes.ZSTD, messages });
    } finally {
      CompressionCodecs[CompressionTypes.ZSTD] = ours;
    }
    await bench.put(topic, 0, behind);
    const under = source(topic);
    const reading = new Reading(under);
    await reading.until(2);
    await reading.stop();
    expect(textsOf(reading)).toEqual([...before, 'zstd: too large', ...behind]);
    expect(under.counters).toMatchObject({ unreadable: 1, unreadableRecords: 1, restarts: 0 });
  });

  it('a crowd of empty records that the broker took is set aside', async () => {
    const topic = await bench.topic();
    const [before, behind] = [contractEvents(1), contractEvents(1)];
    await bench.put(topic, 0, before);
    const records = Array.from({ length: 70_000 }, () => ({ value: '' }));
    await produceWithJava(address, topic, [{ codec: 'gzip', records }], 8_000_000);
    await bench.put(topic, 0, behind);
    const under = source(topic);
    const reading = new Reading(under);
    await reading.until(2);
    await reading.stop();
    expect(textsOf(reading)).toEqual([...before, 'gzip: too many records', ...behind]);
    expect(positionsOf(reading)[1]).toBe(`${topic}/0@1..70000`);
    expect(under.counters).toMatchObject({ unreadable: 1, unreadableRecords: 70_000, restarts: 0, empty: 0 });
  });

  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(fc.nat(255), fc.nat(200_000)).map(([byte, count]) => Buffer.alloc(count, byte)),
    fc.tuple(fc.nat(80_000), fc.nat(60_000)).map(([from, count]) => EVENTS.subarray(from, from + count)),
    fc.nat(400_000).map((length) => Buffer.from(unevenText(length))),
  );
  const pieces = fc.array(chunk, { maxLength: 5 }).map((chunks) => Buffer.concat(chunks));

  it('come back as they were, whatever is in them', async () => {
    const kinds: readonly (Omit<Piece, 'bytes'> & { readonly decompress: Decompressor })[] = [
      { codec: 'snappy', decompress: unsnappy },
      { codec: 'snappy-raw', decompress: unsnappy },
      { codec: 'lz4', decompress: unlz4 },
      { codec: 'lz4', level: 17, decompress: unlz4 },
      { codec: 'zstd', level: -5, decompress: unzstd },
      { codec: 'zstd', level: 3, decompress: unzstd },
      { codec: 'zstd', level: 13, decompress: unzstd },
      { codec: 'zstd', level: 19, decompress: unzstd },
    ];
    const plain = fc.sample(pieces, { numRuns: 12, seed: 5 });
    expect(Math.max(...plain.map((each) => each.length))).toBeGreaterThan(300_000);
    const all = kinds.flatMap((kind) => plain.map((bytes) => ({ ...kind, bytes })));
    const packed = await compressWithJava(all);
    const wrong = all.filter(({ bytes, decompress }, index) => {
      const read = inflate(decompress, packed[index]!, 4 * 1024 * 1024);
      return typeof read === 'string' || !read.equals(bytes);
    });
    expect(wrong.map(({ codec, level, bytes }) => [codec, level, bytes.length])).toEqual([]);
  }, 60_000);
});
