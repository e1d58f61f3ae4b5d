import { z } from 'zod';
import { duration, secret, shapeSetting, size } from '../model/index.ts';

const path = (what: string) => z.string().min(1).describe(`Path of the PEM file with ${what}.`);
const clusterName = z.string().min(1).max(253);

/** The settings of a Kafka source, as the configuration file has them. */
export const kafkaSettings = z.strictObject({
  brokers: z
    .array(z.string().regex(/^[^\s/:]{1,253}:\d{1,5}$|^\[[0-9a-fA-F:]{2,45}\]:\d{1,5}$/, 'must be host:port'))
    .min(1)
    .describe('Brokers to ask first, as host:port.'),
  topics: z
    .array(z.string().regex(/^[\w.-]{1,249}$/, 'must be a topic name (letters, digits, dot, dash, underscore)'))
    .min(1)
    .describe('Topics that hold audit events. A topic that does not exist yet is waited for.'),
  groupId: z
    .string()
    .min(1)
    .max(249)
    .default('lapwing')
    .describe('Consumer group. One process reads it; a second one is refused. Its offsets are for monitoring only.'),
  cluster: clusterName.optional().describe('Cluster name of all events, where nothing more exact is known.'),
  clusterByTopic: z.record(z.string(), clusterName).optional().describe('Cluster name by topic.'),
  clusterHeader: z
    .string()
    .min(1)
    .max(249)
    .optional()
    .describe('Record header that carries the cluster name; goes before clusterByTopic and cluster.'),
  shape: shapeSetting(),
  ssl: z
    .union([
      z.boolean(),
      z.strictObject({
        ca: path('the certificate authority').optional(),
        cert: path('the client certificate').optional(),
        key: path('the key of the client certificate').optional(),
      }),
    ])
    .default(false)
    .describe('TLS: true for the system’s authorities, or the paths of ca, cert and key.'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string().min(1),
      password: secret(),
    })
    .optional()
    .describe('Credentials of the connection.'),
  fromBeginning: z
    .boolean()
    .default(true)
    .describe('Where nothing was read yet: true begins with the oldest record, false with the next one that comes.'),
  sessionTimeout: duration('30s').describe(
    'The broker gives the partitions away after so long without a sign of life.',
  ),
  metadataAge: duration('30s').describe(
    'How often topics are looked up anew; added partitions are read after at most this.',
  ),
  maxBytes: size('8MiB').describe('What one fetch brings at most, a single larger record excepted.'),
  maxInFlight: size('32MiB').describe('Bytes read ahead of what is durable.'),
});

export type KafkaSettings = z.output<typeof kafkaSettings>;
