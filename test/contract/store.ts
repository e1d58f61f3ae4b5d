import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, type Reject, type Store } from '../../src/model/index.ts';
import { checkpointOf, NOW } from '../store/checkpoint.ts';
import { alertId, anAlert } from '../support/alert.ts';
import { live, lives, poisoned } from '../store/model-run.ts';
import { outboxContract } from '../store/outbox-contract.ts';
import { queryContract } from '../store/query-contract.ts';
import { retentionContract } from '../store/retention-contract.ts';

/** A few dozen lives on each test run; the nightly script asks for thousands. */
const RUNS = Number(process.env['LAPWING_TEST_PROPERTY_RUNS'] ?? 40);

export interface StoreHarness {
  readonly store: Store;
  /** Closes it and opens another over the same data; absent where nothing outlives it. */
  reopen?(store: Store): Promise<Store>;
  close(): Promise<void>;
}

export type OpenStore = (retention: { age: number; bytes: number }) => Promise<StoreHarness>;

const AMPLE = { age: 90 * DAY, bytes: 10 * 1024 ** 3 };

const reject = (over: Partial<Reject> = {}): Reject => ({
  source: 'kafka',
  position: 'audit/3@17',
  reason: 'not JSON',
  shape: 'line',
  bytes: 3,
  sample: '{"a',
  ...over,
});

/** What every store promises, whatever it is made of. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`${name}: the contract of a store`, () => {
    let harness: StoreHarness;
    let store: Store;
    beforeEach(async () => {
      harness = await open(AMPLE);
      store = harness.store;
    });
    afterEach(() => harness.close());

    it('is empty at first', () => {
      const { positions, rows } = store.load();
      expect([...positions]).toEqual([]);
      expect([...rows]).toEqual([]);
      expect(store.alerts({})).toEqual({ alerts: [] });
      expect(store.rejects(10)).toEqual([]);
      expect(store.outbox()).toEqual([]);
      expect(store.alert('none')).toBeUndefined();
      expect(store.retain(NOW)).toBe(0);
    });

    it('merges positions: those that did not move stay', async () => {
      await store.commit(checkpointOf({ positions: new Map([['a', '1'], ['b', '1']]) })); // prettier-ignore
      await store.commit(checkpointOf({ positions: new Map([['b', '2'], ['c', '1']]) })); // prettier-ignore
      expect(new Map(store.load().positions)).toEqual(new Map([['a', '1'], ['b', '2'], ['c', '1']])); // prettier-ignore
    });

    it('keeps the last row of a key, deletes with null, and gives text and bytes back as they came', async () => {
      const bytes = Uint8Array.from([0, 255, 1]);
      await store.commit(
        checkpointOf({
          rows: [
            { space: 's', key: 'k', value: 'first' },
            { space: 's', key: 'k', value: 'last' },
            { space: 's', key: 'gone', value: 'x' },
            { space: 's', key: 'gone', value: null },
            { space: 's', key: 'back', value: null },
            { space: 's', key: 'back', value: '' },
            { space: 't', key: 'k', value: bytes },
            { space: 't', key: 'empty', value: new Uint8Array(0) },
          ],
        }),
      );
      bytes.fill(7);
      const rows = [...store.load().rows].map(({ space, key, value }) => [space, key, value]);
      expect(rows.sort((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual([
        ['s', 'back', ''],
        ['s', 'k', 'last'],
        ['t', 'empty', Uint8Array.from([])],
        ['t', 'k', Uint8Array.from([0, 255, 1])],
      ]);
    });

    it('tells texts apart that differ only in what a database cannot hold', async () => {
      const keys = ['a\0b', 'a\0c', 'a', '\ud800', '\ud801', '\ufffd', '\uffff', '\uffff"a"', '', '\0'];
      await store.commit(checkpointOf({ rows: keys.map((key) => ({ space: key, key, value: key })) }));
      const rows = [...store.load().rows];
      expect(rows.map(({ key }) => key).sort()).toEqual([...keys].sort());
      for (const { space, key, value } of rows) expect([space, value]).toEqual([key, key]);
    });

    it('gives one row by its name, as it was committed', async () => {
      const rows = ['a\0b', 'a\0c', 'plain', ''].map((key) => ({ space: 's', key, value: `of ${key}` }));
      await store.commit(
        checkpointOf({ rows: [...rows, { space: 't', key: 'plain', value: Uint8Array.from([0, 9]) }] }),
      );
      for (const { key, value } of rows) expect(store.row('s', key)).toBe(value);
      expect(Array.from(store.row('t', 'plain') as Uint8Array)).toEqual([0, 9]);
      expect([store.row('s', 'none'), store.row('none', 'plain')]).toEqual([undefined, undefined]);
      await store.commit(checkpointOf({ rows: [{ space: 's', key: 'plain', value: null }] }));
      expect(store.row('s', 'plain')).toBeUndefined();
    });

    it('loads any number of rows, as often as asked', async () => {
      const rows = Array.from({ length: 25_000 }, (_, index) => ({
        space: `s${index % 3}`,
        key: `k${index}`,
        value: `${index}`,
      }));
      await store.commit(checkpointOf({ rows }));
      const saved = store.load();
      expect(new Set([...saved.rows].map(({ key }) => key)).size).toBe(25_000);
      expect([...saved.rows]).toHaveLength(25_000);
    });

    it('shows nothing of a commit that failed, and takes the next one', async () => {
      store.subscribe(['s']);
      const before = anAlert({ id: alertId('before') });
      await store.commit(
        checkpointOf({
          positions: new Map([['p', '1']]),
          rows: [{ space: 's', key: 'k', value: '1' }],
          alerts: [before],
        }),
      );
      const whole = checkpointOf({
        positions: new Map([['p', '2']]),
        rows: [{ space: 's', key: 'k', value: '2' }, { space: 's', key: 'l', value: '2' }], // prettier-ignore
        alerts: [{ ...before, revision: 2 }, anAlert({ id: alertId('after') })],
        rejects: [reject()],
      });
      await expect(store.commit(poisoned(whole))).rejects.toThrow('poison');
      expect([...store.load().positions]).toEqual([['p', '1']]);
      expect([...store.load().rows]).toEqual([{ space: 's', key: 'k', value: '1' }]);
      expect(store.alerts({}).alerts).toEqual([before]);
      expect(store.pending('s', 10, NOW)).toEqual([before]);
      expect(store.rejects(10)).toEqual([]);
      await store.commit(whole);
      expect([...store.load().positions]).toEqual([['p', '2']]);
      expect([...store.load().rows]).toHaveLength(2);
      expect(store.alert(before.id)?.revision).toBe(2);
      expect(store.pending('s', 10, NOW)).toHaveLength(2);
      expect(store.rejects(10)).toHaveLength(1);
    });

    it('keeps the highest revision of an alert, and a copy of it', async () => {
      const alert = anAlert({ revision: 3, observed: { secrets: 9 } });
      await store.commit(checkpointOf({ alerts: [alert] }));
      await store.commit(checkpointOf({ alerts: [{ ...alert, revision: 2, reason: 'older' }] }));
      await store.commit(checkpointOf({ alerts: [{ ...alert, reason: 'the same once more' }] }));
      (alert.observed as Record<string, number>)['secrets'] = 0;
      expect(store.alert(alert.id)).toEqual({ ...alert, observed: { secrets: 9 } });
      await store.commit(checkpointOf({ alerts: [{ ...alert, revision: 5 }, { ...alert, revision: 4 }] })); // prettier-ignore
      expect(store.alert(alert.id)?.revision).toBe(5);
      expect(store.alerts({}).alerts).toHaveLength(1);
    });

    it('keeps the newest thousand rejects, newest first, each cut', async () => {
      const long = 'x'.repeat(100_000);
      await store.commit(
        checkpointOf({ rejects: Array.from({ length: 700 }, (_, index) => reject({ position: `a${index}` })) }),
      );
      await store.commit(
        checkpointOf({ rejects: Array.from({ length: 600 }, (_, index) => reject({ position: `b${index}` })) }),
      );
      await store.commit(
        checkpointOf({ rejects: [reject({ position: long, reason: long, sample: long, received: 5, cluster: 'c' })] }),
      );
      const kept = store.rejects(5_000);
      expect(kept).toHaveLength(1_000);
      expect(JSON.stringify(kept[0]).length).toBeLessThan(10_000);
      expect(kept[0]).toMatchObject({ received: 5, cluster: 'c' });
      expect(kept[1]!.position).toBe('b599');
      expect(kept.at(-1)!.position).toBe('a301');
      expect(store.rejects(2)).toHaveLength(2);
    });

    outboxContract(() => store);
    queryContract(() => store);
    retentionContract(open);

    it('lives any life as the model does', async () => {
      let deliveries = 0;
      await fc.assert(
        fc.asyncProperty(lives, async (steps) => {
          const fresh = await open(AMPLE);
          try {
            deliveries += await live(fresh.store, steps, fresh.reopen && ((last) => fresh.reopen!(last)));
          } finally {
            await fresh.close();
          }
        }),
        { numRuns: RUNS },
      );
      expect(deliveries).toBeGreaterThan(RUNS / 2);
    }, 120_000);
  });
}
