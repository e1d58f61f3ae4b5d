import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/model/index.ts';
import { lapwing } from '../support/lapwing.ts';
import { main, makeScene } from './scene.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const COMMANDS = ['run', 'replay', 'alerts', 'facts', 'backfill', 'decode', 'check', 'demo'];

describe('lapwing', () => {
  it.each([[[]], ...COMMANDS.map((command) => [[command]])])('%j --help has examples and exits 0', async (args) => {
    const said = await lapwing([...args, '--help']);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toMatch(/^Usage: lapwing/);
    expect(said.stdout).toContain('Examples:\n  lapwing ');
  });

  it('lists its commands', async () => {
    const { stdout } = await lapwing(['--help']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it('tells its version', async () => {
    expect(await lapwing(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  it.each<[readonly string[], RegExp]>([
    [[], /^Usage: lapwing/],
    [['alrts'], /^lapwing: unknown command 'alrts'\n\(Did you mean alerts\?\)\n`lapwing --help`/],
    [['--nope'], /unknown option '--nope'/],
    [['run', '--nope'], /unknown option '--nope'\n`lapwing run --help` shows what there is/],
    [['check', '--config'], /argument missing/],
    [['\u001b[31m'], /unknown command '\\u\{001b\}\[31m'/],
  ])('%j is wrong usage: exit 2, nothing on stdout', async (args, message) => {
    const said = await lapwing(args);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
  });
});

describe('check', () => {
  it('says what will run and what the detectors need, and exits 0', async () => {
    const config = scene.config('good', {
      cluster: 'prod-eu-1',
      sources: { audit: { type: 'webhook', listen: '127.0.0.1:9443' } },
      sinks: { out: { type: 'console' } },
    });
    const said = await lapwing(['check', '--config', config]);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    for (const part of ['prod-eu-1', 'audit (webhook)', 'out (console)', 'secret-reads', 'RequestResponse'])
      expect(said.stdout).toContain(part);
    expect(said.stdout).toMatch(/\nThe configuration is right\.\n$/);
    expect(existsSync(`${scene.folder}/data-good`)).toBe(false);
  });

  it('finds what is valid and cannot be meant: exit 1', async () => {
    const settings = { store: { type: 'memory' }, sources: { audit: { type: 'webhook', listen: '127.0.0.1:9443' } } };
    const said = await lapwing(['check', '--config', scene.config('memory', settings)]);
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(/\nfinding: a webhook source needs store\.type sqlite.*\n1 finding\.\n$/);
  });

  it.each<[string, object, RegExp]>([
    [
      'open webhook',
      { sources: { w: { type: 'webhook', listen: '0.0.0.0:9443' } } },
      /  sources\.w: listen: .*needs tokens/,
    ],
    [
      'missing credential',
      {
        sinks: {
          es: { type: 'elasticsearch', nodes: ['http://127.0.0.1:1'], auth: { apiKey: { env: 'NO_SUCH_KEY' } } },
        },
      },
      /  sinks\.es: .*NO_SUCH_KEY is not set/,
    ],
    ['wrong value', { log: { level: 'loud' } }, /  log\.level: must be one of debug, info, warn, error/],
  ])('refuses a configuration that cannot work (%s): exit 2, the path named', async (name, settings, message) => {
    const said = await lapwing(['check', '--config', scene.config(name.replace(' ', '-'), settings)]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
  });

  it('takes the path from LAPWING_CONFIG, and settings from the environment', async () => {
    const config = scene.config('env', { cluster: 'from-file' });
    expect((await lapwing(['check'], { env: { LAPWING_CONFIG: config } })).stdout).toMatch(/cluster +from-file/);
    const both = { LAPWING_CONFIG: config, LAPWING_CLUSTER: 'from-env' };
    expect((await lapwing(['check'], { env: both })).stdout).toMatch(/cluster +from-env/);
    const wrong = await lapwing(['check'], { env: { LAPWING_CLUSTR: 'x' } });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('LAPWING_CLUSTR names no setting');
  });
});

describe('demo', () => {
  it('shows an alert of each attack, a table, and where to look next; leaves nothing behind', async () => {
    const said = await lapwing(['demo'], { env: { TMPDIR: scene.folder } });
    expect(said).toMatchObject({ code: 0, stderr: '' });
    const table = said.stdout.slice(said.stdout.indexOf('All alerts'));
    for (const id of ['exec-into-pod', 'forbidden-burst', 'rbac-escalation', 'secret-reads']) {
      expect(said.stdout).toMatch(new RegExp(`· revision \\d+ · ${id}\\n`));
      expect(table).toMatch(new RegExp(`^(CRITICAL|HIGH|MEDIUM).* ${id} `, 'm'));
    }
    expect(table).toMatch(/\d+ events in [\d,]+ ms: \d+ alerts to look at/);
    expect(said.stdout).not.toContain('\u001b');
    expect(said.stdout.split('\n').every((line) => [...line].length <= 102)).toBe(true);
  });

  it('ends quietly when its reader leaves', async () => {
    const child = spawn(process.execPath, [main, 'demo'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (part) => (stderr += String(part)));
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });

  it('keeps the store on request', async () => {
    const said = await lapwing(['demo', '--keep'], { env: { TMPDIR: scene.folder } });
    const [, dataDir] = /LAPWING_DATA_DIR=(\S+)/.exec(said.stdout)!;
    const listed = await lapwing(['alerts', '--severity', 'high'], { env: { LAPWING_DATA_DIR: dataDir! } });
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain('"rbac-escalation"');
  });
});
