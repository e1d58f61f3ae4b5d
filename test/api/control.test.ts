import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/api/control-client.ts';
import { ControlServer, type ControlOptions } from '../../src/api/control.ts';
import { AppError } from '../../src/model/index.ts';
import { testContext } from '../support/context.ts';

let folder: string;
let server: ControlServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapwing-control-'));
});
afterEach(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(importFacts: ControlOptions['importFacts'], dataDir = folder) {
  const { context, logged } = testContext();
  server = new ControlServer({ dataDir, log: context.log, importFacts });
  await server.listen();
  return logged;
}

/** Counts what it is sent. */
const counting: ControlOptions['importFacts'] = async (cluster, lines) => {
  let bytes = 0;
  for await (const chunk of lines) bytes += chunk.length;
  return { cluster, bytes };
};

async function* texts(...all: readonly string[]): AsyncGenerator<string> {
  yield* all;
}

const socket = (): string => join(folder, 'lapwing.sock');

describe('control socket', () => {
  it('takes facts and answers', async () => {
    await listen(counting);
    const client = new ControlClient(folder);
    expect(await client.isServed()).toBe(true);
    expect(await client.importFacts('prod/eu & "1"', texts('abc\n', '', 'de\n'))).toEqual({
      cluster: 'prod/eu & "1"',
      bytes: 7,
    });
    expect(await client.importFacts('', texts())).toEqual({ cluster: '', bytes: 0 });
  });

  it('takes what a backfill found, and is reached before there is any of it', async () => {
    const { context } = testContext();
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const backfill: ControlOptions['backfill'] = async (cluster, lines) => {
      begin();
      return counting(cluster, lines);
    };
    server = new ControlServer({ dataDir: folder, log: context.log, importFacts: counting, backfill });
    await server.listen();
    async function* late(): AsyncGenerator<string> {
      await begun;
      yield 'abc\n';
    }
    expect(await new ControlClient(folder).backfill('a/b', late())).toEqual({ cluster: 'a/b', bytes: 4 });
  });

  it('says no at once: who has hours of log to send stops there', async () => {
    await listen(() => Promise.reject(new AppError('usage', 'there is no cluster x')));
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        yield `${'x'.repeat(10_000)}\n`;
        await new Promise(setImmediate);
      }
    }
    await expect(new ControlClient(folder).importFacts('x', endless())).rejects.toMatchObject({
      code: 'usage',
      message: 'the running service says: there is no cluster x',
    });
  });

  it('knows of no backfill where its service takes none', async () => {
    await listen(counting);
    await expect(new ControlClient(folder).backfill('', texts())).rejects.toThrow('not found');
  });

  it('is for its owner alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await listen(counting);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
    expect(lstatSync(socket()).mode & 0o777).toBe(0o600);
  });

  it('goes with the service', async () => {
    await listen(counting);
    await server!.close();
    await server!.close();
    expect(existsSync(socket())).toBe(false);
    expect(await new ControlClient(folder).isServed()).toBe(false);
  });

  it('takes the place of one that a killed service left', async () => {
    const dead = `require('net').createServer().listen(${JSON.stringify(socket())}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', dead]);
    expect(lstatSync(socket()).isSocket()).toBe(true);
    const client = new ControlClient(folder);
    expect(await client.isServed()).toBe(false);
    await listen(counting);
    expect(await client.isServed()).toBe(true);
  });

  it.each<[string, () => void]>([
    ['a symbolic link', () => symlinkSync(join(folder, 'elsewhere'), socket())],
    ['a file', () => writeFileSync(socket(), 'mine')],
    ['a folder', () => mkdirSync(socket())],
  ])('is not made where %s is in the way: the service runs without', async (_, put) => {
    put();
    const logged = await listen(counting);
    expect(logged).toMatchObject([{ level: 'warn', message: expect.stringContaining('no control socket') as string }]);
    expect(String((logged[0]!.fields as { err: unknown }).err)).toMatch(/is in the way, and is not a socket/);
    expect(lstatSync(socket()).isSocket()).toBe(false);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
    expect(await new ControlClient(folder).isServed()).toBe(false);
  });

  it('does without where the path is too long for one, and never listens elsewhere', async () => {
    const deep = join(folder, 'x'.repeat(120));
    mkdirSync(deep);
    const logged = await listen(counting, deep);
    expect(String((logged[0]!.fields as { err: unknown }).err)).toMatch(/too long for a socket/);
    expect(await new ControlClient(deep).isServed()).toBe(false);
  });

  it('tells the error of a failed import while the other side still sends', async () => {
    await listen(async (_, lines) => {
      for await (const chunk of lines) if (chunk.length > 0) throw new AppError('limit', 'too many clusters');
      return {};
    });
    const many = Array.from({ length: 200 }, () => 'x'.repeat(65_536));
    await expect(new ControlClient(folder).importFacts('a', texts(...many))).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('too many clusters') as string,
    });
    expect(await new ControlClient(folder).isServed()).toBe(true);
  });

  it('promises nothing where the service ends meanwhile', async () => {
    let begun = (): void => undefined;
    const started = new Promise<void>((resolve) => (begun = resolve));
    await listen((_, lines) => {
      void lines[Symbol.asyncIterator]().next();
      begun();
      return new Promise(() => undefined);
    });
    const asked = new ControlClient(folder).importFacts('a', texts('x\n'));
    const told = asked.catch((thrown: unknown) => thrown);
    await started;
    await server!.close();
    expect(await told).toMatchObject({ code: 'store' });
  });

  it('passes on what fails on the way to it, and hangs up', async () => {
    let hear: (thrown: unknown) => void = () => undefined;
    const heard = new Promise<unknown>((resolve) => (hear = resolve));
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    await listen(async (_, lines) => {
      try {
        for await (const chunk of lines) if (chunk.length > 0) begin();
      } catch (thrown) {
        hear(thrown);
      }
      return {};
    });
    async function* broken(): AsyncGenerator<string> {
      yield 'x\n';
      await begun;
      throw new AppError('source', 'the disk is gone');
    }
    await expect(new ControlClient(folder).importFacts('a', broken())).rejects.toThrow('the disk is gone');
    expect(await heard).toBeInstanceOf(Error);
  });

  it('survives a command that is killed while it sends', async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    let fail: (thrown: unknown) => void = () => undefined;
    const failed = new Promise<unknown>((resolve) => (fail = resolve));
    await listen(async (_, lines) => {
      try {
        for await (const chunk of lines) if (chunk.length > 0) begin();
      } catch (thrown) {
        fail(thrown);
        throw thrown;
      }
      return {};
    });
    const call = request({ socketPath: socket(), method: 'POST', path: '/facts', agent: false });
    call.on('error', () => undefined);
    call.write('x\n');
    await begun;
    call.destroy();
    expect(await failed).toBeInstanceOf(Error);
    expect(await new ControlClient(folder).isServed()).toBe(true);
  });

  it.each<[string, string, number]>([
    ['GET', '/facts', 404],
    ['POST', '/', 404],
    ['DELETE', '/facts', 404],
    ['POST', `/facts?cluster=${'x'.repeat(300)}`, 400],
  ])('answers %s %s with %d and goes on', async (method, path, status) => {
    await listen(counting);
    const call = request({ socketPath: socket(), method, path, agent: false }).end();
    const [response] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(status);
    expect(await new ControlClient(folder).isServed()).toBe(true);
  });

  it('takes garbage calmly', async () => {
    await listen(counting);
    const raw = connect(socket());
    raw.on('error', () => undefined);
    raw.end(Buffer.from([0, 1, 2, 255, 13, 10, 13, 10]));
    raw.resume();
    await once(raw, 'close');
    expect(await new ControlClient(folder).isServed()).toBe(true);
  });
});
