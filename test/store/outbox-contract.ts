import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE, SECOND, type Alert, type Store } from '../../src/model/index.ts';
import { anAlert, someAlerts } from '../support/alert.ts';
import { checkpointOf, ids, NOW } from './checkpoint.ts';

/** What every store promises of its outbox. */
export function outboxContract(opened: () => Store): void {
  describe('the outbox', () => {
    let store: Store;
    beforeEach(() => {
      store = opened();
    });
    const alert = anAlert({ severity: 'medium' });
    const commit = (revision: number, over: Partial<Alert> = {}) =>
      store.commit(checkpointOf({ alerts: [{ ...alert, revision, ...over }] }));
    beforeEach(() => store.subscribe(['elastic', 'console']));

    it('queues what is new for each sink, until that sink has had it', async () => {
      await commit(1);
      expect(store.pending('elastic', 10, NOW)).toEqual([alert]);
      expect(store.pending('console', 10, NOW)).toEqual([alert]);
      expect(store.pending('nobody', 10, NOW)).toEqual([]);
      store.delivered('elastic', [alert], NOW);
      expect(store.pending('elastic', 10, NOW)).toEqual([]);
      expect(store.nextDue('elastic', NOW)).toBeUndefined();
      expect(store.pending('console', 10, NOW)).toEqual([alert]);
      expect(store.nextDue('console', NOW)).toBe(NOW);
      expect(store.outbox()).toEqual([
        { sink: 'elastic', pending: 0, parked: 0 },
        { sink: 'console', pending: 1, parked: 0, oldest: alert.lastSeen },
      ]);
    });

    it('sends only the newest revision, an update once a minute', async () => {
      await commit(1);
      store.delivered('elastic', store.pending('elastic', 10, NOW), NOW);
      await commit(2);
      await commit(3);
      expect(store.pending('elastic', 10, NOW + MINUTE - 1)).toEqual([]);
      expect(store.nextDue('elastic', NOW + SECOND)).toBe(NOW + MINUTE);
      expect(store.pending('elastic', 10, NOW + MINUTE)).toEqual([{ ...alert, revision: 3 }]);
      expect(store.outbox()[0]).toMatchObject({ pending: 1 });
    });

    it('sends at once what rose in severity, and only then', async () => {
      await commit(1);
      store.delivered('elastic', [alert], NOW);
      await commit(2, { severity: 'low' });
      expect(store.pending('elastic', 10, NOW + 1)).toEqual([]);
      await commit(3, { severity: 'medium' });
      expect(store.pending('elastic', 10, NOW + 1)).toEqual([]);
      await commit(4, { severity: 'high' });
      expect(store.pending('elastic', 10, NOW + 1)).toHaveLength(1);
      expect(store.nextDue('elastic', NOW + 1)).toBe(NOW + 1);
    });

    it.each([
      ['medium', 1],
      ['high', 1],
      ['low', 0],
    ] as const)('sends at once a further action in a %s alert: %i', async (severity, urgent) => {
      const [read, list] = [{ severity, actions: ['secret-read'] }, { severity, actions: ['secret-read', 'secret-list'] }]; // prettier-ignore
      await commit(1, read);
      store.delivered('elastic', store.pending('elastic', 10, NOW), NOW);
      await commit(2, read);
      expect(store.pending('elastic', 10, NOW + 1)).toEqual([]);
      await commit(3, list);
      expect(store.pending('elastic', 10, NOW + 1)).toHaveLength(urgent);
      expect(store.nextDue('elastic', NOW + 1)).toBe(urgent === 1 ? NOW + 1 : NOW + MINUTE);
      store.delivered('elastic', store.pending('elastic', 10, NOW + MINUTE), NOW + MINUTE);
      await commit(4, list);
      expect(store.pending('elastic', 10, NOW + MINUTE + 1)).toEqual([]);
    });

    it('sends at once an action that came while the sink was writing', async () => {
      await commit(1);
      const writing = store.pending('elastic', 10, NOW);
      await commit(2, { actions: ['secret-reads', 'secret-list'] });
      store.delivered('elastic', writing, NOW);
      expect(store.pending('elastic', 10, NOW + 1)).toHaveLength(1);
    });

    it('takes an alert that an earlier version kept, without a list of actions', async () => {
      const { actions: _, ...older } = alert;
      await store.commit(checkpointOf({ alerts: [older as Alert] }));
      store.delivered('elastic', store.pending('elastic', 10, NOW), NOW);
      expect(store.pending('elastic', 10, NOW + DAY)).toEqual([]);
      await commit(2);
      expect(store.pending('elastic', 10, NOW + 1)).toHaveLength(1);
    });

    it('keeps waiting what came while the sink was writing', async () => {
      await commit(1);
      const writing = store.pending('elastic', 10, NOW);
      await commit(2);
      store.delivered('elastic', writing, NOW);
      expect(store.pending('elastic', 10, NOW)).toEqual([]);
      expect(store.pending('elastic', 10, NOW + MINUTE)).toEqual([{ ...alert, revision: 2 }]);
    });

    it('queues nothing for a revision that comes again', async () => {
      await commit(1);
      store.delivered('elastic', [alert], NOW);
      await commit(1);
      expect(store.pending('elastic', 10, NOW + DAY)).toEqual([]);
    });

    it('parks for good, for that sink alone', async () => {
      await commit(1);
      store.park('elastic', alert.id, 'mapper_parsing_exception');
      await commit(2, { severity: 'critical' });
      expect(store.pending('elastic', 10, NOW + DAY)).toEqual([]);
      expect(store.nextDue('elastic', NOW)).toBeUndefined();
      expect(store.outbox()[0]).toEqual({ sink: 'elastic', pending: 0, parked: 1 });
      expect(store.pending('console', 10, NOW)).toHaveLength(1);
    });

    it('forgets a sink that is not named any more, and queues for a new one from then on', async () => {
      await commit(1);
      store.subscribe(['console', 'slack']);
      expect(store.outbox().map(({ sink, pending }) => [sink, pending])).toEqual([['console', 1], ['slack', 0]]); // prettier-ignore
      await commit(2);
      expect(store.pending('slack', 10, NOW)).toHaveLength(1);
      store.subscribe(['elastic', 'console']);
      expect(store.pending('elastic', 10, NOW)).toEqual([]);
    });

    it('hands out no more than asked for, the longest waiting first', async () => {
      const alerts = someAlerts(20);
      for (const each of alerts) await store.commit(checkpointOf({ alerts: [each] }));
      expect(ids(store.pending('elastic', 7, NOW))).toEqual(ids(alerts.slice(0, 7)));
      expect(store.pending('elastic', 0, NOW)).toEqual([]);
    });

    it('is not held up by a clock that was set back', async () => {
      await commit(1);
      store.delivered('elastic', [alert], NOW);
      await commit(2);
      expect(store.pending('elastic', 10, NOW - DAY)).toHaveLength(1);
      expect(store.nextDue('elastic', NOW - DAY)).toBe(NOW - DAY);
    });
  });
}
