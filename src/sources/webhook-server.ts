import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv4 } from 'node:net';
import { AppError, messageOf } from '../model/index.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** "127.0.0.1:9443", "[::1]:9443", "audit.example:9443"; undefined where the text is none of these. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  return match && port <= 65_535 ? { host: (match[1] ?? match[2])!, port } : undefined;
}

/** Only this machine can reach it. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

const LIMITS = {
  // The API server's connection pool keeps idle connections for 90 s: it must be the one to close them.
  keepAliveTimeout: 120_000,
  headersTimeout: 10_000,
  // A sender gives up after 30 s.
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
};

/** A server that does not listen yet. HTTP/1.1 only; with a client CA it asks for certificates and leaves the verdict to others. */
export function makeServer(
  tls: TlsFiles | undefined,
  maxConnections: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server =
    tls === undefined ? createServer(LIMITS, handle) : createTlsServer({ ...LIMITS, ...tlsOptions(tls) }, handle);
  server.maxConnections = maxConnections;
  return server;
}

function tlsOptions({ cert, key, clientCa }: TlsFiles): object {
  return {
    cert: readPem(cert),
    key: readPem(key),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: 10_000,
    // Probes come without a certificate, so a missing one is judged for each request, not for the connection.
    ...(clientCa !== undefined && { ca: readPem(clientCa), requestCert: true, rejectUnauthorized: false }),
  };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new AppError('config', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
