import { describe, expect, test } from 'vitest';
import { Habits } from '../../../src/engine/habits/habits.ts';
import { DAY, HOUR, type AuditEvent, type Micros } from '../../../src/model/index.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const START = Date.parse('2026-11-02T00:00:00Z') * 1_000;
const etl = {
  username: 'system:serviceaccount:data:etl',
  uid: 'u1',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:data', 'system:authenticated'],
};

const event = (time: Micros, raw: RawEvent = {}): AuditEvent =>
  auditEvent(
    {
      user: etl,
      verb: 'list',
      objectRef: { resource: 'configmaps', namespace: 'data' },
      sourceIPs: ['10.244.1.5'],
      userAgent: 'etl/1.2',
      ...raw,
    },
    { time },
  );

/** The same work every hour for that many hours. */
function worked(hours: number, budget = 1 << 20): Habits {
  const habits = new Habits(budget, 1);
  for (let hour = 0; hour < hours; hour += 1) habits.learn(event(START + hour * HOUR));
  return habits;
}

/** Everything that is kept, as a store would hold it. */
function rowsOf(habits: Habits, rows = new Map<string, string>()): Map<string, string> {
  habits.collect((key, value) => {
    if (value === null) rows.delete(key);
    else rows.set(key, String(value));
  });
  return rows;
}

describe('habits', () => {
  test('what is done hour after hour becomes usual, and something else unusual', () => {
    const habits = worked(30);
    const now = START + 30 * HOUR;
    for (const trait of ['deed', 'namespace', 'network', 'agent'] as const)
      expect(habits.habit(event(now), trait)).toBe('usual');
    expect(habits.habit(event(now, { verb: 'delete' }), 'deed')).toBe('unusual');
    expect(habits.habit(event(now, { objectRef: { resource: 'configmaps', namespace: 'web' } }), 'namespace')).toBe(
      'unusual',
    );
    expect(habits.habit(event(now, { sourceIPs: ['127.66.0.9'] }), 'network')).toBe('unusual');
    expect(habits.habit(event(now, { userAgent: 'curl/8' }), 'agent')).toBe('unusual');
    expect(habits.usual(event(now))).toBe('list configmaps; in data; from 10.244.0.0/16; with etl');
    expect(habits.history(event(now))).toEqual({ hours: 30, since: START, isEnough: true, isNewcomer: false });
  });

  test('what is told as usual follows what is learnt, late hours of the present day, too', () => {
    const habits = worked(30);
    const now = event(START + 30 * HOUR);
    const pods = { objectRef: { resource: 'pods', namespace: 'data' } };
    for (const hour of [0, 5]) habits.learn(event(START + hour * HOUR, pods));
    expect(habits.usual(now)).toBe('list configmaps; in data; from 10.244.0.0/16; with etl');
    habits.learn(event(START + 29 * HOUR, pods));
    expect(habits.usual(now)).toBe('list configmaps, list pods; in data; from 10.244.0.0/16; with etl');
    // A place that was never seen before is not usual yet, and what is usual one hour later is told anew.
    habits.learn(event(START + 30 * HOUR, { objectRef: { resource: 'configmaps', namespace: 'web' } }));
    expect(habits.usual(now)).toBe('list configmaps, list pods; in data; from 10.244.0.0/16; with etl');
    expect(habits.usual(event(START + 31 * HOUR))).toBe(habits.usual(now));
  });

  test.each([
    [11, 40],
    [24, 23.9],
  ])('%i hours known for %i hours are too few to tell', (hours, after) => {
    const habits = worked(hours);
    const now = START + after * HOUR;
    expect(habits.history(event(now)).isEnough).toBe(false);
    expect(habits.habit(event(now, { verb: 'delete' }), 'deed')).toBe('unknown');
    expect(habits.usual(event(now))).toBe('');
  });

  test('a burst teaches one hour, not a habit: patience does not help within a day', () => {
    const habits = worked(30);
    const strange = { sourceIPs: ['127.66.0.9'], userAgent: 'curl/8' };
    for (let minute = 0; minute < 20 * 60; minute += 1)
      habits.learn(event(START + 30 * HOUR + minute * 60_000_000, strange));
    expect(habits.habit(event(START + 50 * HOUR, strange), 'network')).toBe('unusual');
    expect(habits.habit(event(START + 50 * HOUR, strange), 'agent')).toBe('unusual');
    expect(habits.habit(event(START + 55 * HOUR, strange), 'agent')).toBe('usual');
  });

  test('deeds on what is sensitive never become usual, and stop to be news', () => {
    const habits = worked(30);
    const secrets = { objectRef: { resource: 'secrets', namespace: 'data' } };
    expect(habits.habit(event(START + 30 * HOUR, secrets), 'deed')).toBe('unusual');
    for (let hour = 30; hour < 300; hour += 1) habits.learn(event(START + hour * HOUR, secrets));
    expect(habits.habit(event(START + 300 * HOUR, secrets), 'deed')).toBe('unknown');
    expect(habits.usual(event(START + 300 * HOUR))).toContain('list secrets');
  });

  test('somebody new in a cluster that is known for a week is a newcomer for a day', () => {
    const habits = worked(8 * 24);
    const carol = { user: { username: 'carol', groups: ['system:authenticated'] } };
    const came = START + 8 * DAY;
    expect(habits.history(event(came, carol)).isNewcomer).toBe(true);
    habits.learn(event(came, carol));
    expect(habits.history(event(came + 20 * HOUR, carol)).isNewcomer).toBe(true);
    expect(habits.history(event(came + 25 * HOUR, carol)).isNewcomer).toBe(false);
    expect(worked(24).history(event(START + DAY, carol)).isNewcomer).toBe(false);
  });

  test('nobody learns from strangers, and of parts of the cluster only where they come from', () => {
    const habits = new Habits(1 << 20, 1);
    const anonymous = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
    habits.learn(event(START, { user: anonymous }));
    habits.learn(event(START, { user: {} }));
    expect(rowsOf(habits).size).toBe(0);
    const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
    habits.learn(event(START, { user: node }));
    expect([...rowsOf(habits).keys()].map((key) => (JSON.parse(key) as unknown[]).slice(1))).toEqual([
      [],
      [],
      [2, '10.244.0.0/16'],
      [3, 'etl'],
    ]);
  });

  test('who hides its name is told so', () => {
    const habits = new Habits(1 << 20, 1);
    for (let hour = 0; hour < 30; hour += 1) habits.learn(event(START + hour * HOUR, { userAgent: '' }));
    expect(habits.usual(event(START + 30 * HOUR))).toContain('with an unnamed program');
  });

  test('who impersonates has habits of its own', () => {
    const habits = worked(30);
    const worn = { impersonatedUser: { username: 'admin', groups: ['system:authenticated'] } };
    expect(habits.history(event(START + 30 * HOUR, worn)).hours).toBe(0);
  });

  test('more values than are kept: nothing is unusual any more, and the first ones stay', () => {
    const habits = worked(30);
    const inside = (name: string) => ({ objectRef: { resource: 'configmaps', namespace: name } });
    for (let index = 0; index < 500; index += 1) habits.learn(event(START + 30 * HOUR, inside(`made-up-${index}`)));
    expect(habits.habit(event(START + 31 * HOUR, inside('another')), 'namespace')).toBe('unknown');
    expect(habits.habit(event(START + 31 * HOUR), 'namespace')).toBe('usual');
    expect(rowsOf(habits).size).toBeLessThan(70);
  });

  test('rows put back give the same habits, and nothing is written twice in an hour', () => {
    const habits = worked(30);
    const rows = rowsOf(habits);
    habits.learn(event(START + 29 * HOUR + 1));
    expect(rowsOf(habits).size).toBe(0);
    const again = new Habits(1 << 20, 1);
    for (const [key, value] of rows) again.restore(key, value);
    const now = START + 30 * HOUR;
    expect(again.usual(event(now))).toBe(habits.usual(event(now)));
    expect(again.history(event(now))).toEqual(habits.history(event(now)));
    again.learn(event(START + 29 * HOUR + 2));
    expect(rowsOf(again).size).toBe(0);
    again.learn(event(now));
    habits.learn(event(now));
    expect(rowsOf(again)).toEqual(rowsOf(habits));
  });

  test('a row that cannot be read is deleted with the next checkpoint', () => {
    const habits = new Habits(1 << 20, 1);
    habits.restore('["x",9,"y"]', '[1,2,3,0]');
    habits.restore('not a row', '[1,2,3,0]');
    const deleted: string[] = [];
    habits.collect((key, value) => value === null && deleted.push(key));
    expect(deleted).toEqual(['["x",9,"y"]', 'not a row']);
  });

  test('a month without a sign forgets', () => {
    const habits = worked(30);
    const rows = rowsOf(habits);
    habits.expire(START + 70 * DAY);
    expect(habits.history(event(START + 70 * DAY)).hours).toBe(0);
    expect(rowsOf(habits, rows).size).toBe(0);
    expect(habits.stats().bytes).toBe(0);
  });

  test('ten thousand made-up identities drive out none that came often, within the budget', () => {
    const budget = 256 << 10;
    const habits = worked(40, budget);
    for (let index = 0; index < 10_000; index += 1)
      habits.learn(
        event(START + 40 * HOUR, { user: { username: `nobody-${index}`, groups: ['system:authenticated'] } }),
      );
    expect(habits.stats().bytes).toBeLessThanOrEqual(budget);
    expect(habits.habit(event(START + 41 * HOUR), 'agent')).toBe('usual');
  });
});
