import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { eventList, execEvent } from '../support/exec-event.ts';
import { freePort, lapwing, start, type Running } from '../support/lapwing.ts';
import { silent } from '../support/silent.ts';
import { makeScene } from './scene.ts';

const scene = makeScene();
let running: Running | undefined;
afterEach(async () => {
  await running?.stop('SIGKILL');
  running = undefined;
});
afterAll(() => scene.remove());

const MINUTE = 60_000;
const NOW = Date.now();

async function push(port: number, events: readonly string[]): Promise<void> {
  for (;;) {
    const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/audit', agent: false });
    call.end(eventList(events));
    const status = await once(call, 'response').then(
      ([response]) => (response as { statusCode: number; resume(): unknown }).statusCode,
      () => 0,
    );
    if (status === 200) return;
  }
}

const data = (name: string): string => join(scene.folder, `data-${name}`);

/** As if the service had been killed that long ago. */
async function age(name: string, minutes: number): Promise<void> {
  const store = openSqlite({
    path: data(name),
    log: silent,
    retention: { age: 1e15, bytes: 1e12 },
  });
  const able = Number(store.row('blind/', 'able'));
  const rows = [{ space: 'blind/', key: 'able', value: String(able - minutes * MINUTE * 1_000) }];
  await store.commit({ positions: new Map(), rows, alerts: [], rejects: [] });
  store.close();
}

/** Whom the stored alerts are about, each alert once. */
function usersOf(name: string): readonly string[] {
  const store = openSqlite({ path: data(name), readOnly: true, log: silent, retention: { age: 0, bytes: 0 } });
  try {
    return store
      .alerts({ limit: 10_000 })
      .alerts.flatMap(({ actor }) => actor.user ?? [])
      .sort();
  } finally {
    store.close();
  }
}

describe('lapwing backfill', () => {
  it('fills what a killed service missed, once', async () => {
    const port = await freePort();
    const config = scene.config('killed', {
      sources: { audit: { type: 'webhook', listen: `127.0.0.1:${port}` } },
      health: { listen: `127.0.0.1:${await freePort()}` },
      sinks: { out: { type: 'console' } },
    });
    running = await start(config);
    const held = execEvent('held', NOW);
    await push(port, [held]);
    await running.stop('SIGKILL');
    await age('killed', 60);
    running = await start(config);
    await push(port, [execEvent('back', NOW)]);
    while (!running.stderr.join('').includes('blind for')) await once(running.child.stderr!, 'data');
    expect(running.stderr.join('')).toMatch(/blind for 60 min, as Lapwing did not run.*lapwing backfill AUDIT_LOG/);

    const listed = await lapwing(['backfill', '--list', '--config', config]);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ to \S+Z \(60 min, Lapwing did not run\): not filled\n$/,
    );

    const lost = [50, 40, 30, 20].map((minutes) => execEvent(`lost-${minutes}`, NOW - minutes * MINUTE));
    const far = [120, 110].map((minutes) => execEvent(`far-${minutes}`, NOW - minutes * MINUTE));
    const log = scene.file('audit.log.gz', gzipSync([...far, ...lost, 'nonsense', held, ''].join('\n')));
    const filled = await lapwing(['backfill', log, '--config', config]);
    expect(filled.code).toBe(0);
    expect(filled.stdout).toMatch(
      /^Read 7 events from 1 file: 3 held already \(2 of them far from any blind period\), 4 judged\.\n/,
    );
    expect(filled.stdout).toMatch(/\nAlerts: 4 new, 0 updated\.\n$/);
    expect(filled.stderr).toMatch(/^lapwing: 1 piece of input could not be decoded; most often: /);

    const twice = await lapwing(['backfill', log, '--config', config]);
    expect(twice.stdout).toMatch(/7 held already.*, 0 judged\.\n/);
    expect(twice.stdout).toMatch(/Alerts: 0 new, 0 updated\./);
    // An event waits a second for others that are older, and there are none here: the service's own come when it ticks.
    for (const user of ['user-held', 'user-back'])
      while (!running.stdout.join('').includes(user)) await once(running.child.stdout!, 'data');
    expect(usersOf('killed')).toEqual([
      'user-back',
      'user-held',
      ...[20, 30, 40, 50].map((each) => `user-lost-${each}`),
    ]);
  });

  it('survives a kill of the service in the middle: the same again does the rest', async () => {
    const MANY = 2_200;
    const port = await freePort();
    const config = scene.config('broken', {
      sources: { audit: { type: 'webhook', listen: `127.0.0.1:${port}` } },
      health: { listen: `127.0.0.1:${await freePort()}` },
      sinks: { out: { type: 'console' } },
    });
    running = await start(config);
    await push(port, [execEvent('held', NOW)]);
    await running.stop('SIGKILL');
    await age('broken', 60);
    running = await start(config);
    await push(port, [execEvent('back', NOW)]);
    const lost = Array.from({ length: MANY }, (_, index) =>
      execEvent(`lost-${index}`, NOW - 50 * MINUTE + index * 600),
    );
    const log = scene.file('many.log', `${lost.join('\n')}\n`);
    const broken = lapwing(['backfill', log, '--config', config]);
    while (!running.stdout.join('').includes('user-lost-')) await once(running.child.stdout!, 'data');
    await running.stop('SIGKILL');
    expect(await broken).toMatchObject({ code: 1, stdout: '' });
    const kept = usersOf('broken').filter((user) => user.startsWith('user-lost-'));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(MANY);

    running = await start(config);
    const again = await lapwing(['backfill', log, '--config', config]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain(` ${MANY.toLocaleString('en')} judged.`);
    expect(again.stdout).toContain(`Alerts: ${(MANY - kept.length).toLocaleString('en')} new, 0 updated.`);
    const users = usersOf('broken').filter((user) => user.startsWith('user-lost-'));
    expect(users).toHaveLength(MANY);
    expect(new Set(users).size).toBe(MANY);
    expect((await lapwing(['backfill', log, '--config', config])).stdout).toMatch(/ 0 judged\.\n[^]*Alerts: 0 new, 0/);
  }, 60_000);

  it('refuses kindly where no service runs', async () => {
    const config = scene.config('none', { sources: { audit: { type: 'webhook' } } });
    const log = scene.file('some.log', '');
    const said = await lapwing(['backfill', log, '--config', config]);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toMatch(/no service runs on .*start `lapwing run`, then run this again/);
    expect(await lapwing(['backfill', '--list', '--config', config])).toMatchObject({ code: 2 });
  });

  it.each<[string, readonly string[], RegExp]>([
    ['neither files nor --list', [], /name the log files to fill from, or --list/],
    ['both', ['--list', 'FILE'], /name the log files to fill from, or --list/],
    ['a file that is not there', ['/nowhere/audit.log'], /no such file/],
    ['an option that is none', ['--foo', 'FILE'], /unknown option/],
  ])('takes %s for wrong usage', async (_, args, says) => {
    const config = scene.config('wrong', {});
    const log = scene.file('empty.log', '');
    const given = args.map((each) => (each === 'FILE' ? log : each));
    const said = await lapwing(['backfill', ...given, '--config', config]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(says);
  });

  it('says so where nothing was ever missed, and knows no cluster of another name', async () => {
    const port = await freePort();
    const config = scene.config('calm', { sources: { audit: { type: 'webhook', listen: `127.0.0.1:${port}` } } });
    running = await start(config);
    await push(port, [execEvent('calm', NOW)]);
    const log = scene.file('calm.log', `${execEvent('calm', NOW)}\n`);
    const none = await lapwing(['backfill', log, '--config', config]);
    expect(none).toMatchObject({ code: 0, stdout: 'Nothing to fill: no blind period is recorded.\n' });
    const wrong = await lapwing(['backfill', log, '--cluster', 'west', '--config', config]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/nothing was ever pushed here for a cluster west/);
  });
});
