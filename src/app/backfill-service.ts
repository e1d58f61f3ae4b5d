import type { BlindPeriod } from '../engine/blind-period.ts';
import { uncovered } from '../engine/blind-period.ts';
import type { Engine } from '../engine/engine.ts';
import { AppError, formatTime, lasting, type Alert, type Logger, type Store } from '../model/index.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { readFilled, type ReadLine } from './backfill-lines.ts';

/** What a service takes at once: some milliseconds of its time, and one commit. */
const ALERTS_AT_ONCE = 16;
const BYTES_AT_ONCE = 128 * 1024;

/** What a service made of the alerts of a backfill. */
export interface Adopted {
  readonly created: number;
  readonly updated: number;
  /** Of what was sent, to tell that all of it arrived. */
  readonly lines: number;
}

/**
 * The service's side of a backfill: takes alerts, then the fingerprints of what was judged, then what was covered, in this order, so that
 * a backfill that breaks off can be done again. Durable when it resolves.
 */
export const backfillTaker =
  (engine: Engine, pipeline: Pipeline, store: Store) =>
  async (cluster: string, chunks: AsyncIterable<Uint8Array>): Promise<Adopted> => {
    if (!pipeline.isHealthy)
      throw new AppError('store', 'its store takes no checkpoint at present; its log says why', { retryable: true });
    const blind = engine.clusters.get(cluster)?.blind;
    if (blind === undefined) throw new AppError('usage', `there is no cluster ${cluster}`);
    const tally = { created: 0, updated: 0, known: 0 };
    let lines = 0;
    let alerts: Alert[] = [];
    let bytes = 0;
    let isFull = false;
    const flush = async (): Promise<void> => {
      const group = alerts;
      alerts = [];
      bytes = 0;
      if (group.length > 0)
        await pipeline.apply(() => {
          for (const alert of group) tally[engine.adopt(alert, store.alert(alert.id))] += 1;
        });
    };
    const take = async ({ filled, bytes: more }: ReadLine): Promise<void> => {
      if ('alert' in filled) {
        if (bytes + more > BYTES_AT_ONCE) await flush();
        alerts.push(filled.alert);
        bytes += more;
        if (alerts.length >= ALERTS_AT_ONCE) await flush();
        return;
      }
      await flush();
      await pipeline.apply(() => {
        if ('prints' in filled) for (const print of filled.prints) isFull = !blind.judged(print) || isFull;
        else blind.cover(filled.period, filled.span, filled.sealed || isFull);
      });
    };
    for await (const line of readFilled(chunks, cluster)) {
      await take(line);
      lines += 1;
    }
    await flush();
    return { created: tally.created, updated: tally.updated, lines };
  };

/** Tells a blind period in plain words, with the command that fills it. */
export function tellBlind(log: Logger, cluster: string, period: BlindPeriod): void {
  const { from, to, cause } = period;
  const why = cause === 'away' ? 'Lapwing did not run' : 'its store could not be written';
  const whose = cluster === '' ? '' : ` --cluster ${cluster}`;
  log.warn(
    { cluster, from: formatTime(from), to: formatTime(to), cause },
    `blind for ${lasting(to - from)}, as ${why}: events that the API server pushed then may be lost. ` +
      `\`lapwing backfill AUDIT_LOG${whose}\` fills this from the API server's log file`,
  );
}

/** Tells at a start what was never filled. */
export function tellUnfilled(log: Logger, engine: Engine): void {
  for (const [cluster, { blind }] of engine.clusters) {
    const { periods, seconds } = blind.open();
    const first = blind.periods.find((each) => uncovered(each) > 0);
    if (first === undefined) continue;
    log.warn(
      { cluster, periods, seconds: Math.round(seconds), since: formatTime(first.from) },
      'there are blind periods that no log file has filled: `lapwing backfill --list` shows them',
    );
  }
}
