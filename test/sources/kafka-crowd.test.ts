import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadKafkaJs } from '../../src/sources/kafka-client.ts';
import { unreadableBatch } from '../../src/sources/kafka-codecs.ts';
import { readFetched, recordBatch, recordsOf } from '../support/kafka-batch.ts';

const MOST = 65_536;
const [NONE, GZIP] = [0, 1] as const;
const empty = recordsOf(['']);
const empties = (count: number): Buffer => Buffer.alloc(count * empty.length, empty);
const crowd = (codec: number, records: number, firstOffset: number): Buffer => {
  const bytes = empties(records);
  return recordBatch({ codec, packed: codec === GZIP ? gzipSync(bytes) : bytes, records, firstOffset });
};
const few = (value: string, firstOffset: number): Buffer =>
  recordBatch({ codec: GZIP, packed: gzipSync(recordsOf([value])), records: 1, firstOffset });

describe('batches of many records', () => {
  beforeAll(async () => {
    await loadKafkaJs();
  });

  it.each([
    ['no codec', NONE, MOST + 1],
    ['gzip', GZIP, 200_000],
    ['gzip', GZIP, 1_000_000],
  ])('with %s (%i) of %i records become one that stands for all, and what is around them is read', async (...given) => {
    const [name, codec, records] = given;
    const read = await readFetched(few('a', 6), crowd(codec, records, 7), few('b', 7 + records));
    expect(read.map(({ offset, value }) => [Number(offset), String(value)])).toEqual([
      [6, 'a'],
      [6 + records, `${name}: too many records`],
      [7 + records, 'b'],
    ]);
    expect(read.map(({ value }) => unreadableBatch(value!))).toEqual([
      undefined,
      { codec: name, flaw: 'too many records', records, firstOffset: 7, lastOffset: 6 + records },
      undefined,
    ]);
  });

  it('are read up to the limit, and no more than a few of them at once: the rest is fetched again', async () => {
    const batches = Array.from({ length: 5 }, (_, index) => crowd(GZIP, MOST, index * MOST));
    const read = await readFetched(...batches);
    expect(read).toHaveLength(4 * MOST);
    expect(read.at(-1)).toMatchObject({ offset: `${3 * MOST}` });
    expect(await readFetched(batches[4]!)).toHaveLength(MOST);
  });

  it('come again where the fetch has cut them off', async () => {
    const cut = crowd(NONE, MOST + 1, 7).subarray(0, -1);
    expect((await readFetched(few('a', 6), cut)).map(({ value }) => String(value))).toEqual(['a']);
  });

  it('that announce offsets which cannot be are not passed over', async () => {
    const wrong = recordBatch({ codec: GZIP, packed: gzipSync(''), records: MOST + 1, lastDelta: 3, firstOffset: 9 });
    await expect(readFetched(few('a', 8), wrong)).rejects.toMatchObject({
      code: 'source',
      retryable: true,
      message: expect.stringMatching(/at offset 9 .*its header is damaged/) as string,
    });
  });
});
