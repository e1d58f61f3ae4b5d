import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { SHAPE_NAMES } from '../../src/model/index.ts';
import { lapwing } from '../support/lapwing.ts';
import { main, makeScene, sample } from './scene.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const BURST = sample('forbidden-burst.ndjson');
const log = readFileSync(BURST, 'utf8');
const lines = log.trimEnd().split('\n');
const mixed = readFileSync(new URL('../fixtures/decode/mixed.log', import.meta.url));

interface Told {
  readonly type: 'record' | 'summary';
  readonly file?: string;
  readonly line?: number;
  readonly events?: unknown;
  readonly rejected?: unknown;
  readonly passed?: unknown;
  readonly clusters?: readonly { readonly name: string; readonly count: number }[];
}

/** The documents that `--json` prints. */
async function documents(args: readonly string[], input?: string): Promise<readonly Told[]> {
  const { stdout } = await lapwing(['decode', '--json', ...args], input === undefined ? {} : { input });
  return stdout
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each) as Told);
}

describe('decode', () => {
  it('tells records one by one, then the whole, and exits 0', async () => {
    const said = await lapwing(['decode', BURST]);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain(`${BURST}:1 @0, `);
    expect(said.stdout).toContain(`${BURST}:20 @`);
    expect(said.stdout).not.toContain(`${BURST}:21 @`);
    expect(said.stdout).toContain(`\n${lines.length} events in ${lines.length} of ${lines.length} records`);
    expect(said.stdout).not.toContain('\u001b');
  });

  it('reads gzip, standard input and several files', async () => {
    const zipped = scene.file('zipped', gzipSync(log));
    const told = (await documents(['--limit', '0', zipped]))[0]!;
    expect(told).toMatchObject({ type: 'summary', events: lines.length, rejected: 0 });
    expect((await documents(['--limit', '0', '-'], log))[0]).toMatchObject({ events: lines.length });
    expect((await documents(['--limit', '0', BURST, zipped]))[0]).toMatchObject({ events: 2 * lines.length });
  });

  it('tells only what is asked for, and counts all', async () => {
    const path = scene.file('mixed.log', mixed);
    const of = async (...args: readonly string[]) => (await documents([path, ...args])).slice(0, -1);
    const all = await of('--limit', '1000');
    const some = (member: 'events' | 'passed' | 'rejected') =>
      all.filter((told) => (told[member] as readonly unknown[]).length > 0);
    for (const only of ['events', 'passed', 'rejected'] as const) {
      expect(some(only).length).toBeGreaterThan(1);
      expect(await of('--only', only)).toEqual(some(only));
      expect(await of('--only', only, '--limit', '1')).toEqual(some(only).slice(0, 1));
    }
    const [summary] = await documents([path, '--limit', '0']);
    expect(summary).toMatchObject({ type: 'summary', records: all.length });
  });

  it('takes a cluster and a shape', async () => {
    const path = scene.file(
      'wrapped.log',
      `${JSON.stringify({ cluster_name: 'inside', log: lines[0] })}\n${lines[1]}\n`,
    );
    const clusters = async (...args: readonly string[]) => (await documents([path, ...args])).at(-1)!.clusters;
    expect(await clusters()).toEqual([
      { name: '', count: 1 },
      { name: 'inside', count: 1 },
    ]);
    expect(await clusters('--cluster', 'told')).toEqual([{ name: 'told', count: 2 }]);
    expect(await clusters('--shape', 'fluentbit')).toEqual([{ name: 'inside', count: 1 }]);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /There is nothing in the input/],
    ['text', 'hello\n\u001b[31mworld\n', /All 2 records are not understood/],
    ['binary', Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 251)), /not understood/],
  ])('exits 1 where there is %s only', async (name, content, expected) => {
    const said = await lapwing(['decode', scene.file(name, content)]);
    expect(said).toMatchObject({ code: 1, stderr: '' });
    expect(said.stdout.replaceAll(/\s+/g, ' ')).toMatch(expected);
    expect(said.stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it('tells what it could read of a damaged gzip file, and that it is damaged', async () => {
    const said = await lapwing(['decode', '--limit', '0', scene.file('damaged', gzipSync(log).subarray(0, 3_000))]);
    expect(said.stderr).toMatch(/gzip/);
    expect(said.stdout).toMatch(/^\d+ events? in/);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a missing file', ['/no/such.log'], /^lapwing: \/no\/such\.log: no such file\n$/],
    ['a directory', [scene.folder], /: a directory, not a file/],
    ['stdin twice', ['-', '-'], /standard input\) can be read once only/],
    ['no file', [], /missing required argument 'file'/],
    ['a limit that is none', [BURST, '--limit', 'x'], /--limit.*must be a whole number/],
    ['an unknown kind', [BURST, '--only', 'all'], /Allowed choices are events, passed, rejected/],
    ['an unknown shape', [BURST, '--shape', 'filebeat'], new RegExp(`Allowed choices are ${SHAPE_NAMES.join(', ')}`)],
    ['a cluster that is none', [BURST, '--cluster', 'a\nb'], /--cluster.*must be the name of a cluster/s],
  ])('refuses %s: exit 2, nothing on stdout', async (_, args, message) => {
    const said = await lapwing(['decode', ...args]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
  });

  it('ends quietly when its reader leaves', async () => {
    const child = spawn(process.execPath, [main, 'decode', '--limit', '100000', sample('demo/audit.ndjson')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (part) => (stderr += String(part)));
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(stderr).toBe('');
  });

  it('has help that names every document', async () => {
    const said = await lapwing(['decode', '--help']);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    const path = scene.file('all.log', mixed);
    const told = await documents(['--limit', '1000', path]);
    const inner = told.flatMap(({ events }) => (Array.isArray(events) ? (events as readonly object[]) : []));
    const names = new Set([...told, ...inner].flatMap(Object.keys));
    expect(names.size).toBeGreaterThan(20);
    for (const name of names) expect(said.stdout).toMatch(new RegExp(`\\b${name}\\b`));
  });
});
