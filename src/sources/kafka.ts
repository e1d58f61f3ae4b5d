import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  defineSpec,
  messageOf,
  type AppError,
  type Batch,
  type Context,
  type Positions,
  type Source,
} from '../model/index.ts';
import { loadKafkaJs } from './kafka-client.ts';
import { KafkaConsumer, type ConsumerEvents } from './kafka-consumer.ts';
import { Handover } from './kafka-handover.ts';
import { Progress } from './kafka-progress.ts';
import { kafkaSettings, type KafkaSettings } from './kafka-settings.ts';
import { diagnose } from './kafka-trouble.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** A trouble that lasts is told again after this. */
const REMIND_MS = 60_000;
/** The group's offsets are for monitoring: once a second is enough. */
const COMMIT_EVERY_MS = 1_000;
/** A broker that is away must not hold up the end. */
const CLOSE_MS = 5_000;

/** What a Kafka source has counted since it started. */
export type KafkaCounters = {
  /** Tombstones and empty values. */
  empty: number;
  /** Records above 64 MiB. */
  oversize: number;
  /** Compressed batches that could not be read: corrupt, or bombs. */
  unreadable: number;
  /** Records that were in them. */
  unreadableRecords: number;
  /** Offsets that the broker no longer had. */
  jumps: number;
  /** Records that were gone with them. */
  lost: number;
  /** Consumers started after a crash. */
  restarts: number;
  /** Group commits that failed. */
  commitFailures: number;
};

/** Reads topics as the only member of a consumer group, from the offsets of our own checkpoint. */
class KafkaSource implements Source {
  readonly name: string;
  readonly counters: KafkaCounters = {
    empty: 0,
    oversize: 0,
    unreadable: 0,
    unreadableRecords: 0,
    jumps: 0,
    lost: 0,
    restarts: 0,
    commitFailures: 0,
  };
  readonly #settings: KafkaSettings;
  readonly #context: Context;
  readonly #handover: Handover;
  readonly #stop = new AbortController();
  readonly #uncommitted = new Map<string, string>();
  #consumer: KafkaConsumer | undefined;
  #supervision: Promise<void> | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  #commitFailing = false;
  #closing: Promise<void> | undefined;
  #hasJoined = false;
  #pause = FIRST_PAUSE_MS;
  #told = { message: '', at: 0 };
  #toldUnreadable = -Infinity;

  constructor(name: string, settings: KafkaSettings, context: Context) {
    this.name = name;
    this.#settings = settings;
    this.#context = context;
    this.#handover = new Handover(settings.maxInFlight);
    if (settings.sasl && settings.ssl === false)
      context.log.warn({ source: name }, 'the Kafka password travels in the clear: set ssl');
  }

  async *read(from: Positions, signal: AbortSignal): AsyncGenerator<Batch> {
    if (signal.aborted || this.#stop.signal.aborted) return;
    const halt = () => this.#halt();
    signal.addEventListener('abort', halt, { once: true });
    try {
      const progress = new Progress(this.name, from, this.#settings.fromBeginning);
      this.#supervision = this.#supervise(progress).catch((error: unknown) => {
        this.#handover.end(diagnose(error, this.#settings));
      });
      for (;;) {
        const batch = await this.#handover.take();
        if (batch === undefined) return;
        yield batch;
      }
    } finally {
      signal.removeEventListener('abort', halt);
      this.#halt();
    }
  }

  commit(upTo: Positions): Promise<void> {
    for (const [key, offset] of this.#handover.release(upTo)) this.#uncommitted.set(key, offset);
    if (this.#uncommitted.size > 0)
      this.#commitTimer ??= setTimeout(() => void this.#commitGroup(), COMMIT_EVERY_MS).unref();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Keeps a consumer running: brokers come and go, the iteration stays. */
  async #supervise(progress: Progress): Promise<void> {
    const kafkajs = await loadKafkaJs();
    const [id, since] = [randomUUID(), this.#context.now()];
    while (!this.#stop.signal.aborted) {
      const consumer = new KafkaConsumer({
        kafkajs,
        source: this.name,
        settings: this.#settings,
        context: this.#context,
        handover: this.#handover,
        progress,
        events: this.#events,
        id,
        since,
        isFirst: !this.#hasJoined,
      });
      this.#consumer = consumer;
      try {
        await consumer.run();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const trouble = diagnose(error, this.#settings);
        if (trouble.code === 'source-second-member' || (!trouble.retryable && !this.#hasJoined)) {
          this.#handover.end(trouble);
          return;
        }
        await this.#recover(trouble);
      }
    }
  }

  async #recover(trouble: AppError): Promise<void> {
    const { message } = trouble;
    const isNews = message !== this.#told.message || performance.now() - this.#told.at > REMIND_MS;
    if (isNews) {
      this.#told = { message, at: performance.now() };
      this.#context.log.error({ source: this.name, err: trouble }, `the Kafka source is interrupted: ${message}`);
    }
    this.counters.restarts++;
    await delay(this.#pause, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  readonly #events: ConsumerEvents = {
    joined: (partitions) => {
      this.#hasJoined = true;
      this.#pause = FIRST_PAUSE_MS;
      this.#told = { message: '', at: 0 };
      this.#context.log.info({ source: this.name, group: this.#settings.groupId, partitions }, 'reading from Kafka');
    },
    skipped: (why, position) => {
      this.counters[why]++;
      const text = why === 'empty' ? 'an empty Kafka record is skipped' : 'a Kafka record above 64 MiB is skipped';
      this.#context.log[why === 'empty' ? 'debug' : 'warn']({ source: this.name, position }, text);
    },
    unreadable: ({ codec, flaw, records }, position) => {
      this.counters.unreadable++;
      this.counters.unreadableRecords += records;
      const isNews = performance.now() - this.#toldUnreadable > REMIND_MS;
      if (isNews) this.#toldUnreadable = performance.now();
      const fields = { source: this.name, position, codec, flaw, records };
      const text = 'a compressed Kafka batch cannot be read: it is rejected as a whole, reading goes on behind it';
      this.#context.log[isNews ? 'error' : 'debug'](fields, text);
    },
    jumped: ({ topic, partition, from, to }) => {
      this.counters.jumps++;
      this.counters.lost += Math.max(0, to - from);
      const fields = { source: this.name, topic, partition, from, to };
      this.#context.log.error(
        fields,
        'Kafka no longer has the offset to resume from: reading goes on with the oldest record',
      );
    },
    waiting: (who) => {
      const message = `the consumer group has a member, ${who}: waiting for its session to end`;
      this.#context.log.warn({ source: this.name, group: this.#settings.groupId }, message);
    },
  };

  async #commitGroup(): Promise<void> {
    this.#commitTimer = undefined;
    await this.#committing;
    this.#committing = this.#commitOnce();
    await this.#committing;
  }

  async #commitOnce(): Promise<void> {
    const prefix = `kafka/${this.name}/`;
    const offsets = Array.from(this.#uncommitted, ([key, offset]) => {
      const [topic, partition] = key.slice(prefix.length).split('/');
      return { topic: topic!, partition: Number(partition), offset };
    });
    this.#uncommitted.clear();
    try {
      await this.#consumer?.commit(offsets);
      this.#commitFailing = false;
    } catch (error) {
      this.counters.commitFailures++;
      if (!this.#commitFailing) {
        const fields = { source: this.name, reason: messageOf(error) };
        this.#context.log.warn(fields, 'the group’s offsets could not be committed; only monitoring suffers');
      }
      this.#commitFailing = true;
    }
  }

  #halt(): void {
    this.#stop.abort();
    this.#handover.end();
    this.#consumer?.stop();
  }

  async #close(): Promise<void> {
    this.#halt();
    clearTimeout(this.#commitTimer);
    const leave = async (): Promise<void> => {
      await this.#commitGroup();
      await this.#consumer?.close();
      await this.#supervision;
    };
    const patience = new AbortController();
    await Promise.race([
      leave().catch((error: unknown) =>
        this.#context.log.debug({ source: this.name, err: error }, 'while leaving Kafka'),
      ),
      delay(CLOSE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
  }
}

/** Audit events from Kafka topics; one process per consumer group. */
export const kafkaSource = defineSpec({
  type: 'kafka',
  description: 'Audit events from Kafka topics, one Event, EventList, array or JSON lines a record.',
  settings: kafkaSettings,
  create: (name, settings, context): Source & { readonly counters: KafkaCounters } =>
    new KafkaSource(name, settings, context),
});
