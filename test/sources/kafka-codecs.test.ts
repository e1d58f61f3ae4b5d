import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadKafkaJs } from '../../src/sources/kafka-client.ts';
import { codecs, unreadableBatch } from '../../src/sources/kafka-codecs.ts';
import { zstdBlock, zstdBomb, zstdFrame } from '../support/kafka-bomb.ts';
import { readFetched, recordBatch, recordsOf } from '../support/kafka-batch.ts';
import { fixture } from './kafka-inflating.ts';

const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4] as const;
const packed = (values: readonly string[]): Buffer => gzipSync(recordsOf(values));
const values = (of: Awaited<ReturnType<typeof readFetched>>): string[] => of.map(({ value }) => String(value));

const NAMED: readonly [number, string][] = [
  [GZIP, 'gzip'],
  [SNAPPY, 'snappy'],
  [LZ4, 'lz4'],
  [ZSTD, 'zstd'],
];

describe('the codecs, as kafkajs uses them', () => {
  beforeAll(async () => {
    await loadKafkaJs();
  });

  it('give the records of a batch', async () => {
    const batch = recordBatch({ codec: GZIP, packed: packed(['a', 'b', 'c']), records: 3, firstOffset: 7 });
    const read = await readFetched(batch);
    expect(values(read)).toEqual(['a', 'b', 'c']);
    expect(read.map(({ offset, value }) => [offset, unreadableBatch(value!)])).toEqual([
      ['7', undefined],
      ['8', undefined],
      ['9', undefined],
    ]);
  });

  it.each(NAMED)('put a stand-in in the place of a batch that %i (%s) cannot read', async (codec, name) => {
    const good = recordBatch({ codec: GZIP, packed: packed(['a', 'b']), records: 2, firstOffset: 10 });
    const bad = recordBatch({ codec, packed: Buffer.alloc(50, 0xee), records: 5, firstOffset: 12, lastDelta: 8 });
    const next = recordBatch({ codec: GZIP, packed: packed(['c']), records: 1, firstOffset: 21 });
    const read = await readFetched(good, bad, next);
    expect(values(read)).toEqual(['a', 'b', '', '', '', '', expect.stringContaining(name), 'c']);
    expect(read.map(({ offset }) => Number(offset))).toEqual([10, 11, 12, 12, 12, 12, 20, 21]);
    expect(read.map(({ value }) => unreadableBatch(value!)?.codec)).toEqual([
      undefined,
      undefined,
      name,
      name,
      name,
      name,
      name,
      undefined,
    ]);
    expect(unreadableBatch(read[6]!.value!)).toMatchObject({ records: 5, firstOffset: 12, lastOffset: 20 });
  });

  it.each<[string, () => Buffer, string]>([
    ['cut', () => recordBatch({ codec: GZIP, packed: packed(['abc']).subarray(0, -12), records: 1 }), 'truncated'],
    ['that holds fewer records', () => recordBatch({ codec: GZIP, packed: packed(['a']), records: 2 }), 'corrupt'],
    [
      'that holds more records',
      () => recordBatch({ codec: GZIP, packed: packed(['a', 'b', 'c']), records: 2 }),
      'corrupt',
    ],
    [
      'whose record says it is longer than the batch',
      () => recordBatch({ codec: GZIP, packed: gzipSync(Buffer.from([200, 1, 0, 0])), records: 1 }),
      'corrupt',
    ],
    [
      'whose record has a length without an end',
      () => recordBatch({ codec: GZIP, packed: gzipSync(Buffer.alloc(20, 255)), records: 1 }),
      'corrupt',
    ],
    [
      'whose record has a negative length',
      () => recordBatch({ codec: GZIP, packed: gzipSync(Buffer.from([3, 0, 0])), records: 1 }),
      'corrupt',
    ],
    ['of another codec', () => recordBatch({ codec: LZ4, packed: fixture('few.zstd'), records: 3 }), 'corrupt'],
    ['of a bomb', () => recordBatch({ codec: ZSTD, packed: zstdBomb(129), records: 1 }), 'too large'],
    [
      'of a gzip bomb',
      () => recordBatch({ codec: GZIP, packed: gzipSync(Buffer.alloc(129 * 1024 * 1024), { level: 1 }), records: 1 }),
      'too large',
    ],
  ])('set a batch aside %s', async (_, batch, flaw) => {
    const read = await readFetched(batch());
    expect(unreadableBatch(read.at(-1)!.value!)).toMatchObject({ flaw });
  });

  it('see every turned bit of what the checksum guards', async () => {
    const batch = recordBatch({ codec: GZIP, packed: packed(['{"kind":"Event"}']), records: 1, firstOffset: 3 });
    let seen = 0;
    // Behind the numbers of the batch that say how many records to pass over and where.
    for (let bit = 61 * 8; bit < batch.length * 8; bit++) {
      const turned = Buffer.from(batch);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      const [read] = await readFetched(turned);
      expect(unreadableBatch(read!.value!)).toMatchObject({ flaw: 'checksum mismatch', lastOffset: 3 });
      seen++;
    }
    expect(seen).toBeGreaterThan(300);
  });

  it('take no record of a sender for a stand-in', async () => {
    const forged = recordBatch({ codec: GZIP, packed: packed(['', 'gzip: corrupt']), records: 2 });
    const read = await readFetched(forged);
    expect(read.map(({ value }) => unreadableBatch(value!))).toEqual([undefined, undefined]);
  });

  it.each([
    ['none', 0, 0],
    ['more than its offsets', 5, 3],
    ['more than can be', 2 ** 31 - 1, 2 ** 31 - 1],
    ['offsets that run away', 1, 2 ** 31 - 1],
  ])('pass over nothing where the header cannot be right: %s', async (_, records, lastDelta) => {
    const bytes = Buffer.alloc(50, 0xee);
    const batch = recordBatch({ codec: ZSTD, packed: bytes, records, lastDelta });
    const view = batch.subarray(61);
    await expect(codecs().get(ZSTD)!.decompress(view)).rejects.toThrow(
      'neither be read (zstd: corrupt) nor passed over',
    );
  });

  it('say so where there is no header at all, as in message sets', async () => {
    await expect(codecs().get(SNAPPY)!.decompress(Buffer.alloc(50, 0xee))).rejects.toMatchObject({
      code: 'source',
      retryable: true,
      message: expect.stringMatching(/before Kafka 0\.11: its partition.*waits there.*kafka-delete-records/) as string,
    });
    expect(await codecs().get(SNAPPY)!.decompress(fixture('few.snappy'))).toHaveLength(2_605);
  });

  describe('together in one fetch', () => {
    const LIMIT = 300_000;
    const large = (firstOffset: number): Buffer => {
      const records = recordsOf(['x'.repeat(200_000)]);
      const runs = [records.subarray(0, 1_000), records.subarray(-1_000)];
      const middle = records.length - 2_000;
      const blocks = [
        zstdBlock(0, runs[0]!),
        zstdBlock(1, Buffer.from('x'), false, middle - 100_000),
        zstdBlock(1, Buffer.from('x'), false, 100_000),
        zstdBlock(0, runs[1]!, true),
      ];
      return recordBatch({
        codec: ZSTD,
        packed: Buffer.concat([zstdFrame(0, 0x58), ...blocks]),
        records: 1,
        firstOffset,
      });
    };
    const withLimit = async <T>(body: () => Promise<T>): Promise<T> => {
      const known = kafkajs.CompressionCodecs as Record<number, () => object>;
      const before = known[ZSTD]!;
      const codec = codecs(LIMIT).get(ZSTD)!;
      known[ZSTD] = () => codec;
      try {
        return await body();
      } finally {
        known[ZSTD] = before;
      }
    };

    it('become no more than one may: the rest is fetched again, nothing is lost', async () => {
      await withLimit(async () => {
        const batches = [large(0), large(1), large(2)];
        const lengths: (number | undefined)[] = [];
        for (let next = 0; next < 3;) {
          const read = await readFetched(...batches.slice(next));
          expect(read.map(({ offset }) => Number(offset))).toEqual([next]);
          lengths.push(read[0]!.value?.length);
          next += read.length;
        }
        expect(lengths).toEqual([200_000, 200_000, 200_000]);
      });
    });

    it('cost nothing where they are set aside', async () => {
      await withLimit(async () => {
        const bomb = recordBatch({ codec: ZSTD, packed: zstdBomb(1), records: 1 });
        const read = await readFetched(bomb, bomb, large(2));
        expect(read.map(({ value }) => unreadableBatch(value!)?.flaw ?? value!.length)).toEqual([
          'too large',
          'too large',
          200_000,
        ]);
      });
    });
  });
});
