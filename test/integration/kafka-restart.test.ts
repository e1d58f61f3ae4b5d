import { afterAll, beforeAll, expect, it } from 'vitest';
import { Reading } from '../contract/source.ts';
import { aBench, aKafkaSource, type Bench, type Line } from '../support/kafka.ts';
import { describeOn } from '../support/services/describe.ts';
import { startKafka } from '../support/services/kafka.ts';
import type { Server } from '../support/services/server.ts';

const PARTITIONS = 3;
const event = (id: string): string => JSON.stringify({ kind: 'Event', auditID: id, pad: 'x'.repeat(500) });

describeOn(['kafka'], 'the Kafka source over restarts', () => {
  // A broker of its own: the others' tests must not see it go.
  let broker: Server;
  let bench: Bench;
  beforeAll(async () => {
    broker = await startKafka();
    bench = await aBench(broker.address);
  });
  afterAll(async () => {
    await bench?.close();
    await broker?.stop();
  });

  it('gives every record once while the broker stops, and crashes, under load', async () => {
    const topic = await bench.topic(PARTITIONS);
    const lines: Line[] = [];
    const source = aKafkaSource({ brokers: [broker.address], topics: [topic], maxInFlight: '64KiB' }, lines);
    const reading = new Reading(source);

    const acknowledged: string[] = [];
    const enough = new AbortController();
    const load = (async () => {
      for (let round = 0; !enough.signal.aborted; round++) {
        const ids = Array.from({ length: 20 }, (_, index) => `event-${round}-${index}`);
        // Not acknowledged because the broker is away: may be there or not, nobody counts on it.
        const sent = await bench.put(topic, round % PARTITIONS, ids.map(event)).then(
          () => true,
          () => false,
        );
        if (sent) acknowledged.push(...ids);
      }
    })();
    const reader = (async () => {
      for (let batch = await reading.next(); batch; batch = await reading.next()) await reading.commit(batch);
    })();

    const seen = async (more: number): Promise<void> => {
      const goal = reading.ids.length + more;
      await expect.poll(() => reading.ids.length, { timeout: 60_000 }).toBeGreaterThan(goal);
    };
    await seen(300);
    await broker.restart();
    await seen(300);
    await broker.kill();
    await broker.restart();
    await seen(300);
    enough.abort();
    await load;

    const ends = await bench.admin.fetchTopicOffsets(topic);
    const done = () =>
      ends.every(({ partition, high }) => (reading.saved.get(`kafka/audit/${topic}/${partition}`) ?? '0') === high);
    await expect.poll(done, { timeout: 60_000 }).toBe(true);
    await reading.stop();
    await reader;

    const positions = reading.batches.flatMap((batch) => batch.records.map((record) => record.origin.position));
    const wanted = ends.flatMap(({ partition, high }) =>
      Array.from({ length: Number(high) }, (_, offset) => `${topic}/${partition}@${offset}`),
    );
    expect(acknowledged.length).toBeGreaterThan(900);
    expect(positions.length).toBe(wanted.length);
    expect(new Set(positions)).toEqual(new Set(wanted));
    const read = new Set(reading.ids);
    expect(acknowledged.filter((id) => !read.has(id))).toEqual([]);
    expect(source.counters).toMatchObject({ jumps: 0, lost: 0 });
  }, 180_000);
});
