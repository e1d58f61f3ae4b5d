import { readFile } from 'node:fs/promises';
import type * as kafkajsModule from 'kafkajs';
import type { Kafka, KafkaConfig, LogEntry, SASLOptions } from 'kafkajs';
import { AppError, messageOf, type Context, type Logger } from '../model/index.ts';
import { codecs } from './kafka-codecs.ts';
import { boundBatches } from './kafka-crowd.ts';
import type { KafkaSettings } from './kafka-settings.ts';

/** The parts of the client library that a source needs. */
export type KafkaJs = Pick<
  typeof kafkajsModule,
  'Kafka' | 'AssignerProtocol' | 'CompressionCodecs' | 'CompressionTypes' | 'logLevel'
>;

/** The same line of the client is passed on once in this time. */
const QUIET_MS = 30_000;
const ERROR_LEVEL = 1;

/** The client library, loaded only where a Kafka source is configured, with a bounded decompressor for each codec. */
export async function loadKafkaJs(): Promise<KafkaJs> {
  const { default: kafkajs } = await import('kafkajs');
  boundBatches();
  const known = kafkajs.CompressionCodecs as Record<number, () => object>;
  // What it knows itself it can also compress with.
  const gzip = known[kafkajs.CompressionTypes.GZIP]!();
  for (const [number, codec] of codecs()) {
    const whole = number === Number(kafkajs.CompressionTypes.GZIP) ? { ...gzip, ...codec } : codec;
    known[number] = () => whole;
  }
  return kafkajs;
}

const read = async (path: string | undefined): Promise<string | undefined> => {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('config', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
};

async function tls(ssl: KafkaSettings['ssl']): Promise<NonNullable<KafkaConfig['ssl']>> {
  if (typeof ssl === 'boolean') return ssl;
  const [ca, cert, key] = await Promise.all([read(ssl.ca), read(ssl.cert), read(ssl.key)]);
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

// The source itself tells of a lost connection and of a crash, once and with what it does about it.
const TOLD_BY_US = /^(Connection error|Failed to connect|Crash|Response GroupCoordinator)/;

/** Passes the client's lines on: its errors as warnings, each once in a while, the rest as debug lines. */
function bridge(log: Logger, source: string, onEntry: (entry: LogEntry) => void): (entry: LogEntry) => void {
  const told = new Map<string, number>();
  return (entry) => {
    onEntry(entry);
    const { message, broker, error, topic, partition } = entry.log as Record<string, unknown>;
    const fields = { source, client: 'kafkajs', broker, error, topic, partition };
    const now = performance.now();
    const last = told.get(String(message));
    if (
      entry.level !== ERROR_LEVEL ||
      TOLD_BY_US.test(String(message)) ||
      (last !== undefined && now - last < QUIET_MS)
    ) {
      log.debug(fields, String(message));
      return;
    }
    if (told.size > 100) told.clear();
    told.set(String(message), now);
    log.warn(fields, String(message));
  };
}

/**
 * A client for the configured brokers; files and credentials are read anew each time. It fails fast: trying again is the source's
 * work.
 */
export async function connectKafka(
  kafkajs: KafkaJs,
  source: string,
  settings: KafkaSettings,
  context: Context,
  onEntry: (entry: LogEntry) => void,
): Promise<Kafka> {
  const { sasl } = settings;
  const log = bridge(context.log, source, onEntry);
  return new kafkajs.Kafka({
    clientId: `lapwing-${source}`,
    brokers: settings.brokers,
    ssl: await tls(settings.ssl),
    ...(sasl && { sasl: { ...sasl, password: context.reveal(sasl.password) } as SASLOptions }),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { retries: 1, initialRetryTime: 200 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => log,
  });
}
