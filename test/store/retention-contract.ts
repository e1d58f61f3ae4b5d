import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, type Alert, type Store } from '../../src/model/index.ts';
import { alertId, anAlert, someAlerts } from '../support/alert.ts';
import { checkpointOf, ids, NOW } from './checkpoint.ts';

/** What every store promises to forget, and to keep. */
export function retentionContract(
  open: (retention: { age: number; bytes: number }) => Promise<{ store: Store; close(): Promise<void> }>,
): void {
  describe('retention', () => {
    let store: Store;
    let close = async (): Promise<void> => {};
    const opens = async (retention: { age: number; bytes: number }) => {
      await close();
      const harness = await open(retention);
      store = harness.store;
      close = () => harness.close();
    };
    beforeEach(() => opens({ age: 90 * DAY, bytes: 10 * 1024 ** 3 }));
    afterEach(() => close());
    const retainAll = (now: number): number => {
      let gone = 0;
      for (let last = -1; last !== 0; gone += last) last = store.retain(now);
      return gone;
    };

    it('drops what is past its age and delivered, a piece at a time, and no row', async () => {
      const old = someAlerts(1_500).map((alert, index) => ({ ...alert, lastSeen: NOW - 90 * DAY - 1 - index }));
      const kept = someAlerts(5).map((alert, index) => ({
        ...alert,
        id: alertId(`kept ${index}`),
        lastSeen: NOW - 90 * DAY + index,
      }));
      await store.commit(checkpointOf({ alerts: [...old, ...kept], rows: [{ space: 's', key: 'k', value: 'v' }] }));
      const atOnce = store.retain(NOW);
      expect(atOnce).toBeGreaterThan(0);
      expect(atOnce).toBeLessThan(1_500);
      expect(atOnce + retainAll(NOW)).toBe(1_500);
      expect(ids(store.alerts({ limit: 10_000 }).alerts).sort()).toEqual(ids(kept).sort());
      expect(store.alert(old[0]!.id)).toBeUndefined();
      expect([...store.load().rows]).toHaveLength(1);
    });

    it('keeps what a sink still has to get, drops what is parked', async () => {
      store.subscribe(['s']);
      const [waiting, sent, parked] = someAlerts(3) as [Alert, Alert, Alert];
      await store.commit(checkpointOf({ alerts: [waiting, sent, parked] }));
      store.delivered('s', [sent], NOW);
      store.park('s', parked.id, 'no');
      expect(retainAll(NOW + 900 * DAY)).toBe(2);
      expect(ids(store.alerts({}).alerts)).toEqual([waiting.id]);
      store.delivered('s', [waiting], NOW);
      expect(retainAll(NOW + 900 * DAY)).toBe(1);
      expect(store.outbox()).toEqual([{ sink: 's', pending: 0, parked: 0 }]);
    });

    it('gets past many that wait, of one and the same time', async () => {
      store.subscribe(['s']);
      await store.commit(checkpointOf({ alerts: someAlerts(2_500).map((alert) => ({ ...alert, lastSeen: 1 })) }));
      const last = anAlert({ id: alertId('last'), lastSeen: 2 });
      await store.commit(checkpointOf({ alerts: [last] }));
      store.delivered('s', [last], NOW);
      let gone = 0;
      for (let calls = 0; calls < 5; calls += 1) gone += store.retain(NOW);
      expect(gone).toBe(1);
      expect(store.alerts({ limit: 10_000 }).alerts).toHaveLength(2_500);
    });

    it('drops the oldest where it grew too big, delivered or not, and stops there', async () => {
      await opens({ age: 90 * DAY, bytes: 2 * 1024 ** 2 });
      store.subscribe(['s']);
      const alerts = someAlerts(1_800).map((alert, index) => ({
        ...alert,
        lastSeen: NOW - index,
        commandLine: 'x'.repeat(500),
      }));
      await store.commit(checkpointOf({ alerts }));
      const gone = retainAll(NOW);
      expect(gone).toBeGreaterThan(500);
      expect(gone).toBeLessThan(1_700);
      expect(ids(store.alerts({ limit: 10_000 }).alerts)).toEqual(ids(alerts.slice(0, 1_800 - gone)));
      expect(store.outbox()).toMatchObject([{ pending: 1_800 - gone }]);
    });
  });
}
