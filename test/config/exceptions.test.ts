import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { catalogue } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { AppError, formatTime, type Exception } from '../../src/model/index.ts';

const load = (exceptions: unknown): readonly Exception[] =>
  loadConfig(catalogue, undefined, { LAPWING_EXCEPTIONS: stringify(exceptions, { collectionStyle: 'flow' }).trim() })
    .exceptions;

const problem = (exceptions: unknown): string => {
  try {
    load(exceptions);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    return (thrown as AppError).message;
  }
  throw new Error('these exceptions were taken');
};

const one = (over: object = {}): object => ({
  id: 'nightly-backup',
  identities: ['backup'],
  reason: 'It reads every secret at night.',
  author: 'sre',
  expires: '2027-03-31',
  ...over,
});

describe('exceptions in the configuration', () => {
  it('are none unless given', () => expect(loadConfig(catalogue, undefined, {}).exceptions).toEqual([]));

  it('are read with all their scopes', () => {
    const scope = {
      detectors: ['secret-reads', 'exec-into-pod'],
      clusters: ['prod-*'],
      namespaces: ['web', 'data-*'],
      identities: ['backup', { user: 'alice', as: 'system:admin' }],
      objects: ['secrets/db-*', 'pods/exec/web-*'],
      sources: ['10.2.0.0/16', 'fd00::1'],
    };
    expect(load([one(scope), one({ id: 'other' })])).toMatchObject([
      { ...one(scope), expires: Date.parse('2027-03-31T00:00:00Z') * 1_000 },
      { id: 'other' },
    ]);
  });

  it.each([
    ['2027-03-31', '2027-03-31T00:00:00.000000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000000Z'],
    ['2027-03-31T18:00:00Z', '2027-03-31T18:00:00.000000Z'],
    ['2027-03-31T18:00:00.5+02:00', '2027-03-31T16:00:00.500000Z'],
  ])('expire at %s', (written, time) => expect(formatTime(load([one({ expires: written })])[0]!.expires)).toBe(time));

  it.each<[string, object, string, string]>([
    ['no id', { id: undefined }, '0.id', 'is missing'],
    ['an id that is none', { id: 'Night Backup' }, '0.id', 'lower-case letters, digits and dashes'],
    ['an unknown detector', { detectors: ['secret-read'] }, '0.detectors.0', 'must be one of'],
    ['an empty scope', { namespaces: [] }, '0.namespaces', 'must not be empty; it must be a list of text'],
    ['an empty pattern', { namespaces: [''] }, '0.namespaces.0', 'at least 1 characters'],
    ['an endless pattern', { namespaces: ['x'.repeat(301)] }, '0.namespaces.0', 'at most 300 characters'],
    ['too many patterns', { clusters: Array(201).fill('x') }, '0.clusters', 'list of text, at most 200 of them'],
    ['text for a list', { namespaces: 'web' }, '0.namespaces', 'must be a list of text'],
    ['half an identity', { identities: [{ user: 'alice' }] }, '0.identities.0', 'text or { user, as }'],
    [
      'an identity with more',
      { identities: [{ user: 'a', as: 'b', group: 'c' }] },
      '0.identities.0.group',
      'no such setting',
    ],
    ['an object without a name', { objects: ['secrets'] }, '0.objects.0', 'a type and a name, such as secrets/db-*'],
    ['an object with an empty name', { objects: ['secrets/'] }, '0.objects.0', 'a type and a name'],
    ['no address', { sources: ['bastion'] }, '0.sources.0', 'an address or a block such as 10.2.0.0/16'],
    ['a block with bits past its length', { sources: ['10.2.3.4/16'] }, '0.sources.0', 'no bit set past its length'],
    ['no reason', { reason: undefined }, '0.reason', 'is missing'],
    ['a short reason', { reason: 'x' }, '0.reason', 'at least 3 characters'],
    ['no author', { author: '' }, '0.author', 'at least 1'],
    ['no end', { expires: undefined }, '0.expires', 'is missing'],
    ['a day that no month has', { expires: '2027-02-29' }, '0.expires', 'a date or a time such as'],
    ['a time without an offset', { expires: '2027-03-31T18:00:00' }, '0.expires', 'a date or a time such as'],
    ['a span', { expires: '90d' }, '0.expires', 'a date or a time such as'],
    ['no scope', { identities: undefined }, '0', 'names no scope, and would mute everything'],
    ['something unknown', { user: 'alice' }, '0.user', 'no such setting; there are id, detectors, clusters'],
  ])('with %s are refused', (_, over, where, what) => {
    const lines = problem([one(over)]).split('\n');
    expect(lines.find((line) => line.startsWith(`  exceptions.${where}: `))).toContain(what);
  });

  it('with an id twice are refused at the second', () => {
    expect(problem([one(), one({ id: 'b' }), one()])).toMatch(/^ {2}exceptions\.2\.id: another exception has this id/m);
  });
});
