import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lapwing } from '../support/lapwing.ts';
import { documents, makeScene, sample, type AlertDocument } from './scene.ts';

const scene = makeScene();
afterAll(() => scene.remove());

const user = 'system:serviceaccount:dev:gitops';
const common = { detectors: ['rbac-escalation'], reason: 'A drill of the security team.', author: 'sre' };
/** Later than the sample, and later than today. */
const inAMonth = new Date(Math.max(Date.now(), Date.parse('2026-11-21')) + 30 * 86_400_000).toISOString().slice(0, 10);
const path = sample('rbac-escalation.ndjson');
const settings = {
  sources: { audit: { type: 'file', paths: [path] } },
  sinks: { out: { type: 'console', format: 'ndjson' } },
};
const exceptions = [
  { ...common, id: 'past-drill', identities: [user], expires: '2020-01-01' },
  { ...common, id: 'drill', identities: [user], expires: inAMonth },
  { ...common, id: 'nobody', identities: ['nobody'], expires: inAMonth },
];
const config = scene.config('muted', { ...settings, exceptions });
const muted = ({ lapwing: { exception } }: AlertDocument) => exception?.id;

/** Whether a check made a data directory. */
let made = true;
let printed: readonly AlertDocument[] = [];
let checked: readonly Awaited<ReturnType<typeof lapwing>>[] = [];

beforeAll(async () => {
  const before = await lapwing(['check', '--config', config]);
  made = existsSync(`${scene.folder}/data-muted`);
  printed = documents((await lapwing(['run', '--config', config])).stdout);
  checked = [before, await lapwing(['check', '--config', config])];
});

describe('exceptions', () => {
  it('mute on the way to people, and the store keeps what they mute', async () => {
    const [told, kept] = await Promise.all(
      [[], ['--muted']].map(async (args) =>
        documents((await lapwing(['alerts', '--config', config, '--limit', '1000', ...args])).stdout),
      ),
    );
    expect(kept!.length).toBeGreaterThan(2);
    expect(told!.length).toBeGreaterThan(0);
    expect(new Set(kept!.map(muted))).toEqual(new Set(['drill']));
    expect(new Set(told!.map(muted))).toEqual(new Set([undefined]));
    expect(new Set(kept!.map((each) => each.user?.name))).toEqual(new Set([user]));
    const unmuted = told!.filter(({ rule }) => rule.id === 'rbac-escalation');
    expect(unmuted).not.toHaveLength(0);
    expect(unmuted.map((each) => each.user?.name)).not.toContain(user);
    expect(new Set(printed.map(({ event }) => event.id))).toEqual(new Set(told!.map(({ event }) => event.id)));
    const { stdout } = await lapwing(['alerts', '--config', config, '--muted', '--format', 'table']);
    expect(stdout).toMatch(/^severity +last seen \(UTC\) +rule +muted by +count +id\n.* drill /);
  });

  it('leave replay whole: what they mute says so itself', async () => {
    const muting = documents((await lapwing(['replay', path, '--config', config])).stdout);
    const without = documents((await lapwing(['replay', path, '--config', scene.config('plain', {})])).stdout);
    expect(muting).toHaveLength(without.length);
    expect(new Set(muting.map(muted))).toEqual(new Set(['drill', undefined]));
    const reasons = (some: readonly AlertDocument[]) => some.map(({ event }) => event.reason).toSorted();
    expect(reasons(muting)).toEqual(reasons(without));
  });

  it('are judged by check before there is a store: exit 1', () => {
    expect(checked[0]).toMatchObject({ code: 1, stderr: '' });
    expect(made).toBe(false);
    const lines = checked[0]!.stdout.split('\n');
    expect(lines).toContain(`  drill (sre; until ${inAMonth}): hits not known`);
    expect(lines).toContain('finding: exceptions: past-drill expired on 2020-01-01: delete it, or say anew until when');
    expect(checked[0]!.stdout).toMatch(/note: exceptions: there is no store to read here/);
  });

  it('are judged by check with the hits that the store counts', () => {
    expect(checked[1]).toMatchObject({ code: 1, stderr: '' });
    expect(checked[1]!.stdout).toMatch(/\n {2}drill \(sre; until \S+\): \d+ hits, the last on 2026-11-21\n/);
    expect(checked[1]!.stdout).toMatch(/: exceptions: nobody was (not hit yet|never hit since 2026-11-21)/);
    expect(checked[1]!.stdout).not.toContain('no store');
  });

  it('that are over-broad are findings, that name no detector there is are errors', async () => {
    const one = (over: object) =>
      lapwing([
        'check',
        '--config',
        scene.config('one', { exceptions: [{ ...common, id: 'one', identities: [user], expires: inAMonth, ...over }] }),
      ]);
    expect(await one({})).toMatchObject({ code: 0, stderr: '' });
    const broad = await one({ identities: ['*'] });
    expect(broad.code).toBe(1);
    expect(broad.stdout).toMatch(/\nfinding: exceptions: one is over-broad: "\*" takes in too much\n1 finding\.\n$/);
    const wrong = await one({ detectors: ['rbac'] });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/ {2}exceptions\.0\.detectors\.0: must be one of .*rbac-escalation/);
    const hostile = await one({ author: 'sre\u001b[2J' });
    expect(hostile.code).toBe(0);
    expect(hostile.stdout).not.toContain('\u001b');
  });
});
