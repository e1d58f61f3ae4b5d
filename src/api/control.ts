import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError, messageOf, type Logger } from '../model/index.ts';
import { controlPath } from './control-path.ts';

/** Bytes that one request may bring. */
const MOST_BYTES = 2 * 1024 ** 3;
const CLUSTER = 253;

export interface ControlOptions {
  /** The data directory, of which this process is the only writer. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Takes objects of a cluster, one a line; resolves with an answer once what they teach is durable. */
  readonly importFacts: Take;
  /** Takes what a backfill found in log files of a cluster, one thing a line; resolves with an answer once all of it is durable. */
  readonly backfill?: Take;
}

type Take = (cluster: string, lines: AsyncIterable<Uint8Array>) => Promise<object>;

/**
 * What commands ask of a running service, over a socket in its data directory that only its owner can open. A service that cannot
 * have one says so in its log and runs without.
 */
export class ControlServer {
  readonly #options: ControlOptions;
  #server: Server | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async listen(): Promise<void> {
    const { dataDir, log } = this.#options;
    const path = controlPath(dataDir);
    try {
      if (path === undefined) throw new Error('the path of the data directory is too long for a socket in it');
      clear(path);
      this.#server = await serve(path, (request, response) => void this.#answer(request, response));
    } catch (thrown) {
      log.warn({ dataDir, err: thrown }, 'no control socket: commands cannot speak to this service');
    }
  }

  /** Ends what is under way and removes the socket. Safe to call twice, and without listen. */
  close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return Promise.resolve();
    this.#server = undefined;
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lapwing');
      if (request.method === 'GET' && pathname === '/') return send(response, 200, {});
      const take = request.method === 'POST' ? this.#taker(pathname) : undefined;
      if (take === undefined) return send(response, 404, problem('usage', 'not found'));
      const cluster = searchParams.get('cluster') ?? '';
      if (cluster.length > CLUSTER) throw new AppError('usage', 'the name of the cluster is too long');
      send(response, 200, await take(cluster, bodyOf(request)));
    } catch (thrown) {
      const { code, message } = thrown instanceof AppError ? thrown : { code: 'store', message: messageOf(thrown) };
      // Said at once, so that a sender of hours of log need not send them; ended when it has stopped.
      begin(response, code === 'store' ? 503 : 400, problem(code, message));
      await drain(request);
      response.end();
    }
  }

  #taker(pathname: string): Take | undefined {
    if (pathname === '/facts') return this.#options.importFacts;
    return pathname === '/backfill' ? this.#options.backfill : undefined;
  }
}

/** Whoever holds the directory's lock knows that a socket left there is a dead one; anything else is not ours to remove. */
function clear(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new Error(`${path} is in the way, and is not a socket`);
  unlinkSync(path);
}

async function serve(
  path: string,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  // An import may take as long as its reader likes, and waits while the store cannot take it.
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 0 }, onRequest);
  server.maxConnections = 8;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The socket is made within the call: nobody else can open it at any time.
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
  return server;
}

async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MOST_BYTES) throw new AppError('usage', `more than ${MOST_BYTES / 1024 ** 3} GiB at once`);
    yield chunk as Uint8Array;
  }
}

/** Whoever hangs up while the other side still sends takes the answer away. Where that side is gone, nobody waits for one. */
async function drain(request: IncomingMessage): Promise<void> {
  try {
    for await (const _ of request.iterator({ destroyOnReturn: false }));
  } catch {
    // What went wrong is told already.
  }
}

const problem = (code: string, message: string): object => ({ error: { code, message } });

function send(response: ServerResponse, status: number, body: object): void {
  begin(response, status, body);
  response.end();
}

function begin(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.write(JSON.stringify(body));
}
