import { z } from 'zod';
import { AppError, duration, secret, shapeSetting, size } from '../model/index.ts';
import type { Address } from './webhook-server.ts';
import { isLoopback, parseAddress } from './webhook-server.ts';

/** A name that a cluster may have in a path. */
export const CLUSTER = /^[a-z0-9.-]{1,63}$/;

/** What the configuration of a webhook source may say. */
export const webhookSettings = z.object({
  listen: z.string().default('127.0.0.1:9443').describe('Address and port to listen on, as host:port.'),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]$/, 'must be a path such as /audit')
    .default('/audit')
    .describe('Where events are posted to. One more segment may name the cluster: /audit/<cluster>.'),
  cluster: z
    .string()
    .regex(CLUSTER, 'must be 1 to 63 of a-z, 0-9, "." and "-"')
    .optional()
    .describe('The name of the cluster that posts here; otherwise the path names it.'),
  shape: shapeSetting(),
  tls: z
    .strictObject({
      cert: z.string().describe("PEM file of the server's certificate chain."),
      key: z.string().describe('PEM file of its key.'),
      clientCa: z.string().optional().describe('PEM file of the CA whose client certificates may post.'),
    })
    .optional()
    .describe('Serve https. The API server sends credentials over https only.'),
  tokens: z
    .array(secret())
    .default([])
    .describe('Bearer tokens that may post. Either a token or a certificate of tls.clientCa is enough.'),
  maxBody: size('64MiB').describe('A longer body is refused with 413.'),
  maxInFlight: size('256MiB').describe('Bytes of all bodies held at once; beyond it senders are told to come again.'),
  maxConnections: z.number().int().min(1).default(1024).describe('Connections at once; more are dropped.'),
  hold: duration('10s').describe('How long a sender waits for its events to become durable before it gets 503.'),
});

/** The settings of a webhook source, parsed. */
export type WebhookSettings = z.output<typeof webhookSettings>;

/** The address to listen on; throws AppError `config` for settings that would let anyone in or cannot work. */
export function checkedAddress(
  name: string,
  { listen, tls, maxBody, maxInFlight }: WebhookSettings,
  tokens: readonly string[],
): Address {
  const wrong = (message: string): AppError => new AppError('config', `${name}: ${message}`);
  const address = parseAddress(listen);
  if (address === undefined) throw wrong('listen: must be host:port, such as 127.0.0.1:9443 or [::1]:9443');
  if (tokens.some((token) => !/^\S+$/.test(token))) throw wrong('tokens: a token is empty or has a space in it');
  if (tokens.length === 0 && tls?.clientCa === undefined && !isLoopback(address.host)) {
    throw wrong('listen: an address that others can reach needs tokens or tls.clientCa');
  }
  if (maxBody > maxInFlight) throw wrong('maxInFlight: must not be below maxBody');
  return address;
}
