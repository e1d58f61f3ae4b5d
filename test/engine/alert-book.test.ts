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
  const raise = (time: number, what = finding(), over: object = {}) =>
    alerts.raise(detector, detector.quiet, event(time, over), facts, what);
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

  it('keeps at most 1,000 Audit-IDs and a sample of ten, and still counts', () => {
    const { raise, only } = book();
    for (let each = 0; each < 1_200; each += 1) raise(T + each);
    const { evidence, count } = only();
    expect([count, evidence.total, evidence.auditIds.length, evidence.sample.length]).toEqual([
      1_200, 1_200, 1_000, 10,
    ]);
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
