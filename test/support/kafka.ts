import { Kafka, logLevel, type Admin, type Message, type Producer } from 'kafkajs';
import type { Context, Logger, Source } from '../../src/model/index.ts';
import { kafkaSource, type KafkaCounters } from '../../src/sources/kafka.ts';

/** What a context under test was told. */
export interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: object;
}

let serial = 0;
/** A name that no other test of this run uses. */
export const fresh = (what: string): string => `${what}-${process.pid}-${++serial}`;

/** A context that keeps what is logged. */
function aContext(lines: Line[] = []): Context {
  const at = (level: keyof Logger) => (fields: object, message: string) => void lines.push({ level, message, fields });
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log, dataDir: '/nonexistent', now: () => Date.now() * 1_000, reveal: (each) => each.reference };
}

/** A Kafka source named "audit" with quick timings. */
export function aKafkaSource(settings: object, lines: Line[] = []): Source & { readonly counters: KafkaCounters } {
  const parsed = kafkaSource.settings.parse({ sessionTimeout: '10s', metadataAge: '500ms', ...settings });
  return kafkaSource.create('audit', parsed as never, aContext(lines)) as ReturnType<typeof aKafkaSource>;
}

/** A way into a broker for tests: topics, records and groups. */
export interface Bench {
  readonly admin: Admin;
  readonly producer: Producer;
  /** Makes a topic with a name of its own. */
  topic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>;
  /** Sends to one partition; resolves once the broker has them. */
  put(
    topic: string,
    partition: number,
    values: readonly (string | Buffer | null)[],
    more?: Partial<Message>,
  ): Promise<void>;
  /** Deletes the records before this offset, as retention does. */
  forget(topic: string, partition: number, before: number): Promise<void>;
  close(): Promise<void>;
}

export async function aBench(address: string): Promise<Bench> {
  const kafka = new Kafka({
    brokers: [address],
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 1_000 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  await Promise.all([admin.connect(), producer.connect()]);
  return {
    admin,
    producer,
    topic: async (partitions = 1, config = {}) => {
      const topic = fresh('topic');
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
      return topic;
    },
    put: async (topic, partition, values, more = {}) => {
      await producer.send({ topic, messages: values.map((value) => ({ ...more, value, partition })) });
    },
    forget: async (topic, partition, before) => {
      // kafkajs looks for the leader before it knows the topic: this makes it known.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
    },
    close: async () => {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}
