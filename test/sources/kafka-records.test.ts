import { gzipSync } from 'node:zlib';
import type { KafkaMessage } from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadKafkaJs } from '../../src/sources/kafka-client.ts';
import { toRecord } from '../../src/sources/kafka-records.ts';
import { kafkaSettings } from '../../src/sources/kafka-settings.ts';
import { readFetched, recordBatch, recordsOf } from '../support/kafka-batch.ts';

const settings = kafkaSettings.parse({
  brokers: ['b:9092'],
  topics: ['audit'],
  cluster: 'own',
  clusterByTopic: { audit: 'by-topic' },
  clusterHeader: 'cluster',
  shape: 'raw-event',
});
const record = (message: object, topic = 'audit') =>
  toRecord('kafka', settings, topic, 3, { offset: '42', headers: {}, ...message } as unknown as KafkaMessage, 77);

describe('a Kafka message', () => {
  beforeAll(async () => {
    await loadKafkaJs();
  });

  it('becomes a record with its bytes, place, shape and time of receipt', () => {
    const value = Buffer.from('{}');
    expect(record({ value })).toEqual({
      bytes: value,
      origin: { source: 'kafka', position: 'audit/3@42', cluster: 'by-topic', shape: 'raw-event' },
      received: 77,
    });
  });

  it.each<[string, object, string, string]>([
    ['its header', { headers: { cluster: Buffer.from('by-header') } }, 'audit', 'by-header'],
    ['the last of several headers', { headers: { cluster: ['a', Buffer.from('b')] } }, 'audit', 'b'],
    ['its topic', { headers: { cluster: Buffer.from('no name') } }, 'audit', 'by-topic'],
    ['the source', {}, '__proto__', 'own'],
  ])('has its cluster from %s', (_, parts, topic, cluster) =>
    expect(record({ value: Buffer.from('{}'), ...parts }, topic)).toMatchObject({ origin: { cluster } }),
  );

  it.each<[string, Buffer | null, string]>([
    ['a tombstone', null, 'empty'],
    ['an empty value', Buffer.alloc(0), 'empty'],
    ['a value above 64 MiB', Buffer.alloc(64 * 1024 * 1024 + 1), 'oversize'],
  ])('is passed where it is %s', (_, value, why) => expect(record({ value })).toBe(why));

  it('that stands for a batch says so with its offsets, and only the last one of the batch does', async () => {
    const bad = recordBatch({ codec: 3, packed: Buffer.alloc(50, 0xee), records: 3, firstOffset: 40 });
    const read = (await readFetched(bad)).map((message) => record(message));
    expect(read).toMatchObject([
      'unreadable',
      'unreadable',
      { unreadable: 'lz4: corrupt', origin: { position: 'audit/3@40..42', cluster: 'by-topic' } },
    ]);
    const forged = gzipSync(recordsOf(['lz4: corrupt']));
    const [message] = await readFetched(recordBatch({ codec: 1, packed: forged, records: 1 }));
    expect(record(message!)).not.toHaveProperty('unreadable');
  });
});
