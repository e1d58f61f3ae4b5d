import * as fc from 'fast-check';
import { expect } from 'vitest';
import { SECOND, SEVERITIES, type Alert, type Checkpoint, type Store } from '../../src/model/index.ts';
import { alertId, anAlert, hostileText } from '../support/alert.ts';
import { StoreModel } from './store-model.ts';

const SINKS = ['elastic', 'console', 'slack'] as const;
const IDS = Array.from({ length: 4 }, (_, index) => alertId(`model ${index}`));
const START = 1_700_000_000_000_000;

/** One step of a life of a store. */
export type Step =
  | { readonly do: 'commit'; readonly checkpoint: Checkpoint }
  | { readonly do: 'fail'; readonly checkpoint: Checkpoint }
  | { readonly do: 'deliver'; readonly sink: string; readonly take: number }
  | { readonly do: 'deliver-older'; readonly sink: string; readonly id: string }
  | { readonly do: 'park'; readonly sink: string; readonly id: string }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'subscribe'; readonly sinks: readonly string[] }
  | { readonly do: 'reopen' };

const sink = fc.constantFrom<string>(...SINKS, 'unknown');
const id = fc.constantFrom(...IDS);
const word = fc.oneof(
  fc.constantFrom('a', 'b', '', '\0', 'a\0b', 'a\0c', '\ud800', '\ud801', '\uffff"a"', '\ufffd'),
  hostileText(),
);

const alert: fc.Arbitrary<Alert> = fc
  .record({
    id,
    revision: fc.integer({ min: 1, max: 5 }),
    severity: fc.constantFrom(...SEVERITIES),
    actions: fc.integer({ min: 1, max: 3 }).map((count) => ['a', 'b', 'c'].slice(0, count)),
    lastSeen: fc.integer({ min: START, max: START + 10 * SECOND }),
    reason: word,
    key: word,
  })
  .map((parts) => anAlert(parts));

const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  positions: fc.array(fc.tuple(word, word), { maxLength: 3 }).map((entries) => new Map(entries)),
  rows: fc.array(
    fc.record({ space: word, key: word, value: fc.oneof(word, fc.constant(null), fc.uint8Array({ maxLength: 20 })) }),
    { maxLength: 6 },
  ),
  alerts: fc.array(alert, { maxLength: 4 }),
  rejects: fc.constant([]),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('commit' as const), checkpoint }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), checkpoint }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), sink, take: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deliver-older' as const), sink, id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('park' as const), sink, id }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 29, 30, 59, 60, 61) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), sinks: fc.subarray([...SINKS]) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);

/** Lives of a store: long enough that an alert is committed, delivered, raised and parked in one of them. */
export const lives = fc.array(step, { minLength: 5, maxLength: 30 });

/** A checkpoint that no store can take: whatever else it holds must not show. */
export const poisoned = (whole: Checkpoint): Checkpoint => ({
  ...whole,
  alerts: [
    ...whole.alerts,
    {
      ...anAlert({ id: alertId('poison') }),
      get reason(): string {
        throw new Error('poison');
      },
    },
  ],
});

/** Lives the life on the store and on the model, and compares all that can be seen after each step. Returns what was delivered. */
export async function live(
  first: Store,
  steps: readonly Step[],
  reopen?: (store: Store) => Promise<Store>,
): Promise<number> {
  let store = first;
  let sinks: readonly string[] = SINKS;
  let now = START + 3_600 * SECOND;
  let deliveries = 0;
  const model = new StoreModel();
  store.subscribe(sinks);
  model.subscribe(sinks);
  for (const each of steps) {
    switch (each.do) {
      case 'commit':
        await store.commit(each.checkpoint);
        model.commit(each.checkpoint);
        break;
      case 'fail':
        await expect(store.commit(poisoned(each.checkpoint))).rejects.toThrow('poison');
        break;
      case 'deliver': {
        const alerts = store.pending(each.sink, each.take, now);
        expect(alerts).toHaveLength(Math.min(each.take, model.pending(each.sink, now).length));
        store.delivered(each.sink, alerts, now);
        model.delivered(each.sink, alerts, now);
        deliveries += alerts.length;
        break;
      }
      case 'deliver-older': {
        // A slow sink: while it wrote, the alert went on.
        const older = model.alerts.get(each.id);
        if (older === undefined || older.revision === 1) break;
        const alerts = [{ ...older, revision: older.revision - 1, severity: 'low' as const, actions: ['a'] }];
        store.delivered(each.sink, alerts, now);
        model.delivered(each.sink, alerts, now);
        break;
      }
      case 'park':
        store.park(each.sink, each.id, 'refused for good');
        model.park(each.sink, each.id);
        break;
      case 'wait':
        now += each.seconds * SECOND;
        break;
      case 'subscribe':
        ({ sinks } = each);
        store.subscribe(sinks);
        model.subscribe(sinks);
        break;
      case 'reopen':
        if (reopen === undefined) break;
        store = await reopen(store);
        store.subscribe(sinks);
        break;
    }
    compare(store, model, now);
  }
  return deliveries;
}

function compare(store: Store, model: StoreModel, now: number): void {
  const { positions, rows } = store.load();
  expect(new Map(positions)).toEqual(model.positions);
  expect(byName([...rows].map((row) => [JSON.stringify([row.space, row.key]), bytesOf(row.value)]))).toEqual(
    byName([...model.rows].map(([name, row]) => [name, bytesOf(row.value)])),
  );
  expect(byId(store.alerts({ limit: 10_000 }).alerts)).toEqual(byId([...model.alerts.values()]));
  for (const sinkName of [...SINKS, 'unknown']) {
    expect(byId(store.pending(sinkName, 1_000, now))).toEqual(byId(model.pending(sinkName, now)));
    expect(store.nextDue(sinkName, now)).toBe(model.nextDue(sinkName, now));
  }
  expect(byName(store.outbox().map((state) => [state.sink, state]))).toEqual(
    byName(model.outbox().map((state) => [state.sink, state])),
  );
}

const byName = (entries: [string, unknown][]) => entries.sort(([a], [b]) => (a < b ? -1 : 1));
const byId = (alerts: readonly Alert[]) =>
  [...alerts].sort((a, b) => (a.id < b.id ? -1 : 1)).map((alert) => JSON.stringify(alert));
const bytesOf = (value: Uint8Array | string | null) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : [value];
