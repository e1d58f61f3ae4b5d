import { describe, expect, test } from 'vitest';
import { execTour } from '../../detectors/exec-tour.ts';
import type { Alert } from '../../src/model/index.ts';
import { judge, table, type Case } from '../support/detector.ts';
import { enabled, engineFor, feed, Outcome, recordOf } from '../support/engine.ts';
import type { RawEvent } from '../support/event.ts';
import { toured, userOf, wayIn, word } from '../support/exec-scene.ts';

const VELERO = { by: 'velero:velero', agent: 'velero-server/v1.15.0 (linux/amd64) abcdef0' };
const refused = (count: number, gap: number, by = 'alice'): RawEvent[] => toured(count, gap, { by, code: 403 });

const cases: readonly Case[] = [
  {
    name: 'ten workloads in a minute',
    kind: 'positive',
    events: toured(10, 6),
    alerts: [
      {
        severity: 'medium',
        action: 'pods-tour',
        count: 10,
        reason:
          /^User alice went into 10 workloads in 1 namespace within 54 s, last from 10\.0\.0\.9 \(10 workloads within 15m\)/,
      },
    ],
  },
  {
    name: 'five workloads of five namespaces by three ways',
    kind: 'positive',
    events: ['exec', 'attach', 'ephemeralcontainers', 'exec', 'exec'].map((subresource, number) =>
      wayIn(
        number * 60,
        { subresource, namespace: `team-${number}`, pod: 'db-0', code: 200 },
        { verb: subresource === 'exec' ? 'get' : 'patch' },
      ),
    ),
    alerts: [{ severity: 'medium', reason: /5 namespaces; 3 different ways in/ }],
  },
  {
    name: 'twenty workloads over a day',
    kind: 'positive',
    events: toured(20, 4_000),
    alerts: [{ severity: 'medium', reason: /20 workloads within 1d/ }],
  },
  {
    name: 'ten closed doors',
    kind: 'positive',
    events: refused(10, 30),
    alerts: [{ severity: 'medium', action: 'pods-probe', reason: /^User alice failed at 10 targets .*none let it in/ }],
  },
  {
    name: 'a stolen operator token in the hands of a person',
    kind: 'positive',
    events: toured(10, 6, { ...VELERO, agent: 'kubectl/v1.30.0' }),
    alerts: [{ severity: 'medium', reason: /a service account by hand/ }],
  },
  {
    name: 'a developer in three workloads',
    kind: 'negative',
    events: toured(3, 60),
    alerts: [],
  },
  {
    name: 'all pods of one workload',
    kind: 'negative',
    events: Array.from({ length: 20 }, (_, number) => wayIn(number, { pod: `cart-${number}` })),
    alerts: [],
  },
  {
    name: 'an operator in every database',
    kind: 'negative',
    events: Array.from({ length: 60 }, (_, number) => wayIn(number, { ...VELERO, namespace: `team-${number}` })),
    alerts: [],
  },
  {
    name: 'a runner whose pods are gone',
    kind: 'negative',
    events: toured(20, 60, { by: 'ci:runner', agent: 'gitlab-runner 17.0', code: 404 }),
    alerts: [],
  },
  {
    name: 'many forwarded ports',
    kind: 'negative',
    events: toured(20, 5, { subresource: 'portforward' }),
    alerts: [],
  },
  {
    name: 'a dashboard behind a proxy',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) =>
      wayIn(
        number,
        {},
        {
          requestURI: `/api/v1/namespaces/web/services/http:s${word(number)}:80/proxy/d/x`,
          objectRef: { resource: 'services', subresource: 'proxy', namespace: 'web', name: `http:s${word(number)}:80` },
          responseStatus: { code: 200 },
        },
      ),
    ),
    alerts: [],
  },
  {
    name: 'one typing error again and again',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) => wayIn(number, { code: 404 })),
    alerts: [],
  },
  { name: 'three workloads: just under', kind: 'edge', events: toured(3, 299.9), alerts: [] },
  { name: 'four within the window: at', kind: 'edge', events: toured(4, 299.9), alerts: [{ severity: 'low' }] },
  { name: 'four as the first leaves the window', kind: 'edge', events: toured(4, 300), alerts: [] },
  { name: 'eight: over', kind: 'edge', events: toured(8, 100), alerts: [{ severity: 'medium' }] },
  { name: 'eleven over a day: just under', kind: 'edge', events: toured(11, 7_000), alerts: [] },
  { name: 'twelve over a day: at', kind: 'edge', events: toured(12, 7_000), alerts: [{ severity: 'low' }] },
  { name: 'four failures: just under', kind: 'edge', events: refused(4, 10), alerts: [] },
  { name: 'five failures: at', kind: 'edge', events: refused(5, 10), alerts: [{ severity: 'low' }] },
  {
    name: 'stages and transports count once',
    kind: 'edge',
    events: toured(3, 60).flatMap((event, number) => [
      { ...event, stage: 'RequestReceived' },
      { ...event, stage: 'ResponseStarted' },
      event,
      wayIn(number * 60 + 1, { pod: `${word(number)}-0` }, { verb: 'create' }),
    ]),
    alerts: [],
  },
  {
    name: 'a tour is one alert, however long it goes on',
    kind: 'edge',
    events: toured(60, 600),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: toured(10, 6),
    alerts: [{ severity: 'low' }],
  },
];

table(execTour, cases);

const shapes = (alerts: readonly Alert[]) =>
  alerts.map(({ severity, count, observed }) => ({ severity, count, observed }));

describe('a tour is the same', () => {
  const tour = toured(9, 40);
  const told = shapes(judge(execTour, tour));

  test.each([0.000001, 7, 450, 899.999999, 86_399.5, 31_536_000])('however far in time it is moved: %s s', (shift) => {
    expect(told).toHaveLength(1);
    expect(shapes(judge(execTour, toured(9, 40, {}, shift)))).toEqual(told);
  });

  test('spread over addresses and programs', () => {
    const spread = tour.map((event, number) => ({
      ...event,
      sourceIPs: [`10.0.${number}.1`],
      userAgent: `${number % 2 === 0 ? 'kubectl' : 'k9s'}/v1.${number}`,
    }));
    expect(shapes(judge(execTour, spread))).toEqual(told);
  });

  test('between others, doubled and out of order', () => {
    const others = Array.from({ length: 200 }, (_, number) =>
      wayIn(number * 2, { by: `user-${number}`, pod: `${word(number)}-0` }),
    );
    const mixed = [...tour, ...tour, ...others].toSorted((a, b) => (a.stageTimestamp! < b.stageTimestamp! ? -1 : 1));
    const swapped = mixed.map(
      (each, index) => mixed[index % 2 === 0 ? Math.min(index + 1, mixed.length - 1) : index - 1] ?? each,
    );
    expect(shapes(judge(execTour, mixed))).toEqual(told);
    expect(shapes(judge(execTour, swapped))).toEqual(told);
  });

  test.each([1, 3, 4, 8])('with a restart before event %i', (border) => {
    const outcome = new Outcome();
    const lines = tour.map((event) => JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event }));
    for (const part of [lines.slice(0, border), lines.slice(border)]) {
      const engine = engineFor([enabled(execTour)]);
      engine.restore(outcome.rows.values());
      feed(engine, recordOf(part.join('\n')));
      engine.flush();
      outcome.take(engine);
    }
    expect(shapes([...outcome.alerts.values()])).toEqual(told);
  });
});

test('an operator that changes its ways is a visitor', () => {
  // Two days of an operator at work; then its token is used from elsewhere, with a library of the thief's.
  const work = Array.from({ length: 48 }, (_, hour) =>
    wayIn(
      hour * 3_600,
      { ...VELERO, from: '10.244.1.7' },
      {
        verb: 'list',
        requestURI: '/apis/velero.io/v1/backups',
        objectRef: { resource: 'backups', namespace: 'velero', apiGroup: 'velero.io', apiVersion: 'v1' },
        responseStatus: { code: 200 },
      },
    ),
  );
  const theft = { ...VELERO, from: '203.0.113.7', agent: 'OpenAPI-Generator/31.0.0/python' };
  const stolen = toured(8, 20, theft, 48 * 3_600);
  expect(judge(execTour, stolen)).toEqual([]);
  expect(judge(execTour, [...work, ...toured(8, 20, { ...VELERO, from: '10.244.1.7' }, 48 * 3_600)])).toEqual([]);
  const [alert, ...more] = judge(execTour, [...work, ...stolen]);
  expect(more).toEqual([]);
  expect(alert).toMatchObject({ severity: 'high' });
  expect(alert!.baseline!.events).toBeGreaterThan(24);
  expect(alert!.reason).toMatch(/never from this network; never with this program/);
  expect(alert!.baseline!.usual).toMatch(/velero/);
});

test('a person whose token belongs to no pod weighs more', () => {
  const by = (isBound: boolean) =>
    judge(
      execTour,
      toured(4, 10).map((event) => ({ ...event, user: userOf('web:ci', isBound) })),
    );
  expect(by(true).map(({ severity }) => severity)).toEqual(['low']);
  expect(by(false).map(({ severity }) => severity)).toEqual(['medium']);
});
