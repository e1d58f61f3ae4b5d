import { auditIdReuse } from '../../detectors/audit-id-reuse.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const read = (second: number, auditID: string, name: string, over: RawEvent = {}): RawEvent =>
  at(second, {
    auditID,
    requestURI: `/api/v1/namespaces/web/configmaps/${name}`,
    objectRef: { resource: 'configmaps', namespace: 'web', name, apiVersion: 'v1' },
    ...over,
  });

const cases: readonly Case[] = [
  {
    name: 'two different requests under one id',
    kind: 'positive',
    events: [read(0, 'mine', 'a'), read(1, 'mine', 'b')],
    alerts: [
      {
        severity: 'low',
        count: 1,
        reason: /^User alice sent a request under an Audit-ID that another request had already used/,
      },
    ],
  },
  {
    name: 'many requests under one id',
    kind: 'positive',
    events: Array.from({ length: 10 }, (_, number) => read(number, 'mine', `n-${number}`)),
    alerts: [{ severity: 'low', count: 9, reason: /sent 9 requests/ }],
  },
  {
    name: 'the stages of one request share its id',
    kind: 'negative',
    events: [read(0, 'one', 'a', { stage: 'ResponseStarted' }), read(0.1, 'one', 'a')],
    alerts: [],
  },
  {
    name: 'the same event delivered twice',
    kind: 'negative',
    events: [read(0, 'one', 'a'), read(0, 'one', 'a')],
    alerts: [],
  },
  {
    name: 'two ids',
    kind: 'negative',
    events: [read(0, 'one', 'a'), read(1, 'two', 'b')],
    alerts: [],
  },
  {
    name: 'the same id again within the horizon',
    kind: 'edge',
    events: [read(0, 'mine', 'a'), read(590, 'mine', 'b')],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'an hour later, the quiet time over, it is an alert of its own',
    kind: 'edge',
    events: [read(0, 'mine', 'a'), read(1, 'mine', 'b'), read(4_000, 'other', 'a'), read(4_001, 'other', 'b')],
    alerts: [{ severity: 'low' }, { severity: 'low' }],
  },
  {
    name: 'names and ids',
    kind: 'hostile',
    events: [read(0, `"\n${'x'.repeat(10_240)}`, 'a'), read(1, `"\n${'x'.repeat(10_240)}`, 'b')],
    alerts: [{ severity: 'low' }],
  },
];

table(auditIdReuse, cases);
