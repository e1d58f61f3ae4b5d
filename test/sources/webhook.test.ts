import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as plainRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/model/index.ts';
import { AppError, SECOND } from '../../src/model/index.ts';
import type { WebhookSettings } from '../../src/sources/webhook-settings.ts';
import { WebhookSource, webhookSource } from '../../src/sources/webhook.ts';
import { contractEvents, Reading, sourceContract } from '../contract/source.ts';
import { makeAuthority, makeCertificate } from './certificate.ts';
import type { TestContext } from './context.ts';
import { testContext } from './context.ts';

const parse = (given: object): WebhookSettings =>
  webhookSource.settings.parse({ listen: '127.0.0.1:0', ...given }) as WebhookSettings;
const bodyOf = (events: readonly string[]): string =>
  `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`;
const real = (name: string): Buffer => readFileSync(new URL(`../fixtures/webhook/${name}.body.json`, import.meta.url));

const CHUNKED: RequestOptions = { headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': [] } };

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly localPort: number;
}

/** One request with a real client; rejects where the connection fails. */
function send(port: number, body: string | Buffer, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const make = options.ca === undefined ? plainRequest : tlsRequest;
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = make({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/audit?timeout=30s',
      ...options,
      headers: { ...headers, ...(options.headers as object) },
    });
    request.on('error', reject).on('response', (response) => {
      let text = '';
      const localPort = response.socket.localPort!;
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: text, localPort }),
      );
    });
    request.end(body);
  });
}

/** For what comes by itself: looked at often, waited for long. */
const PATIENCE = { interval: 2, timeout: 15_000 };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

interface Running {
  readonly source: WebhookSource;
  readonly reading: Reading;
  readonly port: number;
  readonly context: TestContext;
}

/** A source that listens; its reading has asked for the first batch. */
async function run(given: object = {}, context = testContext()): Promise<Running> {
  const source = new WebhookSource('audit', parse({ hold: '10s', ...given }), context);
  open.push(source);
  const reading = new Reading(source);
  await expect.poll(() => source.address(), PATIENCE).toBeDefined();
  await expect
    .poll(
      () =>
        send(source.address()!.port, '', { method: 'GET', path: '/readyz', ...probing(given) }).then(
          ({ status }) => status,
          () => 0,
        ),
      PATIENCE,
    )
    .toBe(200);
  return { source, reading, port: source.address()!.port, context };
}

const probing = (given: object): RequestOptions => ('tls' in given ? { ca: authority.cert } : {});
const bytesOf = (batch: Batch | undefined): string[] =>
  (batch?.records ?? []).map(({ bytes }) => Buffer.from(bytes).toString());
const settled = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);

sourceContract('webhook', {
  resumes: false,
  cluster: 'east',
  flood: 4 * 1024 * 1024,
  rig: () => {
    let current: WebhookSource | undefined;
    const senders = { over: false };
    const posts: Promise<void>[] = [];
    /** As the API server does: again until it is taken. */
    const post = async (body: string): Promise<void> => {
      for (; !senders.over; await new Promise((resolve) => setTimeout(resolve, 10))) {
        const port = current?.address()?.port;
        const answer = port === undefined ? undefined : await send(port, body).catch(() => undefined);
        if (answer?.status === 200) return;
      }
    };
    return {
      source: () => {
        current = new WebhookSource(
          'audit',
          parse({ cluster: 'east', maxBody: '512KiB', maxInFlight: '1MiB', hold: '2s' }),
          testContext(),
        );
        return current;
      },
      put: async (events) => void posts.push(post(bodyOf(events))),
      close: async () => {
        senders.over = true;
        await Promise.all(posts);
      },
    };
  },
});

describe('a request', () => {
  it('is held until its batch is committed, then answered with an empty 200', async () => {
    const { source, reading, port, context } = await run();
    const body = real('00001');
    const answer = send(port, body);
    const batch = await reading.next();
    expect(bytesOf(batch)).toEqual([body.toString()]);
    expect(batch!.records[0]!.received).toBe(context.time);
    expect(batch!.records[0]!.origin.position).toMatch(/^127\.0\.0\.1:\d+#1$/);
    expect(batch!.records[0]!.origin).not.toHaveProperty('cluster');
    expect(await settled(answer)).toBe(false);
    expect(source.bytesHeld).toBe(body.length);
    await reading.commit(batch!);
    expect(await answer).toMatchObject({ status: 200, body: '' });
    expect(source.bytesHeld).toBe(0);
  });

  it('shares a batch with all that wait, and batches are committed one after the other', async () => {
    const { source, reading, port } = await run();
    const first = send(port, real('00060'));
    const one = await reading.next();
    const others = contractEvents(5).map((event) => send(port, event));
    await expect.poll(() => source.bytesHeld, PATIENCE).toBeGreaterThan(real('00060').length + 5 * 150);
    const two = await reading.next();
    expect(two!.records).toHaveLength(5);
    await reading.commit(one!);
    expect((await first).status).toBe(200);
    expect(await settled(Promise.race(others))).toBe(false);
    await reading.commit(two!);
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('goes into a batch of bounded size', async () => {
    const { reading, port, context } = await run();
    const first = send(port, 'x');
    const batches = [await reading.next()];
    let complete = 0;
    context.now = () => ++complete;
    const large = Array.from({ length: 4 }, () => send(port, 'y'.repeat(3 * 1024 * 1024)));
    await expect.poll(() => complete, PATIENCE).toBe(4);
    while (batches.flatMap((batch) => batch!.records).length < 5) batches.push(await reading.next());
    expect(batches.map((batch) => batch!.records.length)).toEqual([1, 2, 2]);
    await reading.commit(batches.at(-1)!);
    expect((await Promise.all([first, ...large])).every(({ status }) => status === 200)).toBe(true);
  });

  it('is told to come again when its batch is refused', async () => {
    const { source, reading, port, context } = await run();
    const answer = send(port, real('00060'));
    const batch = await reading.next();
    source.refuse(batch!.positions, new AppError('store-full', 'the disk is full'));
    expect(await answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(source.bytesHeld).toBe(0);
    const ready = (): Promise<Answer> => send(port, '', { method: 'GET', path: '/readyz' });
    expect((await ready()).status).toBe(503);
    const again = send(port, real('00060'));
    await reading.commit((await reading.next())!);
    expect((await again).status).toBe(200);
    expect((await ready()).status).toBe(200);
    const third = send(port, '{}');
    source.refuse((await reading.next())!.positions, new AppError('store', 'busy'));
    expect((await third).status).toBe(503);
    expect((await ready()).status).toBe(503);
    context.time += 31 * SECOND;
    expect((await ready()).status).toBe(200);
  });

  it('is told to come again after the time it may be held, and its bytes count until they are let go', async () => {
    const { source, reading, port } = await run({ hold: '50ms' });
    const answer = send(port, real('00060'));
    const batch = await reading.next();
    expect(await answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(source.bytesHeld).toBe(real('00060').length);
    await reading.commit(batch!);
    expect(source.bytesHeld).toBe(0);
  });

  it('that nobody asks for is dropped after that time', async () => {
    const { source, reading, port } = await run({ hold: '50ms' });
    const first = send(port, '{"auditID":"first"}');
    await reading.until(1, false);
    expect(await send(port, '{"auditID":"late"}')).toMatchObject({ status: 503 });
    expect(source.bytesHeld).toBe(19);
    expect((await first).status).toBe(503);
  });

  it('keeps its connection for the next one', async () => {
    const { reading, port } = await run();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const answer = send(port, real('00060'), { agent });
      await reading.commit((await reading.next())!);
      const { status, headers, localPort } = await answer;
      expect(status).toBe(200);
      expect(headers['keep-alive']).toBe('timeout=120');
      ports.push(localPort);
    }
    expect(new Set(ports).size).toBe(1);
    agent.destroy();
  });

  it.each([
    ['/audit', {}, undefined],
    ['/audit/prod-1.eu?timeout=30s', {}, 'prod-1.eu'],
    ['/audit', { cluster: 'east' }, 'east'],
    ['/audit/east', { cluster: 'east' }, 'east'],
    ['/k8s/events/west', { path: '/k8s/events' }, 'west'],
  ])('to %s with %j is of cluster %s', async (path, given, cluster) => {
    const { reading, port } = await run(given);
    const answer = send(port, '{}', { path });
    const batch = await reading.next();
    expect(batch!.records[0]!.origin.cluster).toBe(cluster);
    await reading.commit(batch!);
    expect((await answer).status).toBe(200);
  });

  it('may be chunked', async () => {
    const { source, reading, port } = await run();
    const answer = send(port, real('00001'), CHUNKED);
    const batch = await reading.next();
    expect(bytesOf(batch)).toEqual([real('00001').toString()]);
    expect(source.bytesHeld).toBe(real('00001').length);
    await reading.commit(batch!);
    expect((await answer).status).toBe(200);
  });
});

describe('what is turned away', () => {
  const big = Buffer.alloc(300 * 1024, ' ');

  it.each<[string, number, RequestOptions, string | Buffer]>([
    ['an unknown path', 404, { path: '/other' }, ''],
    ['a path that only begins alike', 404, { path: '/auditor' }, ''],
    ['a cluster that is no name', 404, { path: '/audit/Prod%0a' }, ''],
    ['a cluster of two segments', 404, { path: '/audit/a/b' }, ''],
    ['another method', 405, { method: 'GET' }, ''],
    ['another method with a body', 405, { method: 'PUT' }, '{}'],
    ['no token', 401, { headers: { authorization: '' } }, big],
    ['another token', 401, { headers: { authorization: 'Bearer sesame-3' } }, big],
    ['a token that is not a bearer', 401, { headers: { authorization: 'Basic sesame-1' } }, '{}'],
    ['a part of a token', 401, { headers: { authorization: 'Bearer sesame' } }, '{}'],
    ['an encoding', 415, { headers: { 'content-encoding': 'gzip' } }, big],
    ['a body that is too long', 413, {}, Buffer.alloc(1024 * 1024 + 1)],
    ['a chunked body that is too long', 413, CHUNKED, Buffer.alloc(1024 * 1024 + 1)],
  ])('%s gets %i, and the source goes on', async (_case, status, options, body) => {
    const { source, reading, port } = await run({ tokens: ['sesame-1', 'sesame-2'], maxBody: '1MiB' });
    const authorization = 'Bearer sesame-1';
    const answer = await send(port, body, { ...options, headers: { authorization, ...(options.headers as object) } });
    expect(answer.status).toBe(status);
    expect(answer.body).toBe('');
    expect(source.bytesHeld).toBe(0);
    const good = send(port, '{"auditID":"good"}', { headers: { authorization: 'bearer sesame-2' } });
    expect(await reading.until(1)).toEqual(['good']);
    expect((await good).status).toBe(200);
    expect(reading.batches).toHaveLength(1);
  });

  it('a declared length is judged before any byte of the body is sent', async () => {
    const { port } = await run({ maxBody: '1MiB', tokens: ['sesame'] });
    for (const [token, status] of [
      ['sesame', 413],
      ['other', 401],
    ] as const) {
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `POST /audit HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 99999999\r\n\r\n`,
      );
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect(first.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      socket.destroy();
    }
  });

  it('endless bodies of strangers are cut off', async () => {
    const { port } = await run({ tokens: ['sesame'] });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write('POST /audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    let written = 0;
    const more = (): void => {
      while (!socket.destroyed && socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`)) written += 0x10000;
    };
    socket.on('drain', more);
    more();
    await new Promise((resolve) => socket.on('close', resolve));
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('what is beyond the bytes in flight comes again, at once, and is taken once there is room', async () => {
    const { source, reading, port } = await run({ maxBody: '600KiB', maxInFlight: '1MiB' });
    const held = send(port, Buffer.alloc(600 * 1024));
    const batch = await reading.next();
    expect(await send(port, Buffer.alloc(500 * 1024))).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(await send(port, Buffer.alloc(500 * 1024), CHUNKED)).toMatchObject({ status: 503 });
    expect(source.bytesHeld).toBe(600 * 1024);
    await reading.commit(batch!);
    expect((await held).status).toBe(200);
    const again = send(port, Buffer.alloc(500 * 1024));
    await reading.commit((await reading.next())!);
    expect((await again).status).toBe(200);
    expect(source.bytesHeld).toBe(0);
  });

  it('a sender that goes away half way costs nothing', async () => {
    const { source, reading, port } = await run();
    for (let turn = 0; turn < 5; turn++) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`POST /audit HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
      await expect.poll(() => source.bytesHeld, PATIENCE).toBe(1_000_000);
      socket.destroy();
      await expect.poll(() => source.bytesHeld, PATIENCE).toBe(0);
    }
    const good = send(port, '{"auditID":"good"}');
    expect(await reading.until(1)).toEqual(['good']);
    expect((await good).status).toBe(200);
  });

  it('a sender that goes away while it waits is dropped, unless its batch was given', async () => {
    const { source, reading, port } = await run();
    const gone = async (body: string): Promise<() => void> => {
      const before = source.bytesHeld;
      const socket = connect(port, '127.0.0.1');
      socket.write(`POST /audit HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      await expect.poll(() => source.bytesHeld, PATIENCE).toBe(before + body.length);
      return () => socket.destroy();
    };
    const leave = await gone('{"auditID":"given"}');
    const batch = await reading.next();
    leave();
    (await gone('{"auditID":"dropped"}'))();
    await expect.poll(() => source.bytesHeld, PATIENCE).toBe('{"auditID":"given"}'.length);
    await reading.commit(batch!);
    expect(source.bytesHeld).toBe(0);
    const good = send(port, '{"auditID":"good"}');
    expect(await reading.until(2)).toEqual(['given', 'good']);
    expect((await good).status).toBe(200);
  });

  it('is told in the log once a minute, without what was sent', async () => {
    const { port, context } = await run({ tokens: ['sesame'] });
    const options = { headers: { authorization: 'Bearer hunter2' } };
    for (let turn = 0; turn < 5; turn++) await send(port, '{"secret":"hunter2"}', options);
    const warned = (): number => context.logged.filter(({ message }) => message.includes('turned away')).length;
    expect(warned()).toBe(1);
    context.time += 61 * SECOND;
    await send(port, '{}', options);
    expect(warned()).toBe(2);
    expect(JSON.stringify(context.logged)).not.toMatch(/hunter2|sesame/);
  });
});

describe('probes', () => {
  it('need no token, and not ready means: not reading', async () => {
    const source = new WebhookSource('audit', parse({ tokens: ['sesame'] }), testContext());
    open.push(source);
    const stop = new AbortController();
    const reading = source.read(new Map(), stop.signal);
    const asked = reading.next();
    await expect.poll(() => source.address(), PATIENCE).toBeDefined();
    const { port } = source.address()!;
    const probe = async (path: string, method = 'GET'): Promise<number> =>
      (await send(port, '', { method, path })).status;
    expect([await probe('/livez'), await probe('/readyz'), await probe('/livez', 'POST')]).toEqual([200, 200, 405]);
    const headers = { authorization: 'Bearer sesame' };
    const first = send(port, '{}', { headers });
    const batch = (await asked).value as Batch;
    stop.abort();
    expect([await probe('/livez'), await probe('/readyz')]).toEqual([200, 503]);
    expect((await send(port, '{}', { headers })).status).toBe(503);
    await source.commit(batch.positions);
    expect((await first).status).toBe(200);
    expect((await reading.next()).done).toBe(true);
  });
});

describe('closing', () => {
  it('lets what is in a batch be committed, tells the rest to come again, and stops accepting', async () => {
    const { source, reading, port } = await run();
    const inBatch = send(port, '{"auditID":"a"}');
    const batch = await reading.next();
    const waiting = send(port, '{"auditID":"b"}');
    await expect.poll(() => source.bytesHeld, PATIENCE).toBe(30);
    const closed = source.close();
    expect(await waiting).toMatchObject({ status: 503, headers: { 'retry-after': '5', connection: 'close' } });
    expect(await settled(closed)).toBe(false);
    await expect(send(port, '{}')).rejects.toThrow(/ECONNREFUSED/);
    await reading.commit(batch!);
    expect(await inBatch).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await closed;
    expect(await reading.next()).toBeUndefined();
  });

  it('answers 503 to what is not committed in time', async () => {
    const { source, reading, port } = await run({ hold: '80ms' });
    const answer = send(port, '{"auditID":"a"}');
    await reading.next();
    await source.close();
    expect((await answer).status).toBe(503);
    expect(source.bytesHeld).toBe(0);
  });
});

const dir = mkdtempSync(join(tmpdir(), 'lapwing-webhook-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
const authority = makeAuthority('test authority');
const stranger = makeAuthority('strange authority');
const server = makeCertificate('server', authority);
const client = makeCertificate('kube-apiserver', authority);
const forged = makeCertificate('kube-apiserver', stranger);
const tls = {
  cert: file('cert.pem', server.cert),
  key: file('key.pem', server.key),
  clientCa: file('ca.pem', authority.cert),
};

describe('https', () => {
  it('takes posts with a certificate of the client CA, and no others; probes need none', async () => {
    const { reading, port } = await run({ tls });
    const answer = send(port, real('00060'), { ca: authority.cert, cert: client.cert, key: client.key });
    await reading.commit((await reading.next())!);
    expect((await answer).status).toBe(200);
    expect((await send(port, '{}', { ca: authority.cert })).status).toBe(401);
    expect((await send(port, '{}', { ca: authority.cert, cert: forged.cert, key: forged.key })).status).toBe(401);
    expect((await send(port, '', { ca: authority.cert, method: 'GET', path: '/livez' })).status).toBe(200);
    await expect(send(port, '{}', { ca: stranger.cert })).rejects.toThrow(/certificate/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('a resumed %s session is worth what it began with', async (version) => {
    const { reading, port } = await run({ tls });
    for (const [identity, status] of [
      [{}, 401],
      [{ cert: client.cert, key: client.key }, 200],
    ] as const) {
      const agent = new TlsAgent({ keepAlive: false, maxCachedSessions: 0 });
      const options = { ca: authority.cert, agent, minVersion: version, maxVersion: version, ...identity };
      const session = await new Promise<Buffer>((resolve, reject) => {
        const socket = tlsConnect({ port, host: '127.0.0.1', ...options, agent: undefined } as never);
        socket.on('error', reject);
        socket.on('session', (ticket: Buffer) => {
          resolve(ticket);
          socket.destroy();
        });
      });
      const resumed = await new Promise<string>((resolve, reject) => {
        const socket = tlsConnect({ port, host: '127.0.0.1', ...options, agent: undefined, session } as never, () => {
          expect(socket.isSessionReused()).toBe(true);
          socket.write('POST /audit HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
        });
        socket.on('error', reject);
        socket.on('data', (data: Buffer) => {
          resolve(data.toString());
          socket.destroy();
        });
        if (status === 200) void reading.next().then((batch) => reading.commit(batch!));
      });
      expect(resumed).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      agent.destroy();
    }
  });

  it('takes a token instead of a certificate', async () => {
    const { reading, port } = await run({ tls, tokens: ['sesame'] });
    const answer = send(port, '{}', { ca: authority.cert, headers: { authorization: 'Bearer sesame' } });
    await reading.commit((await reading.next())!);
    expect((await answer).status).toBe(200);
    expect((await send(port, '{}', { ca: authority.cert })).status).toBe(401);
  });

  it('speaks HTTP/1.1 with those who offer HTTP/2 first', async () => {
    const { port } = await run({ tls });
    const socket = tlsConnect({ port, host: '127.0.0.1', ca: authority.cert, ALPNProtocols: ['h2', 'http/1.1'] });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });
});

describe('settings', () => {
  it.each<[string, object]>([
    ['open to others without credentials', { listen: '0.0.0.0:0' }],
    ['open to others without credentials, IPv6', { listen: '[::]:0' }],
    ['a name that may be reached by others', { listen: 'audit.example:9443' }],
    ['tls alone is no credential', { listen: '0.0.0.0:0', tls: { cert: tls.cert, key: tls.key } }],
    ['no port', { listen: '127.0.0.1' }],
    ['a port out of range', { listen: '127.0.0.1:70000' }],
    ['an empty token', { tokens: [''] }],
    ['a missing key file', { tls: { ...tls, key: join(dir, 'none.pem') } }],
    ['a key that is none', { tls: { ...tls, key: tls.cert } }],
    ['less in flight than one body', { maxInFlight: '1MiB' }],
  ])('are refused: %s', (_case, given) => {
    expect(() => new WebhookSource('audit', parse(given), testContext())).toThrow(
      expect.objectContaining({ name: 'AppError', code: 'config' }),
    );
  });

  it.each<object>([
    { listen: '0.0.0.0:0', tokens: ['sesame'] },
    { listen: '[::]:0', tls },
    { listen: 'localhost:0' },
    { listen: '[::1]:0' },
    { listen: '127.9.9.9:0' },
  ])('are taken: %j', async (given) => {
    const source = new WebhookSource('audit', parse(given), testContext());
    await source.close();
    expect(source.address()).toBeUndefined();
  });

  it('an address that is taken fails the reading, not the process', async () => {
    const { port } = await run();
    const second = new WebhookSource('second', parse({ listen: `127.0.0.1:${port}` }), testContext());
    open.push(second);
    const failing = second.read(new Map(), new AbortController().signal);
    await expect(failing.next()).rejects.toMatchObject({
      code: 'source',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });
});
