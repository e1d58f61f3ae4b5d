import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { lapwing } from '../support/lapwing.ts';
import { documents, main, makeScene, sample } from './scene.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const BURST = sample('forbidden-burst.ndjson');
const RBAC = sample('rbac-escalation.ndjson');
const log = readFileSync(BURST, 'utf8');
const lines = log.trimEnd().split('\n');

describe('replay', () => {
  it('prints each alert once, ordered by first_seen then id, and nothing else, the same bytes every time', async () => {
    const [once_, again] = [await lapwing(['replay', BURST, RBAC]), await lapwing(['replay', BURST, RBAC])];
    expect(once_.code).toBe(0);
    expect(once_.stderr).toBe('');
    expect(again.stdout).toBe(once_.stdout);
    const told = documents(once_.stdout);
    expect(told.length).toBeGreaterThan(5);
    expect(new Set(told.map(({ event }) => event.id)).size).toBe(told.length);
    const order = told.map(({ event, lapwing: { first_seen } }) => `${first_seen} ${event.id}`);
    expect(order).toEqual(order.toSorted());
  });

  describe('reads the same alerts from', () => {
    const items = lines.map((line) => JSON.parse(line) as object);
    const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items };
    it.each<[string, string | Uint8Array]>([
      ['gzip', gzipSync(log)],
      ['gzip without the suffix', gzipSync(log)],
      ['lines that end in CRLF', log.replaceAll('\n', '\r\n')],
      ['a byte order mark', `\uFEFF${log}`],
      ['no line end at the end', log.trimEnd()],
      ['an array', JSON.stringify(items)],
      ['an EventList', JSON.stringify(list)],
      ['an EventList over many lines', JSON.stringify(list, null, 2)],
      ['a log that has every line twice', log.replaceAll(/^.*$/gm, '$&\n$&')],
    ])('%s', async (name, content) => {
      const path = scene.file(name.replaceAll(' ', '-'), content);
      const [plain, said] = [await lapwing(['replay', BURST]), await lapwing(['replay', path])];
      expect(said).toEqual(plain);
      expect(documents(said.stdout).length).toBeGreaterThan(0);
    });

    it('standard input', async () => {
      expect(await lapwing(['replay', '-'], { input: log })).toEqual(await lapwing(['replay', BURST]));
    });

    it('two halves', async () => {
      const half = lines.length >> 1;
      const [first, second] = [lines.slice(0, half), lines.slice(half)].map((part, index) =>
        scene.file(`half-${index}`, `${part.join('\n')}\n`),
      );
      expect(await lapwing(['replay', first!, second!])).toEqual(await lapwing(['replay', BURST]));
    });
  });

  it('counts on stderr what it cannot decode, loses no neighbour and exits 0', async () => {
    const path = scene.file('one-bad-line', [...lines.slice(0, 50), '{bad', ...lines.slice(50), ''].join('\n'));
    const said = await lapwing(['replay', path]);
    expect(said.code).toBe(0);
    expect(said.stdout).toBe((await lapwing(['replay', BURST])).stdout);
    expect(said.stderr).toMatch(/^lapwing: 1 piece of input could not be decoded: 1 .+\n$/);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['empty', '', /^lapwing: there was no audit event in the input\n$/],
    ['garbage', 'hello\n\u001b[31mworld\n{}\n[]\n', /^lapwing: \d pieces of input [^\n]+\nlapwing: there was no audit/],
    ['binary', Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 251)), /could not be decoded/],
    ['broken gzip', gzipSync(log).subarray(0, 3_000), /the gzip data is damaged/],
  ])('takes a file of %s calmly', async (name, content, message) => {
    const said = await lapwing(['replay', scene.file(name, content)]);
    expect(said.code).toBe(0);
    expect(said.stderr).toMatch(message);
    documents(said.stdout);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a missing file', ['/no/such.log'], /^lapwing: \/no\/such\.log: no such file\n$/],
    ['a missing file behind a good one', [BURST, '/no/such.log'], /such\.log: no such file/],
    ['a directory', [scene.folder], /: a directory, not a file/],
    ['stdin twice', ['-', '-'], /standard input\) can be read once only/],
    [
      'a path that would write on the terminal',
      ['/no/\u001b[31m\nx'],
      /^lapwing: \/no\/\\u\{001b\}\[31m\\nx: no such file\n$/,
    ],
    ['a missing configuration', ['--config', '/no/such.yaml', BURST], /\/no\/such\.yaml cannot be read/],
    ['no file at all', [], /missing required argument 'file'/],
  ])('refuses %s: exit 2, nothing on stdout', async (_, args, message) => {
    const said = await lapwing(['replay', ...args]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
    expect(said.stderr).not.toMatch(/\n {4}at /);
  });

  it('refuses a file that it may not read', async () => {
    const path = scene.file('unreadable', log);
    chmodSync(path, 0);
    // Nothing is forbidden to root.
    const [code, stderr] = process.getuid?.() === 0 ? [0, ''] : [2, `lapwing: ${path}: no permission to read it\n`];
    expect(await lapwing(['replay', path])).toMatchObject({ code, stderr });
  });

  it('ends quietly when its reader leaves', async () => {
    const child = spawn(process.execPath, [main, 'replay', sample('demo/audit.ndjson')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (part) => (stderr += String(part)));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });

  it.runIf(process.platform === 'linux')('says that the disk is full', async () => {
    const said = await new Promise<{ code: number; stderr: string }>((resolve) => {
      execFile('sh', ['-c', `"${process.execPath}" "${main}" replay "${BURST}" > /dev/full`], (error, _, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stderr }),
      );
    });
    expect(said).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^lapwing: cannot write the output: ENOSPC[^\n]*\n$/),
    });
  });

  it('prints what an attacker wrote so that a terminal is safe', async () => {
    const evil = 'mallory\u001b]0;x\u0007\u009b31m\u202e';
    const path = scene.file(
      'evil',
      log.replaceAll('system:serviceaccount:web:frontend', JSON.stringify(evil).slice(1, -1)),
    );
    const said = await lapwing(['replay', path]);
    expect(documents(said.stdout).some(({ user }) => user?.name?.includes('\u202e'))).toBe(true);
    expect(said.stdout).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u);
  });

  it('follows the configuration', async () => {
    const off = scene.config('off', { cluster: 'lab', detectors: { 'forbidden-burst': { enabled: false } } });
    const told = documents((await lapwing(['replay', '--config', off, BURST])).stdout);
    expect(told.length).toBeGreaterThan(0);
    expect(told.map(({ rule }) => rule.id)).not.toContain('forbidden-burst');
    expect(told.every(({ orchestrator }) => orchestrator?.cluster?.name === 'lab')).toBe(true);
  });

  it('leaves no data directory behind', async () => {
    const state = join(scene.folder, 'state');
    mkdirSync(state);
    await lapwing(['replay', BURST], { env: { XDG_STATE_HOME: state } });
    expect(() => readFileSync(join(state, 'lapwing'))).toThrow('ENOENT');
  });
});
