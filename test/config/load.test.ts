import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../src/app.ts';
import { loadConfig, reveal } from '../../src/config/load.ts';
import { AppError, Secret } from '../../src/model/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lapwing-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'lapwing.yaml');

const load = (text: string, env: NodeJS.ProcessEnv = {}) => {
  writeFileSync(path, text);
  return loadConfig(catalogue, path, env);
};

/** The message of the AppError `config` that loading ends with. */
const problem = (text: string, env: NodeJS.ProcessEnv = {}): string => {
  try {
    load(text, env);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    expect((thrown as AppError).code).toBe('config');
    return (thrown as AppError).message;
  }
  throw new Error('this configuration was taken');
};

const elastic = (auth: string) =>
  `sinks: { es: { type: elasticsearch, nodes: ["http://127.0.0.1:1"], auth: ${auth} } }`;

describe('a configuration', () => {
  it.each<[string, string, string]>([
    ['log: { level: loud }', 'log.level', 'debug, info, warn, error'],
    ['sources: { a: { type: tape } }', 'sources.a.type', 'must be one of file, webhook, kafka'],
    ['sources: { a: { paths: [x] } }', 'sources.a.type', 'must be one of file, webhook, kafka'],
    ['sinks: { a: { type: file } }', 'sinks.a.type', 'must be one of console, elasticsearch'],
    ['sources: { a: 3 }', 'sources.a', 'mapping with type file, webhook, kafka'],
    ['sources: [a]', 'sources', 'must be'],
    ['sources: { a: { type: file } }', 'sources.a.paths', 'is missing; it must be a list of text'],
    ['sources: { a: { type: file, paths: [] } }', 'sources.a.paths', 'must not be empty; it must be a list of text'],
    ['sources: { a: { type: file, paths: [7] } }', 'sources.a.paths.0', 'must be text'],
    ['sources: { a: { type: file, paths: [x], follow: maybe } }', 'sources.a.follow', 'must be true, false'],
    ['sources: { a: { type: file, paths: [x], chunk: 1MB } }', 'sources.a.chunk', 'size such as 512KiB'],
    [
      'sources: { a: { type: file, pats: [x] } }',
      'sources.a.pats',
      'no such setting; there are paths, follow, cluster',
    ],
    ['sources: { A_b: { type: file, paths: [x] } }', 'sources.A_b', 'lower-case letters, digits and dashes'],
    ['sources: { k: { type: kafka, brokers: [x], topics: [t] } }', 'sources.k.brokers.0', 'must be host:port'],
    [
      'detectors: { forbidden-burst: { window: 5 min } }',
      'detectors.forbidden-burst.window',
      'duration such as 250ms, 30s',
    ],
    [
      'detectors: { forbidden-burst: { refusals: 1 } }',
      'detectors.forbidden-burst.refusals',
      'whole number, 2 to 1000',
    ],
    [
      'detectors: { forbidden-burst: { refusals: 2.5 } }',
      'detectors.forbidden-burst.refusals',
      'whole number, 2 to 1000',
    ],
    [
      'detectors: { forbiden-burst: {} }',
      'detectors.forbiden-burst',
      'no such setting; there are anonymous-scan, audit-id-reuse',
    ],
    ['retention: 3', 'retention', 'no such setting; there are dataDir, cluster, log'],
    [elastic('{ username: u }'), 'sinks.es.auth', 'must have either username and password, or apiKey'],
  ])('%s is refused at %s', (text, where, allowed) => {
    const lines = problem(text).split('\n');
    expect(lines[0]).toBe(`the configuration in ${path} is not valid:`);
    expect(lines.find((line) => line.startsWith(`  ${where}: `))).toContain(allowed);
  });

  it('names every problem at once', () => {
    const text = 'log: { level: loud, format: xml }\nsources: { a: { type: tape } }\nother: 1';
    expect(problem(text).split('\n')).toHaveLength(5);
  });

  it.each([
    ['- a', 'must be a mapping of settings'],
    ['a: [', 'is not YAML: line '],
    ['cluster: a\ncluster: b', 'is not YAML: line 2, column 1: a key that stands there twice'],
    ['"a\\nb\\e[31m": 1', String.raw`"a\nb\u001b[31m": no such setting`],
  ])('%j is refused in plain words', (text, message) => expect(problem(text)).toContain(message));

  it('may have keys without a value: they are not set', () => {
    expect(load('sources:\nlog:\n  level:\n')).toEqual(loadConfig(catalogue, undefined, {}));
    expect(load('')).toEqual(loadConfig(catalogue, undefined, {}));
  });

  it.each([
    [{ XDG_STATE_HOME: '/state', HOME: '/home/x' }, '/state/lapwing'],
    [{ HOME: '/home/x' }, '/home/x/.local/state/lapwing'],
    [{ HOME: '/home/x', LAPWING_DATA_DIR: '/data' }, '/data'],
  ])('has its data directory by %j', (env, expected) => expect(load('', env).dataDir).toBe(expected));
});

describe('secrets', () => {
  const WORD = 'hunter2';

  it('never print, whatever prints them', () => {
    const config = load(elastic(`{ username: u, password: ${WORD} }`));
    const { password } = (config.sinks['es'] as unknown as { auth: { password: Secret } }).auth;
    expect(reveal(password, {})).toBe(WORD);
    for (const text of [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), `${password}`])
      expect(text).not.toContain(WORD);
  });

  it.each([
    ['a broken YAML line', `sinks:\n  es: { password: ${WORD}: x }`],
    ['an unclosed quote', `password: "${WORD}`],
    ['an unknown alias', `password: *${WORD}`],
    ['an unknown tag', `password: !${WORD} x`],
    ['text behind a value', `password: "a" ${WORD}`],
    ['a list where text belongs', elastic(`{ username: u, password: [${WORD}] }`)],
    ['a number where a mapping belongs', `sinks: ${WORD}`],
    ['another mapping', elastic(`{ username: u, password: { value: ${WORD} } }`).replace('value:', 'env: X, file:')],
    ['a wrong place', `password: ${WORD}`],
    ['an address', `sinks: { es: { type: elasticsearch, nodes: ["http://u:${WORD}@127.0.0.1"] } }`],
  ])('never stand in the error of %s', (_, text) => expect(problem(text)).not.toContain(WORD));

  it('never stand in the error of a variable', () => {
    expect(problem('', { LAPWING_LOG: `{ a: ${WORD}` })).not.toContain(WORD);
    expect(problem('', { LAPWING_LOG_LEVEL: WORD })).not.toContain(WORD);
  });

  it.each(['{abc', '12345', 'yes', '*x', 'a: b', 'p #x', "it's", '[1]', '@x', '%', '- a'])(
    'may be %j in a variable',
    (word) => {
      const env = { LAPWING_SINKS_ES_AUTH_PASSWORD: word, LAPWING_SINKS_ES_AUTH_USERNAME: '007' };
      const config = load('sinks: { es: { type: elasticsearch, nodes: ["http://127.0.0.1:1"] } }', env);
      const { password, username } = (config.sinks['es'] as unknown as { auth: { password: Secret; username: string } })
        .auth;
      expect(reveal(password, {})).toBe(word);
      expect(username).toBe('007');
    },
  );

  it('are read from variables and files, and a missing one is named', () => {
    const file = join(folder, 'key');
    writeFileSync(file, `${WORD}\n`);
    expect(reveal(new Secret('env', 'KEY'), { KEY: WORD })).toBe(WORD);
    expect(reveal(new Secret('file', file), {})).toBe(WORD);
    expect(() => reveal(new Secret('env', 'KEY'), {})).toThrow('environment variable KEY is not set');
    expect(() => reveal(new Secret('file', `${file}-not`), {})).toThrow(`${file}-not cannot be read`);
  });

  it('may come from a variable with our prefix', () => {
    const env = { LAPWING_ES_API_KEY: WORD };
    expect(load(elastic('{ apiKey: { env: LAPWING_ES_API_KEY } }'), env).sinks).toHaveProperty('es');
    expect(problem('', env)).toContain('LAPWING_ES_API_KEY names no setting');
  });
});

describe('the environment of a pod', () => {
  it.each([
    { LAPWING_SERVICE_HOST: '10.0.0.1', LAPWING_SERVICE_PORT: '9443', LAPWING_SERVICE_PORT_HTTPS: '9443' },
    {
      LAPWING_PORT: 'tcp://10.0.0.1:9443',
      LAPWING_PORT_9443_TCP: 'tcp://10.0.0.1:9443',
      LAPWING_PORT_9443_TCP_ADDR: '10.0.0.1',
    },
    { LAPWING_WEBHOOK_SERVICE_HOST: '10.0.0.1', LAPWING_WEBHOOK_PORT_9443_TCP_PROTO: 'tcp' },
    { LAPWING_CLUSTER: '', LAPWING_CONFIG: '/x' },
  ])('stops nothing that it has set for Services or left empty: %j', (env) => {
    expect(load('', env)).toEqual(load(''));
  });

  it('is checked apart from these', () => {
    expect(problem('', { LAPWING_PORT: '9443' })).toContain('LAPWING_PORT names no setting');
  });
});
