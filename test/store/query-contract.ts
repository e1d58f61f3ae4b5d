import { beforeEach, describe, expect, it } from 'vitest';
import {
  CATEGORIES,
  compareSeverity,
  DAY,
  SECOND,
  SEVERITIES,
  type Alert,
  type AlertQuery,
  type Store,
} from '../../src/model/index.ts';
import { alertId, anAlert, someAlerts } from '../support/alert.ts';
import { checkpointOf, ids, NOW } from './checkpoint.ts';

/** What every store promises to whoever asks for alerts. */
export function queryContract(opened: () => Store): void {
  describe('queries', () => {
    let store: Store;
    beforeEach(() => {
      store = opened();
    });
    const alerts = someAlerts(60).map((alert, index): Alert => {
      const { user: _, ...nobody } = alert.actor;
      const { namespace: __, ...nowhere } = alert.target!;
      return {
        ...alert,
        // Three at a time are last seen at the same moment.
        lastSeen: NOW + Math.floor(index / 3) * SECOND,
        severity: SEVERITIES[index % 5]!,
        cluster: index % 4 === 0 ? '' : `c${index % 2}`,
        reason: `Reason ${index} ÄÖ 100% "of_it" \0`,
        rule: { ...alert.rule, id: `d${index % 3}`, category: CATEGORIES[index % 6]! },
        actor: index % 7 === 0 ? nobody : { ...alert.actor, user: `User${index % 5}` },
        ...(index % 9 < 2 && { muted: { exception: `e${index % 2}` } }),
        target: index % 6 === 0 ? nowhere : { ...alert.target!, namespace: `n${index % 8}` },
      };
    });
    const sorted = [...alerts].sort((a, b) => b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : 1));
    beforeEach(() => store.commit(checkpointOf({ alerts })));

    it.each<[string, AlertQuery, (alert: Alert) => boolean]>([
      ['everything', {}, () => true],
      ['a severity and what is graver', { severity: 'high' }, ({ severity }) => compareSeverity(severity, 'high') >= 0],
      ['a category', { category: 'exec' }, ({ rule }) => rule.category === 'exec'],
      ['a detector', { detector: 'd1' }, ({ rule }) => rule.id === 'd1'],
      ['a cluster', { cluster: 'c1' }, ({ cluster }) => cluster === 'c1'],
      ['no cluster', { cluster: '' }, ({ cluster }) => cluster === ''],
      ['a namespace', { namespace: 'n3' }, ({ target }) => target?.namespace === 'n3'],
      ['a user', { user: 'User2' }, ({ actor }) => actor.user === 'User2'],
      ['a time and after', { since: NOW + 5 * SECOND }, ({ lastSeen }) => lastSeen >= NOW + 5 * SECOND],
      ['before a time', { until: NOW + 5 * SECOND }, ({ lastSeen }) => lastSeen < NOW + 5 * SECOND],
      ['what an exception mutes', { muted: true }, ({ muted }) => muted !== undefined],
      ['what none mutes', { muted: false }, ({ muted }) => muted === undefined],
      [
        'muted of a user',
        { muted: true, user: 'User2' },
        ({ muted, actor }) => muted !== undefined && actor.user === 'User2',
      ],
      ['text, whatever its case', { text: 'rEASON 1' }, ({ reason }) => reason.startsWith('Reason 1')],
      ['text beyond ASCII', { text: '7 äö' }, ({ reason }) => reason.includes('7 ÄÖ')],
      ['text that looks like a pattern', { text: '00% "OF_' }, () => true],
      [
        'several at once',
        { user: 'User1', cluster: 'c1', since: NOW, severity: 'low', text: 'reason' },
        ({ actor, cluster, severity }) =>
          actor.user === 'User1' && cluster === 'c1' && compareSeverity(severity, 'low') >= 0,
      ],
    ])('find %s, newest first', (_name, query, matches) => {
      const expected = sorted.filter(matches);
      expect(expected.length).toBeGreaterThan(0);
      expect(ids(store.alerts(query).alerts)).toEqual(ids(expected));
    });

    it.each<AlertQuery>([
      { user: 'user2' },
      { namespace: '' },
      { text: 'reason_' },
      { detector: "d1' OR 1=1 --" },
      { since: NOW + DAY },
    ])('find nothing where nothing is: %j', (query) => expect(store.alerts(query)).toEqual({ alerts: [] }));

    it.each([1, 2, 7, 59, 60, 61])('give every alert once, by pages of %i', (limit) => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = store.alerts({ limit, ...(cursor !== undefined && { cursor }) });
        expect(page.alerts.length).toBeLessThanOrEqual(limit);
        seen.push(...ids(page.alerts));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual(ids(sorted));
    });

    it('neither repeat nor leave out an alert while others are written', async () => {
      const first = store.alerts({ limit: 20 });
      const moved = sorted[30]!;
      await store.commit(
        checkpointOf({
          alerts: [
            { ...moved, revision: 2, lastSeen: NOW + DAY },
            anAlert({ id: alertId('new'), lastSeen: NOW + DAY }),
          ],
        }),
      );
      const rest = store.alerts({ limit: 100, cursor: first.next! });
      expect(ids(rest.alerts)).toEqual(ids(sorted.slice(20)).filter((id) => id !== moved.id));
      expect(rest.next).toBeUndefined();
    });

    it.each([0, -5, Number.NaN])('give at least one for a limit of %d', (limit) =>
      expect(store.alerts({ limit }).alerts).toHaveLength(1),
    );

    it.each(['', 'x', 'bnVsbA', Buffer.from('["a","b"]').toString('base64url'), '!'.repeat(1_000)])(
      'refuse a cursor that is none: %j',
      (cursor) => expect(() => store.alerts({ cursor })).toThrow(expect.objectContaining({ code: 'usage' })),
    );

    it('give a hundred unless told, and ten thousand at most', async () => {
      await store.commit(checkpointOf({ alerts: someAlerts(10_050) }));
      expect(store.alerts({}).alerts).toHaveLength(100);
      expect(store.alerts({ limit: 50_000 }).alerts).toHaveLength(10_000);
    });
  });
}
