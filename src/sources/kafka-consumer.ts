import type { Consumer, EachBatchPayload, Kafka, KafkaMessage, LogEntry } from 'kafkajs';
import type { Context, RawRecord } from '../model/index.ts';
import { connectKafka, type KafkaJs } from './kafka-client.ts';
import { unreadableBatch, type UnreadableBatch } from './kafka-codecs.ts';
import { awaitFreeGroup, secondMember, singleMember, type Claim } from './kafka-group.ts';
import type { Handover } from './kafka-handover.ts';
import type { Jump, Progress } from './kafka-progress.ts';
import { positionOf, toRecord, type Skipped } from './kafka-records.ts';
import type { KafkaSettings } from './kafka-settings.ts';

/** One batch handed over holds at most so much, a single larger record excepted. */
const BATCH_RECORDS = 2_000;
const BATCH_BYTES = 1024 * 1024;
/** How long the broker may hold an empty fetch: also how long a stop has to wait for the fetch in flight. */
const FETCH_WAIT_MS = 200;

/** What the consumer tells the source. */
export interface ConsumerEvents {
  readonly joined: (partitions: number) => void;
  readonly skipped: (why: Exclude<Skipped, 'unreadable'>, position: string) => void;
  readonly unreadable: (batch: UnreadableBatch, position: string) => void;
  readonly jumped: (jump: Jump) => void;
  readonly waiting: (who: string) => void;
}

export interface ConsumerOptions {
  readonly kafkajs: KafkaJs;
  readonly source: string;
  readonly settings: KafkaSettings;
  readonly context: Context;
  readonly handover: Handover;
  readonly progress: Progress;
  readonly events: ConsumerEvents;
  /** Who this process is, the same over all its consumers. */
  readonly id: string;
  readonly since: number;
  /** The process's first consumer: it waits for a free group and settles where reading begins. */
  readonly isFirst: boolean;
}

/** One life of a kafkajs consumer: from connecting to the stop or the crash. The source starts another one after a crash. */
export class KafkaConsumer {
  readonly #options: ConsumerOptions;
  readonly #stop = new AbortController();
  #consumer: Consumer | undefined;
  #holds = false;
  #crash: (error: unknown) => void = () => {};

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  /** Reads until stopped; throws what ended it otherwise. */
  async run(): Promise<void> {
    const { kafkajs, source, settings, context } = this.#options;
    const kafka = await connectKafka(kafkajs, source, settings, context, (entry) => this.#heard(entry));
    await this.#settle(kafka);
    if (this.#stop.signal.aborted) return;

    const consumer = this.#build(kafka);
    this.#consumer = consumer;
    const ended = new Promise<void>((resolve, reject) => {
      this.#crash = reject;
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    // The crash may come before anyone waits for it.
    ended.catch(() => {});
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#crash(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.#joined(consumer, payload.memberAssignment));
    try {
      await Promise.race([ended, this.#start(consumer)]);
      await ended;
    } catch (error) {
      await consumer.disconnect().catch(() => {});
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  /** Fetches nothing more; `run` resolves. The group and the connection stay until `close`. */
  stop(): void {
    this.#stop.abort();
    try {
      this.#consumer?.pause(this.#options.settings.topics.map((topic) => ({ topic })));
    } catch {
      // Not running: nothing to pause.
    }
  }

  /** Tells the group how far the checkpoint is; for monitoring only. */
  async commit(offsets: readonly { topic: string; partition: number; offset: string }[]): Promise<void> {
    if (this.#holds && offsets.length > 0) await this.#consumer?.commitOffsets([...offsets]);
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.stop();
    await this.#consumer?.disconnect();
  }

  async #settle(kafka: Kafka): Promise<void> {
    const { settings, progress, events, isFirst } = this.#options;
    const admin = kafka.admin();
    try {
      await admin.connect();
      const patience = settings.sessionTimeout / 1_000 + 2_000;
      if (isFirst) await awaitFreeGroup(admin, settings.groupId, patience, events.waiting, this.#stop.signal);
      for (const topic of settings.topics) {
        const extents = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
          partition,
          low: Number(low),
          high: Number(high),
        }));
        for (const jump of progress.begin(topic, extents, isFirst)) events.jumped(jump);
      }
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  #build(kafka: Kafka): Consumer {
    const { kafkajs, settings, id, since } = this.#options;
    const session = settings.sessionTimeout / 1_000;
    const claim = (): Claim => ({ id, since, holds: this.#holds });
    return kafka.consumer({
      groupId: settings.groupId,
      partitionAssigners: [singleMember(kafkajs.AssignerProtocol, claim)],
      sessionTimeout: session,
      rebalanceTimeout: Math.max(session, 60_000),
      heartbeatInterval: this.#heartbeatMs,
      metadataMaxAge: settings.metadataAge / 1_000,
      maxBytes: settings.maxBytes,
      maxBytesPerPartition: settings.maxBytes,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      // Carries the membership over a restart of the broker; past that the source starts a new consumer.
      retry: { retries: 8, initialRetryTime: 200, maxRetryTime: 2_000, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  get #heartbeatMs(): number {
    return Math.min(3_000, this.#options.settings.sessionTimeout / 1_000 / 6);
  }

  async #start(consumer: Consumer): Promise<void> {
    await consumer.connect();
    // Where an offset is out of range, kafkajs goes on with the oldest record.
    await consumer.subscribe({ topics: [...this.#options.settings.topics], fromBeginning: true });
    if (this.#stop.signal.aborted) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#handOver(payload),
    });
  }

  /** Runs before anything is fetched for the new assignment: every partition is set to our own offset, never the group's. */
  #joined(consumer: Consumer, assignment: Readonly<Record<string, readonly number[]>>): void {
    const { progress, settings, events } = this.#options;
    const partitions = Object.entries(assignment).flatMap(([topic, ids]) =>
      ids.map((partition) => ({ topic, partition })),
    );
    this.#holds = partitions.length > 0;
    if (!this.#holds) {
      this.#crash(secondMember(settings.groupId, 'another process that started first'));
      return;
    }
    for (const { topic, partition } of partitions)
      consumer.seek({ topic, partition, offset: String(progress.next(topic, partition)) });
    if (this.#stop.signal.aborted) this.stop();
    events.joined(partitions.length);
  }

  async #handOver({ batch, heartbeat, resolveOffset, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { handover, progress, events } = this.#options;
    const { topic, partition, messages } = batch;
    const jump = messages[0] && progress.follow(topic, partition, Number(messages[0].offset));
    if (jump) events.jumped(jump);

    for (let from = 0; from < messages.length;) {
      while (handover.isFull && !this.#stop.signal.aborted) {
        await handover.room(this.#heartbeatMs);
        await heartbeat();
      }
      if (this.#stop.signal.aborted || !isRunning() || isStale()) return;
      const until = cut(messages, from);
      const last = messages[until - 1]!;
      const records = this.#records(topic, partition, messages.slice(from, until));
      const positions = progress.advance(topic, partition, Number(last.offset) + 1);
      // Where all were skipped, the next batch of the partition carries the position.
      if (records.length > 0) handover.push({ records, positions });
      resolveOffset(last.offset);
      await heartbeat();
      from = until;
    }
  }

  #records(topic: string, partition: number, messages: readonly KafkaMessage[]): RawRecord[] {
    const { source, settings, context, progress, events } = this.#options;
    const next = progress.next(topic, partition);
    const received = context.now();
    const records: RawRecord[] = [];
    for (const message of messages) {
      // Fetched twice around a rebalance.
      if (Number(message.offset) < next) continue;
      const record = toRecord(source, settings, topic, partition, message, received);
      // Its last message stands for the whole batch.
      if (record === 'unreadable') continue;
      if (typeof record === 'string') {
        events.skipped(record, `${topic}/${partition}@${message.offset}`);
        continue;
      }
      records.push(record);
      const unreadable = unreadableBatch(message.value!);
      if (unreadable) events.unreadable(unreadable, positionOf(topic, partition, unreadable));
    }
    return records;
  }

  /** kafkajs tells of an offset out of range only in its log. */
  #heard({ log }: LogEntry): void {
    if (!log.message.startsWith('Offset out of range, resetting')) return;
    const { topic, partition } = log as unknown as { topic: string; partition: number };
    this.#options.progress.markOutOfRange(topic, partition);
  }
}

/** The end of the next piece of at most BATCH_RECORDS messages and BATCH_BYTES bytes, one message at least. */
function cut(messages: readonly KafkaMessage[], from: number): number {
  let bytes = 0;
  let until = from;
  while (until < messages.length && until - from < BATCH_RECORDS) {
    bytes += messages[until]!.value?.length ?? 0;
    if (until > from && bytes > BATCH_BYTES) break;
    until++;
  }
  return until;
}
