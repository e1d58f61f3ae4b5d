import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { documents, makeScene } from '../cli/scene.ts';
import { freePort, lapwing, start } from '../support/lapwing.ts';
import { CANARIES } from './canaries.ts';
import { BREAKS, deedsWith, eventOf, WRAPPERS } from './events.ts';
import { seenIn, seenInFiles } from './grep.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const events = CANARIES.flatMap((canary, kind) =>
  deedsWith(canary)
    .filter((_, index) => (index + kind) % 4 === 0)
    .map((deed, index) => eventOf(deed, canary, kind * 20 + index)),
);
const log = Buffer.concat([
  Buffer.from(events.map((event, index) => `${WRAPPERS[index % WRAPPERS.length]![1](event)}\n`).join('')),
  ...events
    .slice(0, 60)
    .flatMap((event, index) => [BREAKS[index % BREAKS.length]![1](JSON.stringify(event)), Buffer.from('\n')]),
]);
const path = scene.file('canaries.log', log);

describe('no secret is told by the program', () => {
  it('has every secret in its input', () => {
    expect(seenIn(log)).toHaveLength(CANARIES.length);
  });

  it('replay', async () => {
    const said = await lapwing(['replay', path]);
    expect(said.code).toBe(0);
    expect(documents(said.stdout).length).toBeGreaterThan(5);
    expect(said.stderr).not.toBe('');
    expect(seenIn(said.stdout + said.stderr)).toEqual([]);
  });

  it('run, its data directory, its metrics, and alerts', async () => {
    const file = scene.file('audit.log', '');
    const port = await freePort();
    const config = scene.config('canary', {
      sources: { audit: { type: 'file', paths: [file], follow: true, pollInterval: '20ms' } },
      sinks: { out: { type: 'console', format: 'ndjson' } },
      health: { listen: `127.0.0.1:${port}` },
      log: { level: 'debug', format: 'json' },
    });
    const service = await start(config);
    let metrics = '';
    try {
      appendFileSync(file, log);
      while (!service.stdout.join('').includes('"exec-into-pod"')) await once(service.child.stdout!, 'data');
      metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    } finally {
      expect(await service.stop('SIGTERM')).toBe(0);
    }
    expect(metrics).toMatch(/lapwing_events_total \d{3}/);
    expect(documents(service.stdout.join('')).length).toBeGreaterThan(5);
    expect(seenIn(service.stdout.join('') + service.stderr.join('') + metrics)).toEqual([]);
    const folder = join(scene.folder, 'data-canary');
    expect(readFileSync(join(folder, 'lapwing.db')).length).toBeGreaterThan(50_000);
    expect(seenInFiles(folder)).toEqual([]);

    const told = await lapwing(['alerts', '--config', config, '--format', 'table', '--limit', '1000']);
    expect(told.stdout.split('\n').length).toBeGreaterThan(5);
    const asJson = await lapwing(['alerts', '--config', config, '--format', 'ndjson', '--limit', '1000']);
    expect(asJson.code).toBe(0);
    expect(asJson.stdout.length).toBeGreaterThan(5_000);
    expect(seenIn(told.stdout + told.stderr + asJson.stdout + asJson.stderr)).toEqual([]);
  });

  it('facts import', async () => {
    const items = events.flatMap(({ requestObject, responseObject }) => [requestObject, responseObject]);
    const dump = JSON.stringify({
      kind: 'List',
      apiVersion: 'v1',
      items: items.filter((item) => typeof item === 'object'),
    });
    expect(seenIn(dump).length).toBeGreaterThan(CANARIES.length * 0.9);
    const config = scene.config('facts', {});
    const said = await lapwing(['facts', 'import', scene.file('dump.json', dump), '--config', config]);
    expect(said.stdout).toMatch(/Imported \d/);
    expect(seenIn(said.stdout + said.stderr)).toEqual([]);
    expect(seenInFiles(join(scene.folder, 'data-facts'))).toEqual([]);
  });

  it.each([[[]], [['--json']]])('decode %j', async (options) => {
    const said = await lapwing(['decode', ...options, '--limit', '10000', path]);
    expect(said.stdout.split('\n').length).toBeGreaterThan(events.length);
    expect(seenIn(said.stdout + said.stderr)).toEqual([]);
  });
});
