import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lapwing } from '../support/lapwing.ts';
import { documents, makeScene, sample, type AlertDocument } from './scene.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const config = scene.config('store', {
  cluster: 'lab',
  sources: {
    audit: {
      type: 'file',
      paths: ['forbidden-burst', 'rbac-escalation', 'exec-into-pod'].map((id) => sample(`${id}.ndjson`)),
    },
  },
});
const RANK = ['info', 'low', 'medium', 'high', 'critical'];
let all: readonly AlertDocument[] = [];

beforeAll(async () => {
  await lapwing(['run', '--config', config]);
  all = documents((await lapwing(['alerts', '--config', config])).stdout);
});

describe('alerts', () => {
  it('lists what a run has found, newest first', async () => {
    expect(all.length).toBeGreaterThan(10);
    const times = all.map((each) => each['@timestamp']);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  const user = 'system:serviceaccount:web:frontend';
  it.each<[string, readonly string[], (alert: AlertDocument) => boolean]>([
    ['severity and above', ['-s', 'high'], ({ lapwing: { severity } }) => RANK.indexOf(severity) >= 3],
    ['category', ['--category', 'exec'], ({ rule }) => rule.category === 'exec'],
    ['detector', ['--detector', 'rbac-escalation'], ({ rule }) => rule.id === 'rbac-escalation'],
    ['user', ['--user', user], (alert) => alert.user?.name === user],
    ['namespace', ['-n', 'payments'], ({ orchestrator }) => orchestrator?.namespace === 'payments'],
    ['text', ['--text', 'CLUSTERROLE'], ({ event }) => /clusterrole/i.test(event.reason)],
    ['since', ['--since', '2026-11-21T10:45:30Z'], (alert) => alert['@timestamp'] >= '2026-11-21T10:45:30'],
    ['until', ['--until', '2026-11-21T11:45:30+01:00'], (alert) => alert['@timestamp'] < '2026-11-21T10:45:30'],
    [
      'both',
      ['--severity', 'medium', '--category', 'rbac'],
      ({ rule, lapwing: { severity } }) => rule.category === 'rbac' && RANK.indexOf(severity) >= 2,
    ],
  ])('filters by %s', async (_, args, holds) => {
    const said = await lapwing(['alerts', '--config', config, ...args]);
    const expected = all.filter(holds);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(all.length);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(documents(said.stdout)).toEqual(expected);
  });

  it('takes the cluster, and says when nothing matches', async () => {
    expect(documents((await lapwing(['alerts', '--config', config, '--cluster', 'lab'])).stdout)).toHaveLength(
      all.length,
    );
    const none = await lapwing(['alerts', '--config', config, '--cluster', 'other']);
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'No alert matches.\n' });
  });

  it('says that there are more than it shows', async () => {
    const said = await lapwing(['alerts', '--config', config, '--limit', '2']);
    expect(documents(said.stdout)).toEqual(all.slice(0, 2));
    expect(said.stderr).toMatch(/^There are more than the 2 shown/);
  });

  it('prints a table on request', async () => {
    const said = await lapwing(['alerts', '--config', config, '--format', 'table', '--limit', '1']);
    expect(said.stdout).toMatch(/^severity +last seen \(UTC\) +rule +cluster +count +id/);
    expect(said.stdout).toContain(all[0]!.event.id.slice(0, 12));
    expect(said.stdout).not.toContain('\u001b');
  });

  it.each<[string, readonly string[], RegExp]>([
    ['severity', ['--severity', 'grave'], /Allowed choices are info, low, medium, high, critical/],
    ['category', ['--category', 'other'], /Allowed choices are forbidden, secrets/],
    ['detector', ['--detector', 'nope'], /Allowed choices are anonymous-scan, audit-id-reuse/],
    ['time', ['--since', 'yesterday'], /--since: yesterday is neither a time such as .* nor a span such as 24h/],
    ['day', ['--until', '2026-13-41'], /--until: 2026-13-41 is neither/],
    ['limit', ['--limit', '0'], /whole number from 1 to 10,000/],
    ['format', ['--format', 'xml'], /Allowed choices are table, ndjson/],
    ['argument', ['extra'], /too many arguments/],
  ])('refuses a wrong %s: exit 2, the allowed values named', async (_, args, message) => {
    const said = await lapwing(['alerts', '--config', config, ...args]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(message);
  });

  it('says kindly that there is no store yet', async () => {
    const said = await lapwing(['alerts', '--config', scene.config('none', {})]);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toMatch(/^lapwing: there is no store in .*data-none yet: `lapwing run` makes one\.\n$/);
  });

  it('cannot list a memory store', async () => {
    const said = await lapwing(['alerts', '--config', scene.config('memory', { store: { type: 'memory' } })]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(/store\.type .*sqlite/);
  });
});
