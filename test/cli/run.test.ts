import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { lapwing, start } from '../support/lapwing.ts';
import { documents, makeScene, sample } from './scene.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const BURST = sample('forbidden-burst.ndjson');
const console_ = { out: { type: 'console', format: 'ndjson' } };

describe('run', () => {
  it('ends by itself after one pass, with every alert delivered, and has nothing to repeat the next time', async () => {
    const config = scene.config('once', { sources: { audit: { type: 'file', paths: [BURST] } }, sinks: console_ });
    const said = await lapwing(['run', '--config', config]);
    expect(said.code).toBe(0);
    const sorted = (text: string) =>
      documents(text)
        .map(({ event }) => event.id)
        .toSorted();
    expect(sorted(said.stdout)).toEqual(sorted((await lapwing(['replay', BURST])).stdout));
    expect(sorted(said.stdout).length).toBeGreaterThan(0);
    for (const line of said.stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
    expect(await lapwing(['run', '--config', config])).toMatchObject({ code: 0, stdout: '' });
  });

  it('follows a log that grows, and stops at SIGTERM with exit 0', async () => {
    const path = scene.file('audit.log', '');
    const config = scene.config('follow', {
      sources: { audit: { type: 'file', paths: [path], follow: true, pollInterval: '50ms' } },
      sinks: console_,
    });
    const service = await start(config);
    try {
      appendFileSync(path, readFileSync(BURST));
      while (!service.stdout.join('').includes('"forbidden-burst"')) await once(service.child.stdout!, 'data');
    } finally {
      expect(await service.stop('SIGTERM')).toBe(0);
    }
    expect(service.stderr.join('')).toContain('lapwing has stopped');
  });

  it('logs a failing sink in plain words, without its password and without a stack', async () => {
    const config = scene.config('secret', {
      sources: { audit: { type: 'file', paths: [BURST], follow: true } },
      sinks: {
        es: {
          type: 'elasticsearch',
          nodes: ['http://127.0.0.1:1'],
          auth: { username: 'lapwing', password: 'hunter2' },
        },
      },
    });
    const service = await start(config);
    try {
      while (!service.stderr.join('').includes('they wait in the outbox')) await once(service.child.stderr!, 'data');
    } finally {
      expect(await service.stop('SIGTERM')).toBe(0);
    }
    const checked = await lapwing(['check', '--config', config]);
    for (const text of [...service.stdout, ...service.stderr, checked.stdout, checked.stderr]) {
      expect(text).not.toContain('hunter2');
      expect(text).not.toContain(Buffer.from('lapwing:hunter2').toString('base64'));
      expect(text).not.toMatch(/"stack"| {4}at /);
    }
  });

  it.each<[string, object, RegExp]>([
    ['without a source', {}, /nothing to read: name a source under `sources`/],
    [
      'with an unknown type',
      { sources: { a: { type: 'tape' } } },
      /sources\.a\.type: must be one of file, webhook, kafka/,
    ],
    [
      'with a webhook on a memory store',
      { store: { type: 'memory' }, sources: { a: { type: 'webhook', listen: '127.0.0.1:0' } } },
      /store\.type: .*durable store.*sqlite/,
    ],
    [
      'with a webhook that anyone may post to',
      { sources: { a: { type: 'webhook', listen: '0.0.0.0:9443' } } },
      /listen: .*needs tokens or tls\.clientCa/,
    ],
  ])('does not start %s: exit 2', async (name, settings, message) => {
    const said = await lapwing(['run', '--config', scene.config(name.replaceAll(' ', '-'), settings)]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
    expect(said.stderr).not.toMatch(/\n {4}at /);
  });

  it('fails at run time where its file is missing: exit 1, the path named', async () => {
    const config = scene.config('missing', { sources: { audit: { type: 'file', paths: ['/no/such.log'] } } });
    const said = await lapwing(['run', '--config', config]);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(/lapwing: \/no\/such\.log: cannot be read/);
  });
});
