import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppError as Failure, Batch, Context, Positions, RawRecord, Source } from '../model/index.ts';
import { AppError, defineSpec, messageOf, MILLISECOND, MINUTE } from '../model/index.ts';
import type { Held } from './held-requests.ts';
import { HeldRequests } from './held-requests.ts';
import { Credentials } from './webhook-auth.ts';
import { BodyBudget, declaredLength, readBody } from './webhook-body.ts';
import type { Address } from './webhook-server.ts';
import { makeServer } from './webhook-server.ts';
import type { WebhookSettings } from './webhook-settings.ts';
import { checkedAddress, CLUSTER, webhookSettings } from './webhook-settings.ts';

const BATCH_BYTES = 8 * 1024 * 1024;
/** Of a body that is turned away so much is read and forgotten, so that an honest sender sees the answer. */
const DISCARD_UNKNOWN = 1024 * 1024;
/** Then no more is read, and the connection is cut after so many ms: cut at once, it could take the answer with it. */
const LINGER = 1_000;
const RETRY_AFTER = '5';
/** After this time without a refusal it is worth trying again, even where no request came to show that. */
const REFUSAL_LASTS = MINUTE / 2;
/** Receives what API servers post. A request is answered with 200 only once its events are committed. */
export class WebhookSource implements Source {
  readonly name: string;
  readonly #settings: WebhookSettings;
  readonly #context: Context;
  readonly #address: Address;
  readonly #credentials: Credentials;
  readonly #budget: BodyBudget;
  readonly #held: HeldRequests;
  readonly #server: Server;
  readonly #key: string;
  #requests = 0;
  #closed: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #reading = false;
  #refusedAt = -Infinity;
  #toldAt = -Infinity;
  #turnedAway = 0;

  constructor(name: string, given: WebhookSettings, context: Context) {
    this.name = name;
    this.#key = `webhook/${name}`;
    this.#settings = given;
    this.#context = context;
    const tokens = given.tokens.map((token) => context.reveal(token).trim());
    this.#address = checkedAddress(name, given, tokens);
    this.#credentials = new Credentials(tokens, given.tls?.clientCa !== undefined);
    if (tokens.length > 0 && given.tls === undefined) {
      context.log.warn({ source: name }, 'tokens without tls: an API server sends none over http');
    }
    this.#budget = new BodyBudget(given.maxInFlight);
    this.#held = new HeldRequests({
      hold: given.hold / MILLISECOND,
      release: (bytes) => this.#budget.give(bytes),
      answer: (response, status) => this.#answer(response, status),
    });
    this.#server = this.#makeServer();
  }

  /** Binds at once. Positions mean nothing here: what was not answered with 200 is posted again. */
  read(_from: Positions, signal: AbortSignal): AsyncGenerator<Batch> {
    const bound = signal.aborted || this.#closing.signal.aborted ? Promise.resolve() : this.#listen();
    // The generator awaits it; a consumer that never starts it is no reason to crash.
    bound.catch(() => {});
    return this.#batches(bound, signal);
  }

  async commit(upTo: Positions): Promise<void> {
    if (this.#settle(upTo, 200)) this.#refusedAt = -Infinity;
  }

  refuse(upTo: Positions, error: Failure): void {
    if (!this.#settle(upTo, 503)) return;
    this.#refusedAt = this.#context.now();
    this.#context.log.warn({ source: this.name, reason: error.message }, 'requests were refused');
  }

  /** Where it listens; undefined before it does. */
  address(): AddressInfo | undefined {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address : undefined;
  }

  /** Bytes of bodies held now. */
  get bytesHeld(): number {
    return this.#budget.held;
  }

  /** Stops accepting; what is in a batch has the time of `hold` to be committed, everything else is answered with 503. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    this.#held.stop();
    await this.#held.drain();
    this.#server.closeIdleConnections();
    // Bodies that are still arriving, and answers that nobody reads.
    const timer = setTimeout(() => this.#server.closeAllConnections(), 1_000);
    await closed;
    clearTimeout(timer);
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#address;
    try {
      const listening = once(this.#server, 'listening', this.#closing);
      this.#server.listen(port, host);
      await listening;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      throw new AppError('source', `${this.name}: cannot listen on ${this.#settings.listen}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#server.on('error', (error) =>
      this.#context.log.error({ source: this.name, reason: messageOf(error) }, 'server'),
    );
  }

  async *#batches(bound: Promise<void>, signal: AbortSignal): AsyncGenerator<Batch> {
    if (signal.aborted) return;
    const stop = (): void => {
      this.#reading = false;
      this.#held.stop();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await bound;
      this.#reading = !signal.aborted;
      for (;;) {
        const batch = await this.#held.take(BATCH_BYTES);
        if (batch === undefined) return;
        const records = batch.requests.map((held) => this.#record(held));
        yield { records, positions: new Map([[this.#key, String(batch.sequence)]]) };
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  #record({ bytes, received, cluster, position }: Held): RawRecord {
    const { shape } = this.#settings;
    const named = { ...(cluster !== undefined && { cluster }), ...(shape !== undefined && { shape }) };
    return { bytes, received, origin: { source: this.name, position, pushed: true, ...named } };
  }

  #settle(upTo: Positions, status: 200 | 503): boolean {
    const sequence = Number(upTo.get(this.#key));
    return Number.isSafeInteger(sequence) && this.#held.settle(sequence, status);
  }

  #makeServer(): Server {
    const { tls, maxConnections } = this.#settings;
    try {
      return makeServer(tls, maxConnections, (request, response) => this.#handle(request, response));
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('config', `${this.name}: tls: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Everything that can be said from the headers is said before the body is read. */
  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {});
    const path = request.url!.split('?', 1)[0]!;
    if (path === '/livez') return this.#probe(request, response, true);
    if (path === '/readyz') return this.#probe(request, response, this.#isReady());
    const cluster = this.#clusterOf(path);
    if (cluster === false) return this.#turnAway(request, response, 404);
    if (request.method !== 'POST') return this.#turnAway(request, response, 405, { Allow: 'POST' });
    if (!this.#credentials.admit(request)) {
      return this.#turnAway(request, response, 401, { 'WWW-Authenticate': 'Bearer' });
    }
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding.toLowerCase() !== 'identity') return this.#turnAway(request, response, 415);
    if ((declaredLength(request) ?? 0) > this.#settings.maxBody) return this.#turnAway(request, response, 413);
    if (!this.#reading || this.#closing.signal.aborted) return this.#turnAway(request, response, 503);
    void this.#receive(request, response, cluster);
    return undefined;
  }

  async #receive(request: IncomingMessage, response: ServerResponse, cluster: string | undefined): Promise<void> {
    const body = await readBody(request, this.#settings.maxBody, this.#budget);
    if (body === 'too large') return this.#turnAway(request, response, 413);
    if (body === 'overload') return this.#turnAway(request, response, 503);
    if (body === 'aborted') return undefined;
    const { remoteAddress, remotePort } = request.socket;
    const position = `${remoteAddress ?? 'gone'}:${remotePort ?? 0}#${++this.#requests}`;
    return this.#held.add({ bytes: body, received: this.#context.now(), cluster, position }, response);
  }

  /** The cluster that a path stands for (undefined: unnamed), or false where it is no path of ours. */
  #clusterOf(path: string): string | undefined | false {
    const { path: prefix, cluster } = this.#settings;
    if (path === prefix) return cluster;
    if (!path.startsWith(`${prefix}/`)) return false;
    const named = path.slice(prefix.length + 1);
    return CLUSTER.test(named) && (cluster === undefined || cluster === named) && named;
  }

  #isReady(): boolean {
    return this.#reading && !this.#closing.signal.aborted && this.#context.now() - this.#refusedAt > REFUSAL_LASTS;
  }

  #probe(request: IncomingMessage, response: ServerResponse, good: boolean): void {
    request.resume();
    if (request.method === 'GET' || request.method === 'HEAD') this.#end(response, good ? 200 : 503);
    else this.#turnAway(request, response, 405, { Allow: 'GET, HEAD' });
  }

  #turnAway(request: IncomingMessage, response: ServerResponse, status: number, headers: object = {}): void {
    const most = status === 503 || status === 413 ? this.#settings.maxBody : DISCARD_UNKNOWN;
    let discarded = 0;
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded <= most) return;
      request.pause();
      setTimeout(() => request.destroy(), LINGER).unref();
    });
    if (status === 503) this.#answer(response, 503);
    else this.#end(response, status, headers);
    this.#tell(status);
  }

  #answer(response: ServerResponse, status: 200 | 503): void {
    this.#end(response, status, status === 503 ? { 'Retry-After': RETRY_AFTER } : {});
  }

  #end(response: ServerResponse, status: number, headers: object = {}): void {
    if (response.headersSent || response.destroyed) return;
    const last = this.#closing.signal.aborted ? { Connection: 'close' } : {};
    response.writeHead(status, { 'Content-Length': 0, ...last, ...headers }).end();
  }

  /** At most once a minute: a sender that is turned away loses its events after 90 s. */
  #tell(status: number): void {
    this.#turnedAway++;
    const now = this.#context.now();
    if (now - this.#toldAt < MINUTE) return;
    this.#context.log.warn({ source: this.name, status, requests: this.#turnedAway }, 'requests were turned away');
    this.#toldAt = now;
    this.#turnedAway = 0;
  }
}

/** The API server's audit webhook backend (batch or blocking mode). */
export const webhookSource = defineSpec<typeof webhookSettings, Source>({
  type: 'webhook',
  description: 'Receives audit events from API servers over http(s); answers 200 once they are durable.',
  settings: webhookSettings,
  create: (name, given, context) => new WebhookSource(name, given, context),
});
