import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { AppError, type Alert, type Sink } from '../../src/model/index.ts';
import { alertId, anAlert, hostileAlert, someAlerts } from '../support/alert.ts';

/** An alert as the destination shows it; the id may be shortened. */
export interface Shown {
  readonly id: string;
  readonly revision: number;
}

export interface SinkRig {
  readonly sink: Sink;
  /** Everything that the destination shows, in any order. */
  shown(): Promise<readonly Shown[]>;
  /** From now on the destination takes nothing and answers nothing. */
  stall?(): void;
  close(): Promise<void>;
}

export interface SinkHarness {
  /** A sink over a fresh, empty destination. */
  rig(): SinkRig | Promise<SinkRig>;
  /** True where a newer revision takes the place of the older one; false where it comes after it. */
  readonly replaces: boolean;
  /** False where the destination cannot be made to hang (no `stall`). */
  readonly stalls: boolean;
  /** Runs of the property over hostile alerts (default 25), each with up to 20 of them. */
  readonly runs?: number;
}

/** What every sink keeps to, whatever its destination. */
export function sinkContract(name: string, harness: SinkHarness): void {
  describe(`${name} keeps the sink contract`, () => {
    const never = new AbortController().signal;
    const rigs: SinkRig[] = [];
    const open = async (): Promise<SinkRig> => {
      const rig = await harness.rig();
      rigs.push(rig);
      return rig;
    };
    afterEach(async () => {
      for (const rig of rigs.splice(0)) {
        await rig.sink.close();
        await rig.close();
      }
    });

    /** Revisions shown of one alert, rising. */
    const revisions = (shown: readonly Shown[], alert: Alert): number[] =>
      shown
        .filter(({ id }) => id !== '' && alert.id.startsWith(id))
        .map(({ revision }) => revision)
        .sort((a, b) => a - b);

    test('has a name', async () => {
      const { sink } = await open();
      expect(sink.name).not.toBe('');
    });

    test('shows what was written, each alert once', async () => {
      const { sink, shown } = await open();
      const alerts = someAlerts(12);
      expect(await sink.write(alerts, never)).toStrictEqual([]);
      const all = await shown();
      expect(all).toHaveLength(alerts.length);
      for (const alert of alerts) expect(revisions(all, alert)).toStrictEqual([1]);
    });

    test('an empty write is fine and shows nothing', async () => {
      const { sink, shown } = await open();
      expect(await sink.write([], never)).toStrictEqual([]);
      expect(await shown()).toStrictEqual([]);
    });

    test('twice is once: the same call, and a call that has some of it', async () => {
      const { sink, shown } = await open();
      const alerts = someAlerts(5);
      await sink.write(alerts, never);
      const once = await shown();
      expect(once).toHaveLength(5);
      expect(await sink.write(alerts, never)).toStrictEqual([]);
      expect(await shown()).toStrictEqual(once);
      const other = anAlert({ id: alertId('other') });
      await sink.write([alerts[3]!, other], never);
      const all = await shown();
      expect(all).toHaveLength(6);
      expect(revisions(all, other)).toStrictEqual([1]);
    });

    test('a newer revision is shown, an older one that comes after it is not', async () => {
      const { sink, shown } = await open();
      const [first, second, third] = [1, 2, 3].map((revision) => anAlert({ revision, count: revision }));
      await sink.write([first!], never);
      await sink.write([third!], never);
      await sink.write([second!], never);
      expect(revisions(await shown(), first!)).toStrictEqual(harness.replaces ? [3] : [1, 3]);
    });

    test('hostile alerts are shown like any other and never refused', async () => {
      let seen = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(hostileAlert(), { minLength: 1, maxLength: 20 }), async (alerts) => {
          const rig = await harness.rig();
          try {
            expect(await rig.sink.write(alerts, never)).toStrictEqual([]);
            const all = await rig.shown();
            expect(all).toHaveLength(new Set(alerts.map(({ id }) => id)).size);
            for (const alert of alerts) expect(revisions(all, alert)).toContain(alert.revision);
            seen += all.length;
          } finally {
            await rig.sink.close();
            await rig.close();
          }
        }),
        { numRuns: harness.runs ?? 25 },
      );
      expect(seen).toBeGreaterThan(harness.runs ?? 25);
    });

    test('an abort before the call writes nothing', async () => {
      const { sink, shown } = await open();
      await expect(sink.write(someAlerts(3), AbortSignal.abort())).rejects.toBeInstanceOf(AppError);
      expect(await shown()).toStrictEqual([]);
    });

    test.each(harness.stalls ? [name] : [])(
      'an abort ends a write to %s that hangs: it may be tried again',
      async () => {
        const { sink, stall } = await open();
        stall!();
        const stop = new AbortController();
        const write = sink.write(someAlerts(3), stop.signal);
        setImmediate(() => stop.abort());
        await expect(write).rejects.toMatchObject({ name: 'AppError', code: 'sink', retryable: true });
      },
    );

    test('can be closed twice, and without a write; a write after it fails', async () => {
      const { sink } = await open();
      await sink.close();
      await sink.close();
      await expect(sink.write([anAlert()], never)).rejects.toBeInstanceOf(AppError);
    });
  });
}
