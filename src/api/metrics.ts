import { Counter, Gauge, Registry } from 'prom-client';
import type { OutboxState } from '../model/index.ts';

/** What metrics read of an engine; structural, so that this folder needs no other. */
export interface Observed {
  readonly counters: {
    readonly records: number;
    readonly bytes: number;
    readonly events: number;
    readonly wanted: number;
    readonly duplicates: number;
    readonly late: number;
    readonly tooLate: number;
    readonly unbelieved: number;
    readonly hurried: number;
    readonly findings: number;
    readonly muted: number;
    readonly rejected: number;
    readonly detectorErrors: ReadonlyMap<string, number>;
  };
  readonly clusters: ReadonlyMap<string, ObservedCluster>;
}

interface ObservedCluster {
  readonly order: { readonly size: number };
  readonly clock: { readonly now: number };
  readonly dedupe: { horizon(clock: number): number };
  stats(): readonly { readonly bytes: number; readonly keys: number; readonly evictions: number }[];
}

const COUNTERS: readonly (readonly [keyof Observed['counters'] & string, string])[] = [
  ['records', 'Records read from sources'],
  ['bytes', 'Bytes read from sources'],
  ['events', 'Audit events decoded'],
  ['wanted', 'Events that a detector or a fact asked for'],
  ['duplicates', 'Events dropped as repeats'],
  ['late', 'Events judged after their turn'],
  ['tooLate', 'Events later than the windows take'],
  ['unbelieved', 'Events whose time the clock did not follow'],
  ['hurried', 'Events judged ahead of their turn because too many waited'],
  ['findings', 'Findings of detectors'],
  ['muted', 'Findings that an exception muted'],
  ['rejected', 'Pieces of input that could not be decoded'],
];

/** Prometheus text of what engine and outbox hold. No label comes from an event. */
export async function metricsText(engine: Observed, store: { outbox(): readonly OutboxState[] }): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  for (const [field, help] of COUNTERS) {
    const name = `lapwing_${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;
    new Counter({ name, help, registers }).inc(engine.counters[field] as number);
  }
  const errors = new Counter({
    name: 'lapwing_detector_errors_total',
    help: 'Events a detector threw on',
    labelNames: ['detector'],
    registers,
  });
  for (const [detector, count] of engine.counters.detectorErrors) errors.inc({ detector }, count);
  const clusters = [...engine.clusters.values()];
  const gauge = (name: string, help: string, value: number) => new Gauge({ name, help, registers }).set(value);
  gauge('lapwing_clusters', 'Clusters seen', clusters.length);
  gauge(
    'lapwing_waiting_events',
    'Events that wait for older ones',
    sum(clusters, (each) => each.order.size),
  );
  gauge(
    'lapwing_dedupe_horizon_seconds',
    'Event time over which repeats are recognised, of the shortest cluster',
    horizon(clusters),
  );
  const memories = clusters.flatMap((each) => each.stats());
  gauge(
    'lapwing_memory_bytes',
    'Memory of detectors, habits and suspects',
    sum(memories, (each) => each.bytes),
  );
  gauge(
    'lapwing_memory_keys',
    'Keys that are remembered',
    sum(memories, (each) => each.keys),
  );
  new Counter({ name: 'lapwing_memory_evictions_total', help: 'Keys forgotten for want of room', registers }).inc(
    sum(memories, (each) => each.evictions),
  );
  const pending = new Gauge({
    name: 'lapwing_outbox_pending',
    help: 'Alerts a sink has not had',
    labelNames: ['sink'],
    registers,
  });
  const parked = new Gauge({
    name: 'lapwing_outbox_parked',
    help: 'Alerts a sink will never take',
    labelNames: ['sink'],
    registers,
  });
  for (const state of store.outbox()) {
    pending.set({ sink: state.sink }, state.pending);
    parked.set({ sink: state.sink }, state.parked);
  }
  return registry.metrics();
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

function horizon(clusters: readonly ObservedCluster[]): number {
  const spans = clusters.map((each) => each.dedupe.horizon(each.clock.now)).filter((span) => Number.isFinite(span));
  return spans.length === 0 ? 0 : Math.min(...spans) / 1_000_000;
}
