import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { execEvent } from '../support/exec-event.ts';
import { lapwing, start, type Running } from '../support/lapwing.ts';
import { silent } from '../support/silent.ts';
import { documents, makeScene, sample } from './scene.ts';

const scene = makeScene();
let running: Running | undefined;
afterEach(async () => {
  await running?.stop('SIGKILL');
  running = undefined;
});
afterAll(() => scene.remove());

const FACTS = sample('facts.json');
const TEN = Date.parse('2026-11-21T10:00:00Z');
const dump = readFileSync(FACTS, 'utf8');
const TAKEN = '2 ClusterRole, 2 Pod, 1 ClusterRoleBinding, 1 Role, 1 RoleBinding';

/** Facts that a data directory holds, without the counters of their tables. */
function factsIn(name: string): readonly string[] {
  const path = join(scene.folder, `data-${name}`);
  const store = openSqlite({ path, readOnly: true, log: silent, retention: { age: 0, bytes: 0 } });
  try {
    const rows = [...store.load().rows].filter(({ space, key }) => space.startsWith('facts/') && !key.endsWith('/'));
    return rows.map(({ space, key, value }) => `${space} ${key} ${String(value)}`).toSorted();
  } finally {
    store.close();
  }
}

/** An exec into the pod of the dump that is privileged. */
const execInto = (serial: string): string =>
  execEvent(serial, TEN)
    .replaceAll(`/dev-${serial}/pods/shell`, '/monitoring/pods/node-agent-h5k8p')
    .replace(`"namespace":"dev-${serial}","name":"shell"`, '"namespace":"monitoring","name":"node-agent-h5k8p"');

const follow = (name: string, over: object = {}): { config: string; log: string } => {
  const log = scene.file(`${name}.log`, '');
  const sources = { audit: { type: 'file', paths: [log], follow: true, pollInterval: '20ms' } };
  return {
    log,
    config: scene.config(name, { sources, sinks: { out: { type: 'console', format: 'ndjson' } }, ...over }),
  };
};

describe('facts import', () => {
  it('puts facts into the store where no service runs, once however often', async () => {
    const config = scene.config('direct', {});
    const said = await lapwing(['facts', 'import', FACTS, '--config', config]);
    expect(said.code).toBe(0);
    expect(said.stdout).toBe(`Imported ${TAKEN} into ${join(scene.folder, 'data-direct')}.\n`);
    expect(said.stderr).toBe('lapwing: passed over, as they teach nothing: 1 ServiceAccount\n');
    const facts = factsIn('direct');
    expect(facts.length).toBeGreaterThan(5);
    expect(await lapwing(['facts', 'import', FACTS, '--config', config])).toEqual(said);
    expect(factsIn('direct')).toEqual(facts);
  });

  it.each<[string, string | Uint8Array]>([
    ['gzip', gzipSync(dump)],
    ['lines', (JSON.parse(dump) as { items: object[] }).items.map((item) => `${JSON.stringify(item)}\n`).join('')],
  ])('takes %s, and standard input', async (name, content) => {
    const config = scene.config(name, {});
    expect((await lapwing(['facts', 'import', scene.file(`${name}.json`, content), '--config', config])).code).toBe(0);
    expect(factsIn(name)).toEqual(factsIn('direct'));
    const other = scene.config(`${name}-stdin`, {});
    const input = typeof content === 'string' ? content : dump;
    expect((await lapwing(['facts', 'import', '-', '--config', other], { input })).code).toBe(0);
    expect(factsIn(`${name}-stdin`)).toEqual(factsIn('direct'));
  });

  it('is known to the service at its next start', async () => {
    const { config, log } = follow('before');
    await lapwing(['facts', 'import', FACTS, '--config', config]);
    running = await start(config);
    appendFileSync(log, `${execInto('one')}\n`);
    while (!running.stdout.join('').includes('\n')) await once(running.child.stdout!, 'data');
    expect(documents(running.stdout.join(''))[0]!.event.reason).toContain('privileged');
    expect(await running.stop('SIGTERM')).toBe(0);
  });

  it('goes through a service that runs, and is known and durable when the command ends', async () => {
    const { config, log } = follow('served');
    running = await start(config);
    const said = await lapwing(['facts', 'import', FACTS, '--config', config]);
    expect(said).toMatchObject({ code: 0, stdout: `Imported ${TAKEN} into the running service.\n` });
    // Durable: a kill right after it takes nothing away.
    await running.stop('SIGKILL');
    expect(factsIn('served')).toEqual(factsIn('direct'));
    expect(existsSync(join(scene.folder, 'data-served', 'lapwing.sock'))).toBe(true);
    running = await start(config);
    expect((await lapwing(['facts', 'import', FACTS, '--config', config])).code).toBe(0);
    appendFileSync(log, `${execInto('two')}\n`);
    while (!running.stdout.join('').includes('\n')) await once(running.child.stdout!, 'data');
    expect(documents(running.stdout.join(''))[0]!.event.reason).toContain('privileged');
    expect(await running.stop('SIGTERM')).toBe(0);
    expect(existsSync(join(scene.folder, 'data-served', 'lapwing.sock'))).toBe(false);
    expect(factsIn('served').filter((row) => /^facts\/ (role|binding|pod)\//.test(row))).toEqual(factsIn('direct'));
  });

  it('under load loses no event and repeats none', { timeout: 90_000 }, async () => {
    const { config, log } = follow('load');
    running = await start(config);
    const pods = Array.from({ length: 4_000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p-${index}`, namespace: 'dev' },
      spec: { hostPID: true, containers: [{ name: 'c', image: 'registry.example/app:1', args: ['x'.repeat(500)] }] },
    }));
    const path = scene.file('many.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }, null, 4));
    const over = new AbortController();
    const importing = lapwing(['facts', 'import', path, '--config', config]).finally(() => over.abort());
    let sent = 0;
    for (let round = 0; round < 20 || (!over.signal.aborted && round < 500); round += 1) {
      const batch = Array.from(
        { length: 10 },
        (_, index) => `${execEvent(`load-${sent + index}`, TEN + sent + index)}\n`,
      );
      appendFileSync(log, batch.join(''));
      sent += batch.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await importing).toMatchObject({ code: 0, stdout: 'Imported 4,000 Pod into the running service.\n' });
    const own = () =>
      alertsOf(running!).filter(
        ({ rule, user }) => rule.id === 'exec-into-pod' && user?.name?.startsWith('user-load-'),
      );
    while (new Set(own().map(({ user }) => user!.name)).size < sent) await once(running.child.stdout!, 'data');
    expect(await running.stop('SIGTERM')).toBe(0);
    expect(new Set(own().map(({ event }) => event.id)).size).toBe(sent);
    expect(factsIn('load').filter((row) => row.startsWith('facts/ pod/dev/'))).toHaveLength(4_000);
  });

  it('tells what it could not read, keeps the rest and exits 0', async () => {
    const config = scene.config('broken', {});
    const broken = dump.replace('"worker-1"', 'worker-1');
    const said = await lapwing(['facts', 'import', '-', '--config', config], { input: broken });
    expect(said.code).toBe(0);
    expect(said.stdout).toContain('1 Pod');
    expect(said.stderr).toMatch(/lapwing: 1 piece could not be read: not JSON at byte [\d,]+\n/);
    const cut = await lapwing([
      'facts',
      'import',
      scene.file('cut.gz', gzipSync(dump).subarray(0, 900)),
      '--config',
      config,
    ]);
    expect(cut.stderr).toMatch(/could not be read/);
  });

  it.each<[string, string, RegExp]>([
    ['nothing in it', '', /there was no role, binding or pod in it/],
    ['something else in it', '{"kind":"ConfigMapList","apiVersion":"v1","items":[]}', /there was no role/],
    ['garbage in it', '\u001b[31mhello\n', /could not be read: not JSON at byte 0\nlapwing: there was no/],
  ])('fails for a file with %s: exit 1', async (name, content, message) => {
    const config = scene.config(name.replaceAll(' ', '-'), {});
    const said = await lapwing(['facts', 'import', '-', '--config', config], { input: content });
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toMatch(message);
  });

  describe('of a cluster', () => {
    const two = {
      sources: {
        a: { type: 'file', paths: ['a'], cluster: 'east' },
        b: { type: 'file', paths: ['b'], cluster: 'west' },
      },
    };
    const hook = { sources: { a: { type: 'webhook', listen: '127.0.0.1:0' } } };
    it.each<[string, object, readonly string[], RegExp]>([
      [
        'that is not said where there are two',
        two,
        [],
        /--cluster: the configuration has several clusters: name one of east, west/,
      ],
      [
        'that is not there',
        two,
        ['--cluster', 'north'],
        /no event of this configuration is of a cluster north; it has east, west/,
      ],
      ['where events carry no name', {}, ['--cluster', 'x'], /its events carry no cluster name: leave --cluster out/],
      ['on a memory store', { store: { type: 'memory' } }, [], /store\.type is memory: .*--facts/],
    ])('%s is wrong usage: exit 2', async (name, settings, args, message) => {
      const config = scene.config(name.replaceAll(' ', '-'), settings);
      const said = await lapwing(['facts', 'import', FACTS, ...args, '--config', config]);
      expect(said).toMatchObject({ code: 2, stdout: '' });
      expect(said.stderr).toMatch(message);
    });

    it.each<[string, object, readonly string[], string]>([
      ['the only one', { cluster: 'prod' }, [], 'facts/prod '],
      ['the one that is asked for', two, ['--cluster', 'west'], 'facts/west '],
      ['any that a webhook may name', hook, ['--cluster', 'new one'], 'facts/new%20one '],
    ])('is %s', async (name, settings, args, space) => {
      const key = name.replaceAll(' ', '-');
      const said = await lapwing(['facts', 'import', FACTS, ...args, '--config', scene.config(key, settings)]);
      expect(said.code).toBe(0);
      const facts = factsIn(key);
      expect(facts.length).toBeGreaterThan(5);
      expect(facts.filter((row) => !row.startsWith(space))).toEqual([]);
    });
  });

  it.each<[readonly string[], RegExp]>([
    [['facts', 'import'], /missing required argument 'file'\n`lapwing facts import --help`/],
    [['facts', 'import', '/no/such.json'], /\/no\/such\.json: no such file/],
    [['facts', 'export'], /unknown command 'export'/],
    [['replay', '-', '--facts', '-'], /can be read once only/],
    [['replay', '-', '--facts', '/no/such.json'], /no such file/],
  ])('%j is wrong usage: exit 2', async (args, message) => {
    const said = await lapwing(args);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
  });
});

describe('replay --facts', () => {
  it('knows before the first event what the dump holds, and prints nothing else', async () => {
    const log = scene.file('exec.log', `${execInto('replayed')}\n`);
    const [plain, told] = [await lapwing(['replay', log]), await lapwing(['replay', log, '--facts', FACTS])];
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(documents(plain.stdout)[0]!.event.reason).not.toContain('privileged');
    expect(documents(told.stdout)[0]!.event.reason).toContain('privileged');
    expect(await lapwing(['replay', log, '--facts', FACTS])).toEqual(told);
  });

  it('refuses a file without facts: exit 2', async () => {
    const log = scene.file('exec.log', `${execInto('replayed')}\n`);
    const said = await lapwing(['replay', log, '--facts', log]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(/--facts: .*exec\.log holds no role, binding or pod/);
  });
});

const alertsOf = ({ stdout }: Running) => {
  const text = stdout.join('');
  return documents(text.slice(0, text.lastIndexOf('\n') + 1));
};
