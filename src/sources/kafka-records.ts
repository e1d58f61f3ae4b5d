import type { KafkaMessage } from 'kafkajs';
import type { Micros, RawRecord } from '../model/index.ts';
import { unreadableBatch, type UnreadableBatch } from './kafka-codecs.ts';
import type { KafkaSettings } from './kafka-settings.ts';

/** A record above this is no audit event; the API server's own limit is far below. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Why a message is no record: a tombstone, too large to look at, or one of a batch that could not be read. */
export type Skipped = 'empty' | 'oversize' | 'unreadable';

const PRINTABLE = /^[\x21-\x7e]{1,253}$/;

/** The cluster of a message: its header, else its topic's, else the source's. A header that is no plain name is ignored. */
function clusterOf(settings: KafkaSettings, topic: string, message: KafkaMessage): string | undefined {
  const { clusterHeader, clusterByTopic, cluster } = settings;
  if (clusterHeader !== undefined) {
    const header = message.headers?.[clusterHeader];
    const value = (Array.isArray(header) ? header.at(-1) : header)?.toString();
    if (value !== undefined && PRINTABLE.test(value)) return value;
  }
  return (clusterByTopic && Object.hasOwn(clusterByTopic, topic) ? clusterByTopic[topic] : undefined) ?? cluster;
}

/**
 * One Kafka message as a record, its bytes as they came. A batch that could not be read becomes one record that says so: the decoder
 * rejects it, counts it and keeps it with its position.
 */
export function toRecord(
  source: string,
  settings: KafkaSettings,
  topic: string,
  partition: number,
  message: KafkaMessage,
  received: Micros,
): RawRecord | Skipped {
  const { value } = message;
  if (value === null) return 'empty';
  const unreadable = unreadableBatch(value);
  if (value.length === 0) return unreadable ? 'unreadable' : 'empty';
  if (value.length > MAX_RECORD_BYTES) return 'oversize';
  const { shape } = settings;
  const cluster = clusterOf(settings, topic, message);
  const position = unreadable ? positionOf(topic, partition, unreadable) : `${topic}/${partition}@${message.offset}`;
  return {
    bytes: value,
    origin: { source, position, ...(cluster !== undefined && { cluster }), ...(shape !== undefined && { shape }) },
    received,
    ...(unreadable && { unreadable: `${unreadable.codec}: ${unreadable.flaw}` }),
  };
}

/** The offsets of a batch, for people. */
export const positionOf = (topic: string, partition: number, { firstOffset, lastOffset }: UnreadableBatch): string =>
  `${topic}/${partition}@${firstOffset}..${lastOffset}`;
