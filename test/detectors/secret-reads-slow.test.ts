import { expect, test } from 'vitest';
import { secretReadsSlow } from '../../detectors/secret-reads-slow.ts';
import { judge, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';
import { ALICE, ETL, gets, IN_POD, OPERATOR, PIPELINE, secrets, serviceAccount } from '../support/secret-event.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
/** One secret every half an hour, in twelve namespaces. */
const patient = (count: number, over: RawEvent = ETL): RawEvent[] => gets(count, 30 * MINUTE, over, 12);

const cases: readonly Case[] = [
  {
    name: 'one secret every half an hour',
    kind: 'positive',
    events: patient(48),
    alerts: [
      {
        severity: 'high',
        count: 48,
        reason:
          /^Service account data:etl read 48 secrets in 12 namespaces that it had not read before, one after another since 2026-11-21T10:00Z, last from 10\.66\.0\.9/,
      },
    ],
  },
  {
    name: 'one secret every half an hour, by a script in a pod',
    kind: 'positive',
    events: patient(40, { user: serviceAccount('data', 'etl', IN_POD), userAgent: 'python-requests/2.31.0' }),
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'a person whose account collects secrets for a day',
    kind: 'positive',
    events: patient(40, ALICE),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'a namespace listed every hour',
    kind: 'positive',
    events: Array.from({ length: 12 }, (_, n) => secrets(n * HOUR, 'list', `ns-${n}`, '', ETL)),
    alerts: [{ severity: 'medium', reason: /listed those of 12 namespaces/ }],
  },
  {
    name: 'an operator reads each secret as it comes, by its library',
    kind: 'negative',
    events: patient(48, OPERATOR),
    alerts: [],
  },
  {
    name: 'the same ten secrets, again and again for three days',
    kind: 'negative',
    events: Array.from({ length: 140 }, (_, n) => secrets(n * 30 * MINUTE, 'get', 'data', `s-${n % 10}`, PIPELINE)),
    alerts: [],
  },
  {
    name: 'what was read before is not counted again, however many',
    kind: 'edge',
    events: Array.from({ length: 120 }, (_, n) => secrets(n * HOUR, 'get', `ns-${n % 6}`, `s-${n % 24}`, PIPELINE)),
    alerts: [{ severity: 'medium', count: 24 }],
  },
  {
    name: 'a pipeline that writes what it reads',
    kind: 'negative',
    events: gets(40, 20 * MINUTE, PIPELINE, 6).flatMap((event, n) => [
      event,
      { ...secrets(n * 20 * MINUTE + 1, 'patch', `ns-${n % 6}`, `s-${n}`, PIPELINE) },
    ]),
    alerts: [],
  },
  {
    name: "Helm's releases, and lists by label",
    kind: 'negative',
    events: Array.from({ length: 40 }, (_, n) => [
      secrets(n * 20 * MINUTE, 'get', `ns-${n}`, `sh.helm.release.v1.app.v${n}`, PIPELINE),
      secrets(n * 20 * MINUTE + 1, 'list', `ns-${n}`, '', PIPELINE, 'labelSelector=name%3Dapp%2Cowner%3Dhelm'),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'a selector that excludes nothing hides nothing',
    kind: 'positive',
    events: Array.from({ length: 12 }, (_, n) =>
      secrets(n * HOUR, 'list', `ns-${n}`, '', ETL, 'labelSelector=owner%21%3Dhelm'),
    ),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'a burst is told as one, by another detector',
    kind: 'edge',
    events: gets(60, 10, ETL),
    alerts: [],
  },
  {
    name: 'just under: what is free, and no more breadth than a team has',
    kind: 'edge',
    events: gets(13, HOUR, ETL, 3),
    alerts: [],
  },
  { name: 'just over', kind: 'edge', events: gets(14, HOUR, ETL, 3), alerts: [{ severity: 'low' }] },
  {
    name: 'what is older than the window leaves: one secret every hundred minutes',
    kind: 'edge',
    events: gets(60, 100 * MINUTE, ETL, 2),
    alerts: [],
  },
  {
    name: 'another program makes known secrets new',
    kind: 'edge',
    events: [0, 2].flatMap((day) =>
      Array.from({ length: 44 }, (_, n) =>
        secrets(day * DAY + n * HOUR, 'get', `ns-${n % 8}`, `s-${n % 24}`, {
          ...PIPELINE,
          userAgent: day === 0 ? 'kubectl/v1.36.3' : 'curl/8.5.0',
        }),
      ),
    ),
    alerts: [{ severity: 'medium' }, { severity: 'high' }],
  },
  { name: 'names', kind: 'hostile', events: patient(40), alerts: [{ severity: 'medium' }] },
];

table(secretReadsSlow, cases);

test('shifted by any part of an hour or a day, the same is told', () => {
  const shapes = [0, 1, 1_799, 3_599.5, 40_000, 86_399].map((shift) =>
    judge(secretReadsSlow, gets(48, 30 * MINUTE, ETL, 12, shift)).map(({ severity, count }) => [severity, count]),
  );
  expect(shapes[0]).toEqual([['high', 48]]);
  expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1);
});
