import { expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { compareSeverity, formatTime, type Alert, type Detector, type Severity } from '../../src/model/index.ts';
import type { RawEvent } from './event.ts';

/** positive: must alert. negative: must stay below medium. edge: at the border of a window, a threshold or quiet. */
export type Kind = 'positive' | 'negative' | 'edge' | 'hostile';

export interface Case {
  readonly name: string;
  readonly kind: Kind;
  readonly events: readonly RawEvent[];
  readonly params?: object;
  /** One entry for each alert, in the order of first_seen; [] for silence. Hostile cases: at least so many. */
  readonly alerts: readonly Expected[];
}

export interface Expected {
  readonly severity: Severity;
  readonly action?: string;
  readonly count?: number;
  readonly reason?: RegExp;
  readonly targetUser?: string;
}

/** The alerts, in their last revision, that these bytes lead to in the real engine with default parameters. A throw fails. */
export function replay(detectors: readonly Detector[], bytes: Uint8Array, params: object = {}): readonly Alert[] {
  const budget = 64 * 1024 ** 2;
  const engine = new Engine({
    detectors: detectors.map((detector) => ({
      detector,
      params: detector.params.parse(params),
      quiet: detector.quiet,
    })),
    key: new Uint8Array(16).fill(7),
    cluster: '',
    seed: 0,
    budgets: { detector: budget, facts: budget, waiting: budget },
    onError: (error) => {
      throw error;
    },
  });
  engine.open({ bytes, origin: { source: 'test', position: 'test@0' } });
  while (engine.step(1_000));
  engine.flush();
  const { alerts, rejects } = engine.changes();
  expect(rejects).toEqual([]);
  return alerts.toSorted((a, b) => a.firstSeen - b.firstSeen || (a.id < b.id ? -1 : 1));
}

/** The alerts of one detector over events, which go to the engine as the lines of a log. */
export function judge(detector: Detector, events: readonly RawEvent[], params: object = {}): readonly Alert[] {
  const lines = events.map(
    (event) => `${JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event })}\n`,
  );
  return replay([detector], new TextEncoder().encode(lines.join('')), params);
}

/** An event that many seconds after ten o'clock, with calm defaults; its Audit-ID follows from its content and time. */
export function at(seconds: number, raw: RawEvent): RawEvent {
  const micros = Math.round(seconds * 1_000_000);
  const time = formatTime(Date.parse('2026-11-21T10:00:00Z') * 1_000 + micros);
  return {
    auditID: `${raw.verb ?? 'get'} ${raw.requestURI ?? ''} ${micros}`.slice(0, 200),
    level: 'RequestResponse',
    stage: 'ResponseComplete',
    verb: 'get',
    requestURI: '/',
    user: { username: 'alice', groups: ['dev-team', 'system:authenticated'] },
    sourceIPs: ['10.0.0.9'],
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    responseStatus: { code: 200 },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...raw,
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
}

/** Tests a detector by its table, and that the table is worth its name. */
export function table(detector: Detector, cases: readonly Case[]): void {
  const hostile = cases.filter(({ kind }) => kind === 'hostile');
  test.each(['positive', 'negative', 'edge', 'hostile'] as const)('its table has cases: %s', (kind) => {
    expect(cases.filter((each) => each.kind === kind)).not.toHaveLength(0);
  });

  test.each(cases.filter(({ kind }) => kind !== 'hostile'))('$kind: $name', ({ kind, events, params, alerts }) => {
    const told = judge(detector, events, params);
    expect(told.map((alert, index) => shapeOf(alert, alerts[index]))).toEqual(alerts.map(withoutReason));
    for (const [index, { reason }] of alerts.entries()) expect(told[index]?.reason).toMatch(reason ?? /./);
    const grave = told.filter(({ severity }) => compareSeverity(severity, 'medium') >= 0);
    expect(kind === 'negative' ? grave : []).toEqual([]);
    expect(kind === 'positive' ? told.length : 1).toBeGreaterThan(0);
    for (const { evidence } of told) expect(evidence.auditIds).not.toHaveLength(0);
  });

  test.each(hostile.flatMap((each) => HOSTILE.map((text) => ({ ...each, text }))))(
    'hostile: $name $text',
    ({ events, params, alerts, text }) => {
      const told = judge(
        detector,
        events.map((event) => poisoned(event, text)),
        params,
      );
      expect(alerts).not.toHaveLength(0);
      expect(told.length).toBeGreaterThanOrEqual(alerts.length);
      for (const { reason } of told) expect(reason.length).toBeLessThan(2_000);
    },
  );
}

/** What attackers put into names. */
const HOSTILE: readonly string[] = [
  'a"b\'c`',
  'line\nbreak\u0000\u001b[31m',
  '\u202Eevil',
  '../../x',
  '__proto__',
  'x'.repeat(10_240),
  '\uD83D'.repeat(200),
  '%zz',
];

/** The event with the text at the end of every name that a client chooses. */
function poisoned(event: RawEvent, text: string): RawEvent {
  const { requestURI = '/', objectRef, user, userAgent } = event;
  const query = `${requestURI.includes('?') ? '&' : '?'}command=${encodeURIComponent(text.replace(/[\uD800-\uDFFF]/g, '?'))}`;
  const added = (name: string) =>
    objectRef?.[name] === undefined ? {} : { [name]: `${String(objectRef[name])}${text}` };
  return {
    ...event,
    requestURI: requestURI + query,
    userAgent: `${userAgent ?? 'kubectl/v1.36.3'}${text}`,
    user: { ...user, username: `${user?.username ?? 'alice'}${text}` },
    ...(objectRef && { objectRef: { ...objectRef, ...added('name'), ...added('namespace') } }),
  };
}

const shapeOf = (alert: Alert, expected: Expected | undefined): Expected => ({
  severity: alert.severity,
  ...(expected?.action !== undefined && { action: alert.action }),
  ...(expected?.count !== undefined && { count: alert.count }),
  ...(expected?.targetUser !== undefined && { targetUser: alert.targetUser ?? '' }),
});

const withoutReason = (expected: Expected): object =>
  Object.fromEntries(Object.entries(expected).filter(([name]) => name !== 'reason'));
