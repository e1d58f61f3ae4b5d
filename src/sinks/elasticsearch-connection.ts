import type { Client, ClientOptions } from '@elastic/elasticsearch';
import { AppError, messageOf } from '../model/index.ts';
import { escapeControls } from './console-text.ts';

/** Who we are to the cluster. */
export type Credentials = { readonly username: string; readonly password: string } | { readonly apiKey: string };

export interface ConnectionOptions {
  readonly nodes: readonly string[];
  readonly credentials?: Credentials;
  /** PEM of the authority that signed the nodes' certificates; the system's authorities where absent. */
  readonly ca?: string;
  readonly compression: boolean;
  /** Milliseconds for one request, from the first byte out to the last byte in. */
  readonly timeout: number;
}

/** What the server said: its status and its body, whatever that is. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface CallOptions {
  readonly signal: AbortSignal;
  readonly ignore: number[];
  readonly meta: true;
}

/** An error as Elasticsearch writes it, in answers and in items of answers. */
export interface ServerError {
  readonly type?: string;
  readonly reason?: string;
  readonly caused_by?: { readonly reason?: string };
}

const LONGEST = 500;

/**
 * A client of the cluster, loaded at the first call. Each call has one deadline and ends at an abort; failures come as retryable
 * AppErrors without credentials and without anything that a log could not take.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #secrets: readonly string[];
  readonly #closing = new AbortController();
  #client: Promise<Client> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#secrets = secretsOf(options.credentials);
  }

  /** Runs one request; statuses that the caller can read (`accept`) are answers, other ones from 300 on are errors. */
  async call(
    what: string,
    signal: AbortSignal,
    accept: readonly number[],
    request: (client: Client, options: CallOptions) => Promise<{ statusCode?: number | null; body: unknown }>,
  ): Promise<Answer> {
    const { timeout } = this.#options;
    const stop = new AbortController();
    let isLate = false;
    const abort = () => stop.abort();
    const deadline = setTimeout(() => {
      isLate = true;
      stop.abort();
    }, timeout);
    if (signal.aborted || this.#closing.signal.aborted) abort();
    signal.addEventListener('abort', abort);
    this.#closing.signal.addEventListener('abort', abort);
    try {
      this.#client ??= connect(this.#options);
      const { statusCode, body } = await request(await this.#client, {
        signal: stop.signal,
        ignore: [...accept],
        meta: true,
      });
      const status = statusCode ?? 0;
      if (status >= 300 && !accept.includes(status)) throw new Error(`HTTP ${status} instead of an answer`);
      return { status, body };
    } catch (thrown) {
      const why = isLate ? `no answer within ${timeout} ms` : stop.signal.aborted ? 'stopped' : explain(thrown);
      throw this.failure(what, why);
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
      this.#closing.signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Everything that goes wrong with a whole request can heal without us (an outage, a full disk, a credential that is renewed, a
   * role that is granted), and nothing may be set aside because of it: hence always retryable. The client's own error is left
   * behind, because it carries the request.
   */
  failure(what: string, why: string): AppError {
    return new AppError('sink', `Elasticsearch, ${what}: ${this.clean(why)}`, { retryable: true });
  }

  /** Text of the server, cut, on one line, without our credentials. */
  clean(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '[secret]');
    clean = escapeControls(clean.slice(0, LONGEST * 4));
    return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = this.#client;
    this.#client = undefined;
    await (await client?.catch(() => undefined))?.close();
  }
}

/** An error of the server as one sentence: its type, its reason and what lies beneath. */
export function sayError(error: ServerError | undefined): string {
  const parts = [error?.type, error?.reason, error?.caused_by?.reason];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(': ') || 'no reason given';
}

/** The error of a whole answer, where there is one. */
export const errorIn = (body: unknown): ServerError | undefined =>
  (body as { error?: ServerError } | null | undefined)?.error ?? undefined;

async function connect({ nodes, credentials, ca, compression, timeout }: ConnectionOptions): Promise<Client> {
  // Loading the client takes longer than the rest of the start: only those who use it pay.
  const { Client: Elasticsearch } = await import('@elastic/elasticsearch');
  const options: ClientOptions = {
    nodes: [...nodes],
    compression,
    requestTimeout: timeout,
    // Each node once; waiting and trying again is the delivery's business.
    maxRetries: nodes.length - 1,
    sniffOnStart: false,
    sniffOnConnectionFault: false,
    enableMetaHeader: false,
    ...(credentials !== undefined && { auth: credentials }),
    ...(ca !== undefined && { tls: { ca } }),
  };
  return new Elasticsearch(options);
}

const HINTS: ReadonlyMap<number, string> = new Map([
  [401, 'the credentials are refused'],
  [403, 'the credentials lack a privilege'],
]);

function explain(thrown: unknown): string {
  const { name, statusCode, body } = thrown as { name?: string; statusCode?: number; body?: unknown };
  if (name === 'ProductNotSupportedError') return 'the server does not say that it is Elasticsearch';
  if (name === 'DeserializationError') return 'the answer is no JSON';
  if (name !== 'ResponseError') return messageOf(thrown);
  const hint = HINTS.get(statusCode ?? 0);
  const error = errorIn(body);
  const said = error === undefined ? '' : typeof error === 'string' ? error : sayError(error);
  return [`HTTP ${statusCode}`, hint, said].filter((part) => part !== undefined && part !== '').join(', ');
}

function secretsOf(credentials: Credentials | undefined): string[] {
  if (credentials === undefined) return [];
  const all =
    'apiKey' in credentials
      ? [credentials.apiKey]
      : [credentials.password, Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')];
  return all.filter((each) => each.length > 3);
}
