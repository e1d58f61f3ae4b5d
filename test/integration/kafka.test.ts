import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { AppError, type Batch, type Source } from '../../src/model/index.ts';
import { auditIds, contractEvents, Reading, sourceContract } from '../contract/source.ts';
import { aBench, aKafkaSource, fresh, type Bench, type Line } from '../support/kafka.ts';
import { describeOn } from '../support/services/describe.ts';

const idsOf = (events: readonly string[]): string[] => events.flatMap((event) => auditIds(event));
const positionsOf = (batches: readonly Batch[]): string[] =>
  batches.flatMap((batch) => batch.records.map((record) => record.origin.position));

describeOn(['kafka'], 'the Kafka source', (address) => {
  let bench: Bench;
  const open: Source[] = [];
  beforeAll(async () => {
    bench = await aBench(address);
  });
  afterEach(async () => {
    for (const source of open.splice(0)) await source.close();
  });
  afterAll(() => bench.close());

  /** A source with a group of its own, unless one is given. */
  const source = (topics: readonly string[], more: object = {}, lines: Line[] = []) => {
    const made = aKafkaSource({ brokers: [address], topics, groupId: fresh('group'), ...more }, lines);
    open.push(made);
    return made;
  };

  sourceContract('kafka', {
    resumes: true,
    cluster: 'prod',
    flood: 8 * 1024 * 1024,
    rig: async () => {
      const [topic, groupId] = [await bench.topic(), fresh('group')];
      return {
        source: () =>
          aKafkaSource({ brokers: [address], topics: [topic], groupId, cluster: 'prod', maxInFlight: '1MiB' }),
        put: (events) => bench.put(topic, 0, events),
        // The broker goes after the tests, and its topics with it.
        close: () => Promise.resolve(),
      };
    },
  });

  it('resumes each partition at our position and not at the group’s', async () => {
    const [topic, groupId] = [await bench.topic(3), fresh('group')];
    const events = [contractEvents(10), contractEvents(10), contractEvents(10)];
    for (const [partition, each] of events.entries()) await bench.put(topic, partition, each);
    const partitions = [0, 1, 2].map((partition) => ({ partition, offset: '5' }));
    await bench.admin.setOffsets({ groupId, topic, partitions });
    const from = new Map([
      [`kafka/audit/${topic}/0`, '3'],
      [`kafka/audit/${topic}/1`, '8'],
      [`kafka/other/${topic}/1`, '1'],
    ]);
    const reading = new Reading(source([topic], { groupId }), from);
    await reading.until(7 + 2 + 10);
    await reading.stop();
    const wanted = [...events[0]!.slice(3), ...events[1]!.slice(8), ...events[2]!];
    expect(reading.ids.toSorted()).toEqual(idsOf(wanted).toSorted());
    expect(Object.fromEntries(reading.saved)).toMatchObject({
      [`kafka/audit/${topic}/0`]: '10',
      [`kafka/audit/${topic}/1`]: '10',
      [`kafka/audit/${topic}/2`]: '10',
    });
  });

  it('commits to the group what was committed to it, and no more', async () => {
    const [topic, groupId] = [await bench.topic(), fresh('group')];
    const reading = new Reading(source([topic], { groupId }));
    for (const count of [4, 7]) {
      await bench.put(topic, 0, contractEvents(count - reading.ids.length));
      await reading.until(count, false);
    }
    for (const batch of reading.batches.slice(0, -1)) await reading.commit(batch);
    await reading.stop();
    const [offsets] = await bench.admin.fetchOffsets({ groupId, topics: [topic] });
    const wanted = reading.saved.get(`kafka/audit/${topic}/0`);
    expect(Number(wanted)).toBeLessThan(7);
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: wanted }]);
  });

  it('reads a partition that is added while it reads from its first record on', async () => {
    const topic = await bench.topic(1);
    const lines: Line[] = [];
    const reading = new Reading(source([topic], { fromBeginning: false }, lines));
    await vi.waitFor(() => expect(lines.map((line) => line.message)).toContain('reading from Kafka'), 20_000);
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    const added = contractEvents(5);
    await bench.put(topic, 1, added);
    while (!reading.saved.has(`kafka/audit/${topic}/1`)) {
      const batch = await reading.next();
      await reading.commit(batch!);
    }
    await reading.stop();
    expect(reading.ids.filter((id) => idsOf(added).includes(id))).toEqual(idsOf(added));
  });

  it('begins with the next record where told so, also for a partition that stays silent over a restart', async () => {
    const [topic, groupId] = [await bench.topic(2), fresh('group')];
    await bench.put(topic, 0, contractEvents(5));
    await bench.put(topic, 1, contractEvents(5));
    const lines: Line[] = [];
    const before = new Reading(source([topic], { groupId, fromBeginning: false }, lines));
    await vi.waitFor(() => expect(lines.map((line) => line.message)).toContain('reading from Kafka'), 20_000);
    const [first, second] = [contractEvents(2), contractEvents(2)];
    await bench.put(topic, 0, first);
    await before.until(2);
    await before.stop();
    await bench.put(topic, 1, second);
    const after = new Reading(source([topic], { groupId, fromBeginning: false }), before.saved);
    await after.until(2);
    await after.stop();
    expect([before.ids, after.ids]).toEqual([idsOf(first), idsOf(second)]);
  });

  it('hands on whatever bytes come, skips empty records, counts and passes over records above 64 MiB', async () => {
    const topic = await bench.topic(1, { 'max.message.bytes': '90000000' });
    const lines: Line[] = [];
    const under = source([topic], { maxBytes: '1MiB' }, lines);
    const huge = Buffer.alloc(64 * 1024 * 1024 + 1);
    const large = Buffer.alloc(3 * 1024 * 1024, 'x');
    await bench.put(topic, 0, ['{"half', null, Buffer.from([0, 255, 254]), '']);
    await bench.producer.send({ topic, compression: CompressionTypes.GZIP, messages: [{ value: huge, partition: 0 }] });
    await bench.put(topic, 0, [large, ...contractEvents(1)]);
    const reading = new Reading(under);
    await reading.until(1);
    await reading.stop();
    expect(positionsOf(reading.batches)).toEqual([0, 2, 5, 6].map((offset) => `${topic}/0@${offset}`));
    const bytes = reading.batches.flatMap((batch) => batch.records.map((record) => Buffer.from(record.bytes)));
    expect(bytes[1]).toEqual(Buffer.from([0, 255, 254]));
    expect(bytes[2]!.equals(large)).toBe(true);
    expect(under.counters).toMatchObject({ empty: 2, oversize: 1 });
    expect(lines.filter((line) => line.level === 'warn').map((line) => line.fields)).toMatchObject([
      { position: `${topic}/0@4` },
    ]);
  });

  it('takes the cluster from header, topic or settings, in this order', async () => {
    const [a, b] = [await bench.topic(), await bench.topic()];
    await bench.put(a, 0, contractEvents(1), { headers: { cluster: 'by-header' } });
    await bench.put(a, 0, contractEvents(1), { headers: { cluster: 'not a name\n' } });
    await bench.put(b, 0, contractEvents(1));
    const settings = { clusterHeader: 'cluster', clusterByTopic: { [a]: 'by-topic' }, cluster: 'by-source' };
    const reading = new Reading(source([a, b], settings));
    await reading.until(3);
    await reading.stop();
    const clusters = reading.batches.flatMap((batch) => batch.records.map((record) => record.origin));
    expect(clusters.map((origin) => [origin.position, origin.cluster]).toSorted()).toEqual([
      [`${a}/0@0`, 'by-header'],
      [`${a}/0@1`, 'by-topic'],
      [`${b}/0@0`, 'by-source'],
    ]);
  });

  it('goes on with the oldest record, loudly, where the broker has deleted what it would resume from', async () => {
    const topic = await bench.topic(2);
    await bench.put(topic, 0, contractEvents(10));
    const kept = contractEvents(5);
    await bench.put(topic, 0, kept);
    await bench.put(topic, 1, contractEvents(2));
    await bench.forget(topic, 0, 10);
    const lines: Line[] = [];
    const under = source([topic], {}, lines);
    const from = new Map([
      [`kafka/audit/${topic}/0`, '4'],
      // Beyond the end: the topic was made anew.
      [`kafka/audit/${topic}/1`, '99'],
    ]);
    const reading = new Reading(under, from);
    await reading.until(7);
    await reading.stop();
    expect(reading.ids).toEqual(expect.arrayContaining(idsOf(kept)));
    expect(under.counters).toMatchObject({ jumps: 2, lost: 6 });
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });

  it('goes on with the oldest record where it is deleted while the source is behind', async () => {
    const topic = await bench.topic();
    const under = source([topic], { maxInFlight: '1KiB', maxBytes: '1KiB' });
    const reading = new Reading(under);
    for (let round = 0; round < 20; round++) await bench.put(topic, 0, contractEvents(10, 500));
    await reading.untilSilent(500);
    const held = reading.batches.length;
    expect(reading.ids.length).toBeLessThan(150);
    await bench.forget(topic, 0, 195);
    for (const batch of reading.batches.slice(0, held)) await reading.commit(batch);
    while (reading.saved.get(`kafka/audit/${topic}/0`) !== '200') {
      const batch = await reading.next();
      await reading.commit(batch!);
    }
    await reading.stop();
    expect(positionsOf(reading.batches).slice(-5)).toEqual(
      [195, 196, 197, 198, 199].map((offset) => `${topic}/0@${offset}`),
    );
    expect(under.counters.jumps).toBe(1);
    expect(under.counters.lost).toBeGreaterThan(0);
    expect(new Set(reading.ids).size).toBe(reading.ids.length);
  });

  it('waits for a topic that does not exist yet', async () => {
    const topic = fresh('later');
    const lines: Line[] = [];
    const reading = new Reading(source([topic], {}, lines));
    await vi.waitFor(
      () => expect(lines.map((line) => line.message).join('\n')).toContain(`waiting for the topics ${topic}`),
      20_000,
    );
    await bench.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    const events = contractEvents(3);
    await bench.put(topic, 0, events);
    await reading.until(3);
    await reading.stop();
    expect(reading.ids).toEqual(idsOf(events));
  });

  it('refuses to be the second member of a group, and the first one does not notice', async () => {
    const [topic, groupId] = [await bench.topic(2), fresh('group')];
    const lines: Line[] = [];
    const first = new Reading(source([topic], { groupId }, lines));
    await bench.put(topic, 0, contractEvents(2));
    await first.until(2);
    const second = new Reading(source([topic], { groupId, sessionTimeout: '1s' }));
    const refusal = await second.next().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ code: 'source-second-member', retryable: false });
    expect(String(refusal)).toContain(groupId);
    await bench.put(topic, 1, contractEvents(2));
    await first.until(4);
    await first.stop();
    expect(new Set(first.ids).size).toBe(4);
    expect(lines.filter((line) => line.message === 'reading from Kafka')).toHaveLength(1);
  }, 60_000);

  it('leaves exactly one of several that start at once, with every partition', async () => {
    const [topic, groupId] = [await bench.topic(4), fresh('group')];
    const readings = [1, 2, 3].map(() => new Reading(source([topic], { groupId })));
    const outcomes = readings.map((reading) =>
      reading.ask().then(
        () => 'reads',
        (error: AppError) => error.code,
      ),
    );
    const refused = (): Promise<string> =>
      Promise.any(
        outcomes.map((each) => each.then((is) => (is === 'reads' ? Promise.reject(new Error('reads')) : is))),
      );
    expect(await refused()).toBe('source-second-member');
    for (const partition of [0, 1, 2, 3]) await bench.put(topic, partition, contractEvents(1));
    const settled = await Promise.all(outcomes);
    expect(settled.toSorted()).toEqual(['reads', 'source-second-member', 'source-second-member']);
    const winner = readings[settled.indexOf('reads')]!;
    await winner.until(4);
    await winner.stop();
    expect(new Set(winner.ids).size).toBe(4);
  }, 60_000);

  it('refuses a group that another program reads', async () => {
    const [topic, groupId] = [await bench.topic(), fresh('group')];
    const other = new Kafka({ brokers: [address], clientId: 'other-program', logLevel: logLevel.NOTHING }).consumer({
      groupId,
    });
    await other.connect();
    await other.subscribe({ topics: [topic] });
    const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve));
    await other.run({ eachMessage: () => Promise.resolve() });
    await joined;
    try {
      const reading = new Reading(source([topic], { groupId, sessionTimeout: '1s' }));
      await expect(reading.next()).rejects.toMatchObject({ code: 'source-second-member' });
    } finally {
      await other.disconnect();
    }
  });

  it('ends at once and without an error while no broker answers', async () => {
    const reading = new Reading(aKafkaSource({ brokers: ['127.0.0.1:1'], topics: ['audit'] }));
    expect(await reading.stop()).toEqual([]);
  });
});
