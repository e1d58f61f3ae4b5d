import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';

const client = (broker: string) =>
  new Kafka({ clientId: 'lapwing-test', brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 20 } });

export async function createTopic(broker: string, topic: string, partitions: number): Promise<void> {
  const admin = client(broker).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
}

/** Sends what `next` gives, message by message and some forty times a second, until the signal aborts. */
export async function produce(
  broker: string,
  topic: string,
  signal: AbortSignal,
  next: () => readonly string[],
): Promise<void> {
  const producer: Producer = client(broker).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  while (!signal.aborted) {
    await producer.send({ topic, acks: -1, messages: next().map((value) => ({ value })) });
    await sleep(25);
  }
  await producer.disconnect();
}
