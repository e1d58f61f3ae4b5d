import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectors } from '../../detectors/index.ts';
import type { Enabled } from '../../src/engine/cluster.ts';
import { Engine } from '../../src/engine/engine.ts';
import {
  toDocument,
  type Alert,
  type AlertDocument,
  type Detector,
  type RawRecord,
  type Row,
} from '../../src/model/index.ts';

const root = join(import.meta.dirname, '..', '..');

/** The lines of a file below the project's root. */
export const linesOf = (path: string): readonly string[] =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

export const enabled = (detector: Detector, params: object = {}): Enabled => ({
  detector,
  params: detector.params.parse(params),
  quiet: detector.quiet,
});

/** An engine with every detector on its defaults, that throws where a detector does. */
export function engineFor(which: readonly Enabled[] = detectors.map((each) => enabled(each)), cluster = ''): Engine {
  return new Engine({
    detectors: which,
    key: Buffer.alloc(16, 7),
    cluster,
    seed: 0,
    budgets: { detector: 8 << 20, facts: 8 << 20, waiting: 32 << 20 },
    onError: (error) => {
      throw error;
    },
  });
}

export const recordOf = (text: string, over: Partial<RawRecord> = {}): RawRecord => ({
  bytes: Buffer.from(text),
  origin: { source: 'test', position: 'test@0' },
  ...over,
});

/** Feeds one record to its end. */
export function feed(engine: Engine, record: RawRecord): void {
  engine.open(record);
  while (engine.step(1_000));
}

/** What an engine has said so far: every alert in its final revision, in the order replay prints them. */
export class Outcome {
  readonly alerts = new Map<string, Alert>();
  readonly rows = new Map<string, Row>();

  /** Takes the engine's changes in, as a store would. */
  take(engine: Engine): void {
    const { alerts, rows } = engine.changes();
    for (const alert of alerts) this.alerts.set(alert.id, structuredClone(alert));
    for (const row of rows) {
      const key = JSON.stringify([row.space, row.key]);
      if (row.value === null) this.rows.delete(key);
      else this.rows.set(key, row);
    }
  }

  get documents(): readonly AlertDocument[] {
    return [...this.alerts.values()]
      .sort((a, b) => a.firstSeen - b.firstSeen || (a.id < b.id ? -1 : 1))
      .map(toDocument);
  }
}

/** The alerts of lines that come as one record. */
export function judgeLines(lines: readonly string[], engine = engineFor()): readonly AlertDocument[] {
  const outcome = new Outcome();
  feed(engine, recordOf(lines.join('\n')));
  engine.flush();
  outcome.take(engine);
  return outcome.documents;
}
