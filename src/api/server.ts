import { createServer, type Server, type ServerResponse } from 'node:http';
import { AppError, type Logger, type OutboxState } from '../model/index.ts';
import type { Observed, ObservedSource } from './metrics.ts';

export interface HealthOptions {
  readonly engine: Observed;
  readonly store: { outbox(): readonly OutboxState[] };
  readonly sources: readonly ObservedSource[];
  readonly isReady: () => boolean;
}

/** /livez, /readyz and /metrics, and nothing else. */
export class HealthServer {
  readonly #options: HealthOptions;
  #server: Server | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  async listen(address: string, log: Logger): Promise<void> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    const port = Number(address.slice(colon + 1));
    if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535)
      throw new AppError('config', `health.listen: ${address} is not an address such as 127.0.0.1:9444`);
    this.#server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, 'method not allowed\n');
      else if (request.url === '/livez') send(response, 200, 'ok\n');
      else if (request.url === '/readyz')
        send(response, this.#options.isReady() ? 200 : 503, this.#options.isReady() ? 'ok\n' : 'not ready\n');
      else if (request.url === '/metrics') void this.#metrics(response);
      else send(response, 404, 'not found: there are /livez, /readyz and /metrics\n');
    });
    this.#server.maxConnections = 64;
    await new Promise<void>((resolve, reject) => {
      this.#server!.once('error', (error) =>
        reject(
          new AppError('config', `health.listen: cannot listen on ${address}: ${error.message}`, { cause: error }),
        ),
      );
      this.#server!.listen(port, host, resolve);
    });
    log.info({ address }, 'health and metrics are served');
  }

  close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return Promise.resolve();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { engine, store, sources } = this.#options;
    try {
      // Most runs are never asked, and a start need not wait for it.
      const { metricsText } = await import('./metrics.ts');
      send(response, 200, await metricsText(engine, store, sources), 'text/plain; version=0.0.4; charset=utf-8');
    } catch (thrown) {
      send(response, 500, `metrics failed: ${String(thrown)}\n`);
    }
  }
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
