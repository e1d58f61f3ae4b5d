import { compareSeverity, type Alert, type Severity } from '../../src/model/index.ts';
import { engineFor, feed, recordOf } from '../support/engine.ts';

/** An alert in its last revision, and when it first asked for an analyst's attention: undefined while it never did. */
export interface Told {
  readonly alert: Alert;
  readonly grave: number | undefined;
}

export interface Judgement {
  readonly events: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly late: number;
  readonly told: readonly Told[];
}

/** Bytes between two looks at what changed: few, as each costs; often enough to know when an alert became grave. */
const LOOK = 8 << 20;

/** Runs a log of any length through a real engine with every detector; holds nothing but the alerts. */
export function judgeChunks(chunks: Iterable<Uint8Array>): Judgement {
  const engine = engineFor();
  const told = new Map<string, { alert: Alert; grave: number | undefined }>();
  const take = (): void => {
    for (const alert of engine.changes().alerts) {
      const grave = told.get(alert.id)?.grave ?? (isGrave(alert.severity) ? alert.lastSeen : undefined);
      told.set(alert.id, { alert: structuredClone(alert), grave });
    }
  };
  let bytes = 0;
  for (const chunk of chunks) {
    feed(engine, recordOf('', { bytes: chunk }));
    bytes += chunk.length;
    if (bytes < LOOK) continue;
    take();
    bytes = 0;
  }
  engine.flush();
  take();
  const { events, rejected, duplicates, tooLate } = engine.counters;
  return { events, rejected, duplicates, late: tooLate, told: [...told.values()] };
}

export const isGrave = (severity: Severity): boolean => compareSeverity(severity, 'medium') >= 0;
