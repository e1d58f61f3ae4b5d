import { describe, expect, test } from 'vitest';
import { execCrowd } from '../../detectors/exec-crowd.ts';
import type { Alert } from '../../src/model/index.ts';
import { judge, table, type Case } from '../support/detector.ts';
import { enabled, engineFor, feed, Outcome, recordOf } from '../support/engine.ts';
import type { RawEvent } from '../support/event.ts';
import { userOf, wayIn, word } from '../support/exec-scene.ts';

/** So many people, each from an address of their own, into one pod, `gap` seconds apart. */
const crowd = (count: number, gap: number, start = 0): RawEvent[] =>
  Array.from({ length: count }, (_, number) =>
    wayIn(start + number * gap, { by: `user-${word(number)}`, from: `10.${number}.0.1`, pod: `cart-${number % 3}` }),
  );
/** The same, each into a workload of their own. */
const scattered = (count: number, gap: number): RawEvent[] =>
  Array.from({ length: count }, (_, number) =>
    wayIn(number * gap, { by: `user-${word(number)}`, from: `10.${number}.0.1`, pod: `${word(number)}-0` }),
  );
const desk = (by: readonly string[], gap: number): RawEvent[] =>
  by.map((name, number) => wayIn(number * gap, { by: name, from: '203.0.113.7', namespace: `team-${number}` }));

const cases: readonly Case[] = [
  {
    name: 'eight accounts into one workload',
    kind: 'positive',
    events: crowd(8, 3_600),
    alerts: [
      {
        severity: 'medium',
        action: 'pods-crowd',
        count: 8,
        reason: /^8 identities went into pods of workload web\/cart within 420 min: .* and more/,
      },
    ],
  },
  {
    name: 'fifty accounts that enter one pod each',
    kind: 'positive',
    events: scattered(50, 600),
    alerts: [{ severity: 'medium', reason: /^50 identities went into pods of namespace web/ }],
  },
  {
    name: 'two people and a machine credential by hand from one address',
    kind: 'positive',
    events: desk(['mallory', 'carol', 'dev:gitops'], 30),
    alerts: [
      {
        severity: 'medium',
        action: 'pods-shared-address',
        reason:
          /^3 identities, people and machines, went into pods from 203\.0\.113\.7 within 60 s: .*carol and mallory/,
      },
    ],
  },
  {
    name: 'five identities of both kinds, and closed doors',
    kind: 'positive',
    events: [
      ...desk(['mallory', 'carol', 'dev:gitops', 'web:ci', 'dave'], 30),
      ...Array.from({ length: 6 }, (_, number) =>
        wayIn(200 + number, { by: 'dave', from: '203.0.113.7', pod: `${word(number)}-0`, code: 403 }),
      ),
    ],
    alerts: [{ severity: 'high', reason: /6 targets did not let them in/ }],
  },
  {
    name: 'a team in its namespace',
    kind: 'negative',
    events: scattered(11, 3_600),
    alerts: [],
  },
  {
    name: 'a bastion of many people',
    kind: 'negative',
    events: desk(
      Array.from({ length: 20 }, (_, number) => `user-${word(number)}`),
      600,
    ),
    alerts: [{ severity: 'low', reason: /20 identities from one address|20 identities went into pods from/ }],
  },
  {
    name: 'operators behind one address',
    kind: 'negative',
    events: desk(['a:x', 'b:y', 'c:z', 'd:w', 'alice'], 10).map((event, number) => ({
      ...event,
      ...(number < 4 && { userAgent: 'operator/v1.2.3 (linux/amd64)' }),
    })),
    alerts: [],
  },
  {
    name: 'ports of one pod forwarded by everybody',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) =>
      wayIn(number, { by: `user-${word(number)}`, from: `10.${number}.0.1`, subresource: 'portforward' }),
    ),
    alerts: [],
  },
  { name: 'five in a workload: just under', kind: 'edge', events: crowd(5, 60), alerts: [] },
  { name: 'six: at', kind: 'edge', events: crowd(6, 60), alerts: [{ severity: 'low' }] },
  { name: 'six at the far ends of a day', kind: 'edge', events: crowd(6, 17_279.9), alerts: [{ severity: 'low' }] },
  { name: 'six over more than a day', kind: 'edge', events: crowd(6, 17_281), alerts: [] },
  { name: 'twelve in a namespace: at', kind: 'edge', events: scattered(12, 60), alerts: [{ severity: 'low' }] },
  { name: 'fourteen: over', kind: 'edge', events: scattered(14, 60), alerts: [{ severity: 'medium' }] },
  { name: 'two from one address: just under', kind: 'edge', events: desk(['mallory', 'dev:gitops'], 30), alerts: [] },
  {
    name: 'the stages of a session are one visit',
    kind: 'edge',
    events: crowd(5, 60).flatMap((event) => [{ ...event, stage: 'ResponseStarted' }, event]),
    alerts: [],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: crowd(14, 60),
    alerts: [{ severity: 'low' }],
  },
];

table(execCrowd, cases);

const shapes = (alerts: readonly Alert[]) =>
  alerts.map(({ severity, count, observed }) => ({ severity, count, observed }));

describe('a crowd is the same', () => {
  const told = shapes(judge(execCrowd, crowd(9, 100)));

  test.each([0.000001, 450, 86_399.5, 31_536_000])('however far in time it is moved: %s s', (shift) => {
    expect(told).toHaveLength(1);
    expect(shapes(judge(execCrowd, crowd(9, 100, shift)))).toEqual(told);
  });

  test('spread over pods and programs, doubled', () => {
    const spread = crowd(9, 100).map((event, number) => ({ ...event, userAgent: `kubectl/v1.${number}` }));
    expect(
      shapes(
        judge(
          execCrowd,
          spread.flatMap((event) => [event, event]),
        ),
      ),
    ).toEqual(told);
  });

  test.each([1, 5, 8])('with a restart before event %i', (border) => {
    const outcome = new Outcome();
    const lines = crowd(9, 100).map((event) =>
      JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event }),
    );
    for (const part of [lines.slice(0, border), lines.slice(border)]) {
      const engine = engineFor([enabled(execCrowd)]);
      engine.restore(outcome.rows.values());
      feed(engine, recordOf(part.join('\n')));
      engine.flush();
      outcome.take(engine);
    }
    expect(shapes([...outcome.alerts.values()])).toEqual(told);
  });
});

test('an address that is usual for whoever comes from it is a bastion', () => {
  const people = ['alice', 'bob', 'dev:gitops'];
  const work = people.flatMap((by) =>
    Array.from({ length: 30 }, (_, hour) =>
      wayIn(
        hour * 3_600,
        {},
        {
          user: userOf(by),
          sourceIPs: ['203.0.113.7'],
          requestURI: '/api/v1/namespaces/web/pods',
          verb: 'list',
          objectRef: { resource: 'pods', namespace: 'web', apiVersion: 'v1' },
          responseStatus: { code: 200 },
        },
      ),
    ),
  );
  const visits = people.map((by, number) =>
    wayIn(31 * 3_600 + number, { by, from: '203.0.113.7', pod: `${word(number)}-0` }),
  );
  expect(
    judge(
      execCrowd,
      [...work, ...visits].toSorted((a, b) => (a.stageTimestamp! < b.stageTimestamp! ? -1 : 1)),
    ),
  ).toEqual([]);
  expect(judge(execCrowd, visits).map(({ severity }) => severity)).toEqual(['medium']);
});
