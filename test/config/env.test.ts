import { describe, expect, it } from 'vitest';
import { overlayEnvironment, spell } from '../../src/config/env.ts';

const KNOWN = {
  dataDir: {},
  log: { level: {} },
  sources: { '*': { type: {}, listen: {}, paths: {}, maxBody: {} } },
  detectors: { 'forbidden-burst': { threshold: {} }, 'forbidden-burst-slow': { threshold: {} } },
};
const overlay = (base: object, env: NodeJS.ProcessEnv) => overlayEnvironment(base as never, env, KNOWN);

describe('environment', () => {
  it.each([
    ['dataDir', 'DATA_DIR'],
    ['forbidden-burst', 'FORBIDDEN_BURST'],
    ['level', 'LEVEL'],
    ['maxInFlight', 'MAX_IN_FLIGHT'],
  ])('spells %s as %s', (name, spelled) => expect(spell(name)).toBe(spelled));

  it('wins over the file, value by value', () => {
    const base = { log: { level: 'info', format: 'json' } };
    expect(overlay(base, { LAPWING_LOG_LEVEL: 'debug' })).toEqual({ log: { level: 'debug', format: 'json' } });
    expect(base.log.level).toBe('info');
  });

  it.each([
    [{ LAPWING_DATA_DIR: '/x' }, { dataDir: '/x' }],
    [{ LAPWING_SOURCES_AUDIT_LISTEN: '127.0.0.1:9443' }, { sources: { audit: { listen: '127.0.0.1:9443' } } }],
    [{ LAPWING_SOURCES_AUDIT_PATHS: '[a, b]' }, { sources: { audit: { paths: ['a', 'b'] } } }],
    [{ LAPWING_SOURCES_AUDIT: '{type: file}' }, { sources: { audit: { type: 'file' } } }],
    [{ LAPWING_DETECTORS_FORBIDDEN_BURST_THRESHOLD: '8' }, { detectors: { 'forbidden-burst': { threshold: 8 } } }],
    [
      { LAPWING_DETECTORS_FORBIDDEN_BURST_SLOW_THRESHOLD: '9' },
      { detectors: { 'forbidden-burst-slow': { threshold: 9 } } },
    ],
    [{ LAPWING_CONFIG: 'x', LAPWING_TEST_KILLS: '3', OTHER: '1' }, {}],
  ])('%o', (env, expected) => expect(overlay({}, env)).toEqual(expected));

  it('finds names that the file has, whatever their dashes', () => {
    expect(
      overlay({ sources: { 'my-audit': { type: 'file' } } }, { LAPWING_SOURCES_MY_AUDIT_MAX_BODY: '1MiB' }),
    ).toEqual({
      sources: { 'my-audit': { type: 'file', maxBody: '1MiB' } },
    });
  });

  it('takes text as it is, and quotes make text of anything', () => {
    const listen = (value: string) => overlay({}, { LAPWING_SOURCES_AUDIT_LISTEN: value })['sources'];
    expect(listen('"8080"')).toEqual({ audit: { listen: '8080' } });
    expect(listen('p #4s: s')).toEqual({ audit: { listen: 'p #4s: s' } });
  });

  it.each([
    ['LAPWING_NO_SUCH', 'x', /LAPWING_NO_SUCH names no setting/],
    ['LAPWING_LOG_COLOUR', 'x', /LAPWING_LOG_COLOUR names no setting/],
    ['LAPWING_LOG', '{a: [', /LAPWING_LOG is not YAML/],
  ])('%s is refused by name', (name, value, message) => {
    expect(() => overlay({}, { [name]: value })).toThrow(message);
  });

  it('leaves prototypes alone', () => {
    expect(() => overlay({}, { LAPWING_SOURCES___PROTO___TYPE: 'x' })).toThrow('names no setting');
    expect(() => overlay({}, { LAPWING_CONSTRUCTOR_X: 'x' })).toThrow('names no setting');
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });
});
