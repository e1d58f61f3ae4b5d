import { describe, expect, it } from 'vitest';
import { AlertBook } from '../../src/engine/alert-book.ts';
import {
  MINUTE,
  SECOND,
  type Alert,
  type DetectorMeta,
  type Facts,
  type Finding,
  type Severity,
} from '../../src/model/index.ts';
import { auditEvent } from '../support/event.ts';

const detector: DetectorMeta = {
  id: 'test-rule',
  version: '1',
  name: 'Test',
  description: 'A test.',
  category: 'meta',
  eventCategory: ['process'],
  eventType: ['info'],
  tactics: [],
  techniques: [],
  needs: '',
  falsePositives: [],
  next: [],
  blindSpots: [],
  quiet: 10 * MINUTE,
};
const facts = { identity: () => ({ key: 'alice', class: 'human', label: 'alice' }) } as unknown as Facts;
const T = 1_800_000_000_000_000;

const finding = (severity: Severity = 'low', over: Partial<Finding> = {}): Finding => ({
  key: 'alice',
  severity,
  reason: ({ count }) => `${severity} ${count}`,
  ...over,
});

let serial = 0;
const event = (time: number, over: object = {}) => auditEvent({}, { time, auditId: `id-${++serial}`, ...over });

function book(capacity = 100) {
  const alerts = new AlertBook(capacity);
  const raise = (time: number, what = finding(), over: object = {}, exception?: string) =>
    alerts.raise(detector, detector.quiet, event(time, over), facts, what, exception);
  return { alerts, raise, only: (): Alert => alerts.takeChanged()[0]! };
}

describe('alert book', () => {
  it('opens an alert with its first finding', () => {
    const { raise, only } = book();
    raise(T);
    expect(only()).toMatchObject({
      revision: 1,
      count: 1,
      firstSeen: T,
      lastSeen: T,
      severity: 'low',
      reason: 'low 1',
    });
  });

  it('joins within quiet, opens anew after it', () => {
    const { raise, alerts } = book();
    raise(T);
    raise(T + 10 * MINUTE);
    raise(T + 20 * MINUTE + SECOND);
    const found = alerts.takeChanged();
    expect(found.map(({ count, revision }) => [count, revision])).toEqual([
      [2, 2],
      [1, 1],
    ]);
    expect(new Set(found.map(({ id }) => id)).size).toBe(2);
  });

  it('keeps the gravest severity and its words', () => {
    const { raise, only } = book();
    raise(T, finding('high', { observed: { secrets: 9 } }));
    raise(T + 1, finding('low', { observed: { secrets: 1 } }));
    expect(only()).toMatchObject({ severity: 'high', reason: 'high 1', count: 2, observed: { secrets: 9 } });
  });

  it('tells the newest life in the words of the gravest', () => {
    const { raise, only } = book();
    raise(T, finding('low'));
    raise(T + 1, finding('high'));
    raise(T + 2, finding('high'));
    expect(only().reason).toBe('high 3');
  });

  it('names the actor of the first of the gravest findings, and keeps the other addresses', () => {
    const { raise, only } = book();
    const from = (peer: string) => ({ peer, sourceIps: [peer] });
    raise(T, finding('low'), from('10.0.0.1'));
    raise(T + 1, finding('high'), from('10.0.0.2'));
    raise(T + 2, finding('high'), from('10.0.0.3'));
    expect(only()).toMatchObject({ actor: { ip: '10.0.0.2' }, relatedIps: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] });
  });

  it('counts a request once although its stages repeat', () => {
    const { raise, only } = book();
    raise(T, finding(), { auditId: 'one', stage: 'ResponseStarted' });
    raise(T + 1, finding(), { auditId: 'one', stage: 'ResponseComplete' });
    expect(only()).toMatchObject({ count: 1, revision: 1 });
  });

  it('counts another request although it borrows an Audit-ID', () => {
    const { raise, only } = book();
    raise(T, finding(), { auditId: 'one', uri: '/a' });
    raise(T + 1, finding(), { auditId: 'one', uri: '/b' });
    raise(T + 2, finding(), { auditId: 'one', uri: '/b' });
    expect(only()).toMatchObject({ count: 3, evidence: { total: 3, auditIds: ['one'] } });
  });

  it('takes earlier evidence in, and starts there', () => {
    const { raise, only } = book();
    const past = { time: T - SECOND, auditId: 'past', stage: 'ResponseComplete', verb: 'get', uri: '/', code: 403 };
    raise(T, finding('low', { evidence: [past] }));
    raise(T + 1, finding('low', { evidence: [past] }));
    expect(only()).toMatchObject({ count: 3, firstSeen: T - SECOND });
  });

  it('keeps at most 1,000 Audit-IDs and a small sample, the first and the last four in it, and still counts', () => {
    const { raise, only } = book();
    for (let each = 0; each < 1_200; each += 1) raise(T + each);
    const { evidence, count } = only();
    expect([count, evidence.total, evidence.auditIds.length]).toEqual([1_200, 1_200, 1_000]);
    const offsets = evidence.sample.map(({ time }) => time - T);
    expect(offsets.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(offsets.slice(-4)).toEqual([1_196, 1_197, 1_198, 1_199]);
    expect(offsets.length).toBeLessThanOrEqual(11);
  });

  it('keeps in the sample the latest three that made the alert graver', () => {
    const { raise, only } = book();
    const graver = new Map<number, Severity>([[50, 'low'], [100, 'medium'], [150, 'high'], [200, 'critical']]); // prettier-ignore
    for (let each = 0; each < 400; each += 1) raise(T + each, finding(graver.get(each) ?? 'info'));
    const telling = only().evidence.sample.filter((each) => each.telling);
    expect(telling.map(({ time }) => time - T)).toEqual([100, 150, 200]);
  });

  it('leaves out of the target what findings do not share', () => {
    const { raise, only } = book();
    const target = (name: string) => ({ target: { namespace: 'dev', resource: { type: 'pods', name } } });
    raise(T, finding('low', target('a')));
    raise(T + 1, finding('low', target('b')));
    expect(only().target).toEqual({ namespace: 'dev', resource: { type: 'pods' } });
  });

  it('has ids that depend on content alone, and differ by key and cluster', () => {
    const idOf = (cluster: string, key: string) => {
      const { raise, only } = book();
      raise(T, finding('low', { key }), { cluster });
      return only().id;
    };
    expect(idOf('east', 'a')).toBe(idOf('east', 'a'));
    expect(new Set([idOf('east', 'a'), idOf('east', 'b'), idOf('west', 'a'), idOf('', 'easta')]).size).toBe(4);
    expect(idOf('east', 'a')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('bounds keys and open alerts', () => {
    const { raise, alerts } = book(3);
    for (let key = 0; key < 5; key += 1) raise(T, finding('low', { key: `${key}`.repeat(5_000) }));
    expect(alerts.closedEarly).toBe(2);
    expect(alerts.takeChanged().every(({ key }) => key.length <= 300)).toBe(true);
  });

  it('keeps muted findings apart, for each exception, and the others as if there were none', () => {
    const { raise, alerts } = book();
    const [plain, alone] = [book(), book()];
    const mute = [undefined, 'one', 'two', undefined, 'one', undefined];
    for (const [index, exception] of mute.entries()) {
      raise(T + index, finding(exception === undefined ? 'low' : 'critical'), { auditId: `m${index}` }, exception);
      const of = exception === undefined ? plain : alone;
      of.raise(T + index, finding(exception === undefined ? 'low' : 'critical'), { auditId: `m${index}` });
    }
    const found = alerts.takeChanged();
    expect(found.map(({ muted, count, severity }) => [muted?.exception, count, severity])).toEqual([
      [undefined, 3, 'low'],
      ['one', 2, 'critical'],
      ['two', 1, 'critical'],
    ]);
    expect(new Set(found.map(({ id }) => id)).size).toBe(3);
    expect(found[0]).toEqual(plain.only());
    // The exception is part of the identity: it may end, and the same deed be told after all.
    expect(found.map(({ id }) => id)).not.toContain(alone.only().id);
  });

  it('restores muted alerts as muted', () => {
    const [first, restored] = [book(), book()];
    first.raise(T, finding(), {}, 'one');
    first.alerts.collect((key, value) => restored.alerts.restore(key, String(value)));
    restored.raise(T + 1, finding());
    restored.raise(T + 2, finding(), {}, 'one');
    expect(restored.alerts.takeChanged().map(({ muted, count }) => [muted?.exception, count])).toEqual([
      [undefined, 1],
      ['one', 2],
    ]);
  });

  describe('actions', () => {
    const deed = (severity: Severity, action?: string) => finding(severity, action === undefined ? {} : { action });

    it('are kept as they come; the gravest leads, and those that came later are told after its words', () => {
      const { raise, only } = book();
      raise(T, deed('medium', 'secret-list'));
      expect(only()).toMatchObject({ actions: ['secret-list'], reason: 'medium 1' });
      raise(T + 1, deed('low', 'secret-read-refused'));
      expect(only()).toMatchObject({
        action: 'secret-list',
        actions: ['secret-list', 'secret-read-refused'],
        reason: 'medium 1 Also: secret-read-refused.',
      });
      raise(T + 2, deed('low', 'secret-read-refused'));
      raise(T + 3, deed('info', 'secret-watch'));
      expect(only().reason).toBe('medium 1 Also: secret-read-refused and secret-watch.');
      raise(T + 4, deed('high', 'secret-watch'));
      expect(only()).toMatchObject({
        action: 'secret-watch',
        actions: ['secret-list', 'secret-read-refused', 'secret-watch'],
        reason: 'high 5',
      });
      raise(T + 5, deed('low', 'secret-create'));
      raise(T + 6, deed('low', 'secret-list'));
      expect(only().reason).toBe('high 5 Also: secret-create.');
    });

    it('are the detector where it names none', () => {
      const { raise, only } = book();
      raise(T, deed('low'));
      raise(T + 1, deed('low'));
      expect(only()).toMatchObject({ action: 'test-rule', actions: ['test-rule'], reason: 'low 2' });
    });

    it('are at most sixteen, and told in a few words', () => {
      const { raise, only } = book();
      for (let each = 0; each < 40; each += 1) raise(T + each, deed('low', `deed-${each}`));
      const { actions, reason, count } = only();
      expect([actions.length, actions[15], count]).toEqual([16, 'deed-15', 40]);
      expect(reason).toBe('low 40 Also: deed-0, deed-1, deed-2 and more.');
    });

    it('of an alert that an earlier version kept begin with the one it told', () => {
      const [first, restored] = [book(), book()];
      first.raise(T, deed('medium', 'secret-list'));
      first.alerts.collect((key, value) => {
        const { alert, ...rest } = JSON.parse(String(value)) as { alert: Alert };
        const { actions: _, ...older } = alert;
        restored.alerts.restore(key, JSON.stringify({ ...rest, alert: older }));
      });
      restored.raise(T + 1, deed('low', 'secret-read'));
      expect(restored.only()).toMatchObject({
        actions: ['secret-list', 'secret-read'],
        reason: 'medium 1 Also: secret-read.',
      });
    });
  });

  it('goes on after a restore as if nothing had happened', () => {
    const whole = book();
    const first = book();
    const later = (one: ReturnType<typeof book>) => {
      one.raise(T + 2, finding('low'), { auditId: 'two' });
      one.raise(T + 3, finding('high'), { auditId: 'three', stage: 'ResponseStarted' });
      return one.only();
    };
    for (const one of [whole, first]) {
      one.raise(T, finding('medium'), { auditId: 'one' });
      one.raise(T + 1, finding('low'), { auditId: 'three', stage: 'ResponseComplete' });
    }
    const restored = book();
    let rows = 0;
    first.alerts.collect((key, value) => {
      rows += 1;
      restored.alerts.restore(key, String(value));
    });
    expect(rows).toBe(1);
    expect(later(restored)).toEqual(later(whole));
  });

  it('forgets what nothing can join any more', () => {
    const { raise, alerts } = book();
    raise(T);
    alerts.collect(() => undefined);
    alerts.expire(() => T + 1_000 * MINUTE);
    const gone: string[] = [];
    alerts.collect((key, value) => value === null && gone.push(key));
    expect(gone).toHaveLength(1);
  });
});
