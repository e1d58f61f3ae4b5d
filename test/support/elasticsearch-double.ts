import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

const fixture = (name: string): URL => new URL(`../fixtures/elasticsearch/${name}`, import.meta.url);

/** The file with the authority that signed the double's certificate. */
export const AUTHORITY = fixture('authority.pem').pathname;

/** A request as the double got it, its body unpacked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An answer in place of the ordinary one. */
export interface Told {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** undefined: the ordinary answer. 'silence': none at all. 'hang-up': the connection is cut. 'half': half an answer, then nothing. */
export type Reply = Told | 'silence' | 'hang-up' | 'half' | undefined;

/** One operation of a bulk request. */
export interface BulkOperation {
  readonly action: string;
  readonly id: string;
  readonly index: string;
  readonly ifSeqNo: number | undefined;
  readonly document: Record<string, unknown>;
}

interface Held {
  readonly source: Record<string, unknown>;
  readonly seqNo: number;
}

/**
 * A stand-in for the few requests that the sink makes, for what a real server cannot be made to do at will: TLS, refused keys,
 * throttling of single documents, silence, half an answer. It knows conditional writes and nothing of mappings.
 */
export class ElasticsearchDouble {
  readonly asked: Asked[] = [];
  readonly indices = new Map<string, Map<string, Held>>();
  readonly templates = new Map<string, Record<string, unknown>>();
  /** Decides about a request before the ordinary answer is made. */
  reply: (asked: Asked) => Reply = () => undefined;
  /** Decides about one operation of a bulk request. */
  item: (operation: BulkOperation) => Told | undefined = () => undefined;
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #isSecure: boolean;
  #seqNo = 0;

  constructor(options: { secure?: boolean } = {}) {
    this.#isSecure = options.secure === true;
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    this.#server = this.#isSecure
      ? createSecureServer(
          { cert: readFileSync(fixture('server.pem')), key: readFileSync(fixture('server.key')) },
          listener,
        )
      : createServer(listener);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens on a free port and returns its address. */
  async open(host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, host, resolve);
    });
    return `${this.#isSecure ? 'https' : 'http'}://${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** All documents, whatever their index. */
  documents(): Map<string, Record<string, unknown>> {
    return new Map(
      [...this.indices.values()].flatMap((index) => [...index].map(([id, { source }]) => [id, source] as const)),
    );
  }

  /** Requests of one kind, by method and the end of the path. */
  requests(method: string, end: string): Asked[] {
    return this.asked.filter((asked) => asked.method === method && asked.path.endsWith(end));
  }

  /** Puts a document as somebody else would: it gets a new sequence number. */
  put(index: string, id: string, source: Record<string, unknown>): void {
    const held = this.indices.get(index) ?? new Map<string, Held>();
    held.set(id, { source, seqNo: (this.#seqNo += 1) });
    this.indices.set(index, held);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://double');
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8'),
    };
    this.asked.push(asked);
    const reply = this.reply(asked);
    if (reply === 'silence') return;
    if (reply === 'hang-up') return void request.socket.destroy();
    const { status, body, headers } = reply === undefined || reply === 'half' ? this.#answer(asked) : reply;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    response.writeHead(status, {
      'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
      'x-elastic-product': 'Elasticsearch',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    if (reply === 'half') response.write(text.slice(0, Math.floor(text.length / 2)));
    else response.end(text);
  }

  #answer({ method, path, body }: Asked): Told {
    const [first = '', second = ''] = path.split('/').slice(1).map(decodeURIComponent);
    if (first === '_index_template') {
      if (method === 'PUT') {
        this.templates.set(second, JSON.parse(body) as Record<string, unknown>);
        return { status: 200, body: { acknowledged: true } };
      }
      const template = this.templates.get(second);
      return template === undefined
        ? {
            status: 404,
            body: { error: { type: 'resource_not_found_exception', reason: 'no such template' }, status: 404 },
          }
        : { status: 200, body: { index_templates: [{ name: second, index_template: template }] } };
    }
    if (second === '_mapping') return { status: 200, body: { acknowledged: true } };
    if (first === '_mget') return { status: 200, body: { docs: this.#get(body) } };
    if (first === '_bulk') return { status: 200, body: { errors: false, took: 1, items: this.#bulk(body) } };
    if (method === 'PUT' && second === '') {
      if (this.indices.has(first))
        return {
          status: 400,
          body: { error: { type: 'resource_already_exists_exception', reason: 'exists' }, status: 400 },
        };
      this.indices.set(first, new Map());
      return { status: 200, body: { acknowledged: true } };
    }
    return { status: 405, body: { error: `${method} ${path} is not known to the double`, status: 405 } };
  }

  #get(body: string): object[] {
    const { docs } = JSON.parse(body) as { docs: { _index: string; _id: string }[] };
    return docs.map(({ _index: name, _id: id }) => {
      const index = this.indices.get(name);
      if (index === undefined)
        return { _index: name, _id: id, error: { type: 'index_not_found_exception', reason: 'no such index' } };
      const held = index.get(id);
      return held === undefined
        ? { _index: name, _id: id, found: false }
        : { _index: name, _id: id, found: true, _seq_no: held.seqNo, _primary_term: 1, _source: held.source };
    });
  }

  #bulk(body: string): object[] {
    const lines = body.split('\n').slice(0, -1);
    return Array.from({ length: lines.length / 2 }, (_, at) => {
      const [[action, meta]] = Object.entries(
        JSON.parse(lines[at * 2]!) as Record<string, { _index: string; _id: string; if_seq_no?: number }>,
      ) as [[string, { _index: string; _id: string; if_seq_no?: number }]];
      const operation: BulkOperation = {
        action,
        id: meta._id,
        index: meta._index,
        ifSeqNo: meta.if_seq_no,
        document: JSON.parse(lines[at * 2 + 1]!) as Record<string, unknown>,
      };
      const told = this.item(operation);
      return { [action]: told === undefined ? this.#apply(operation) : { status: told.status, error: told.body } };
    });
  }

  #apply({ action, index, id, ifSeqNo, document }: BulkOperation): object {
    const held = this.indices.get(index)?.get(id);
    const isConflict = action === 'create' ? held !== undefined : ifSeqNo !== undefined && held?.seqNo !== ifSeqNo;
    if (isConflict)
      return { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'version conflict' } };
    this.put(index, id, document);
    return { status: held === undefined ? 201 : 200 };
  }
}
