import type { KafkaMessage } from 'kafkajs';
import type { Micros, RawRecord } from '../model/index.ts';
import type { KafkaSettings } from './kafka-settings.ts';

/** A record above this is no audit event; the API server's own limit is far below. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Why a message is no record: a tombstone, or too large to look at. */
export type Skipped = 'empty' | 'oversize';

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

/** One Kafka message as a record, its bytes as they came. */
export function toRecord(
  source: string,
  settings: KafkaSettings,
  topic: string,
  partition: number,
  message: KafkaMessage,
  received: Micros,
): RawRecord | Skipped {
  const { value } = message;
  if (value === null || value.length === 0) return 'empty';
  if (value.length > MAX_RECORD_BYTES) return 'oversize';
  const cluster = clusterOf(settings, topic, message);
  return {
    bytes: value,
    origin: { source, position: `${topic}/${partition}@${message.offset}`, ...(cluster !== undefined && { cluster }) },
    received,
  };
}
