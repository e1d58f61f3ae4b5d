import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from '../../src/app.ts';
import { reportExceptions, type HitsOf } from '../../src/cli/exception-report.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DAY, type Exception } from '../../src/model/index.ts';
import { micros } from '../support/alert.ts';

const NOW = micros('2026-11-21T10:00:00Z');

const exception = (over: Partial<Exception> = {}): Exception => ({
  id: 'backup',
  detectors: ['secret-reads'],
  identities: ['system:serviceaccount:velero:velero'],
  reason: 'It is known.',
  author: 'sre',
  expires: NOW + 30 * DAY,
  ...over,
});
const hit: HitsOf = () => JSON.stringify({ since: NOW - 40 * DAY, findings: 1_200, last: NOW - DAY });
const findings = (over: Partial<Exception>, hitsOf: HitsOf = hit) =>
  reportExceptions([exception(over)], hitsOf, NOW).findings;

describe('the report on exceptions', () => {
  it('has nothing against one that is narrow and in use', () => {
    expect(reportExceptions([exception()], hit, NOW)).toEqual({
      summary: ['backup (sre; until 2026-12-21): 1,200 hits, the last on 2026-11-20'],
      notes: [],
      findings: [],
    });
  });

  it('is empty without exceptions', () => {
    expect(reportExceptions([], undefined, NOW)).toEqual({ summary: [], notes: [], findings: [] });
  });

  it('names what is expired, and only that of it', () => {
    const report = reportExceptions([exception({ expires: NOW, identities: ['*'] })], () => undefined, NOW);
    expect(report).toEqual({
      summary: ['backup (sre; expired 2026-11-21): no hits'],
      notes: [],
      findings: ['exceptions: backup expired on 2026-11-21: delete it, or say anew until when'],
    });
    expect(findings({ expires: NOW + 1 })).toEqual([]);
  });

  it.each<[string, object | undefined, string[], string[]]>([
    ['was never looked at', undefined, ['exceptions: backup was not hit yet'], []],
    ['is young', { since: NOW - 7 * DAY, findings: 0 }, ['exceptions: backup was not hit yet'], []],
    [
      'is a week old and more',
      { since: NOW - 7 * DAY - 1, findings: 0 },
      [],
      ['exceptions: backup was never hit since 2026-11-14: delete it, or look for what it misses'],
    ],
  ])('names what was never hit: it %s', (_, hits, notes, found) => {
    const row = hits && new TextEncoder().encode(JSON.stringify(hits));
    expect(reportExceptions([exception()], () => row, NOW)).toMatchObject({ notes, findings: found });
  });

  it('says that it does not know of hits where there is no store', () => {
    const { summary, notes, findings: found } = reportExceptions([exception(), exception()], undefined, NOW);
    expect(summary[0]).toContain('hits not known');
    expect(notes).toEqual(['exceptions: there is no store to read here, so which of them are never hit is not known']);
    expect(found).toEqual([]);
  });

  it.each<[string, Partial<Exception>, string]>([
    ['a detector alone', { identities: undefined }, 'it says neither who, nor on what, nor from where'],
    ['a detector and a cluster', { identities: undefined, clusters: ['prod'] }, 'it says neither who'],
    ['any object of a type', { identities: undefined, objects: ['secrets/*'] }, 'it says neither who'],
    ['no detector', { detectors: undefined }, 'it names no detector, and mutes those of later versions as well'],
    ['everybody', { identities: ['*'] }, '"*" takes in too much'],
    ['next to everybody', { identities: ['s*'] }, '"s*" takes in too much'],
    [
      'all service accounts',
      { identities: ['system:serviceaccount:*'] },
      '"system:serviceaccount:*" takes in too much',
    ],
    ['somebody as anybody', { identities: [{ user: 'alice', as: '*' }] }, '"*" takes in too much'],
    ['every namespace', { namespaces: ['web', '**'] }, '"**" takes in too much'],
    ['every cluster', { clusters: ['*'] }, '"*" takes in too much'],
    ['every object', { objects: ['*/*'] }, '"*/*" takes in too much'],
    ['every address', { sources: ['0.0.0.0/0'] }, '"0.0.0.0/0" takes in too much'],
    ['half the Internet', { sources: ['10.0.0.0/8', '8.0.0.0/7'] }, '"8.0.0.0/7" takes in too much'],
    ['a provider of IPv6', { sources: ['2001::/16'] }, '"2001::/16" takes in too much'],
    ['more than a year', { expires: NOW + 367 * DAY }, 'it ends more than a year from now, on 2027-11-23'],
  ])('calls over-broad %s', (_, over, why) => {
    const found = findings(over);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^exceptions: backup is over-broad: /);
    expect(found[0]).toContain(why);
  });

  it('finds nothing over-broad in the examples of docs/exceptions.md, which are right as they stand', () => {
    const page = readFileSync(new URL('../../docs/exceptions.md', import.meta.url), 'utf8');
    const examples = [...page.matchAll(/^```yaml\n(exceptions:\n.*?)^```$/gms)].flatMap(([, text = '']) => {
      const given = JSON.stringify((parse(text) as { exceptions: unknown }).exceptions);
      return loadConfig(catalogue, undefined, { LAPWING_EXCEPTIONS: given }).exceptions;
    });
    expect(examples.map(({ id }) => id)).toContain('red-team-november');
    expect(examples.length).toBeGreaterThan(3);
    const day = micros('2026-11-21T00:00:00Z');
    expect(reportExceptions(examples, hit, day).findings).toEqual([]);
  });

  it.each<[string, Partial<Exception>]>([
    ['a private network', { sources: ['10.0.0.0/8', 'fd00:1234::/32'] }],
    ['the service accounts of a namespace', { identities: ['system:serviceaccount:argocd:*'] }],
    ['objects by name', { identities: undefined, objects: ['secrets/sh.helm.*'] }],
    ['a namespace', { identities: undefined, namespaces: ['sandbox'] }],
    ['a year', { expires: NOW + 366 * DAY }],
  ])('has nothing against %s', (_, over) => expect(findings(over)).toEqual([]));
});
