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
    readonly passed: number;
    readonly cutShort: number;
    readonly repeatedMembers: number;
    /** By "shape: reason". */
    readonly rejectedBy: ReadonlyMap<string, number>;
    readonly passedBy: ReadonlyMap<string, number>;
    /** By shape. */
    readonly wrapped: ReadonlyMap<string, number>;
    readonly detectorErrors: ReadonlyMap<string, number>;
  };
  readonly clusters: ReadonlyMap<string, ObservedCluster>;
}

interface ObservedCluster {
  readonly order: { readonly size: number };
  readonly clock: { readonly now: number };
  readonly dedupe: { horizon(clock: number): number };
  readonly blind: { open(): { readonly periods: number; readonly seconds: number } };
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
  ['passed', 'Pieces of input that are known to be no audit event'],
  ['cutShort', 'Events that were cut on their way'],
  ['repeatedMembers', 'Events with a member that is given twice'],
];

/** What metrics read of a source: its name is from the configuration. */
export interface ObservedSource {
  readonly name: string;
  readonly counters?: Readonly<Record<string, number>>;
}

/** Prometheus text of what engine, outbox and sources hold. No label comes from an event. */
export async function metricsText(
  engine: Observed,
  store: { outbox(): readonly OutboxState[] },
  sources: readonly ObservedSource[] = [],
): Promise<string> {
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
  tellPieces(engine.counters, registers);
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
  const blind = clusters.map((each) => each.blind.open());
  gauge(
    'lapwing_blind_periods',
    'Times in which pushed events may have been lost, and that no log file has filled',
    sum(blind, (each) => each.periods),
  );
  gauge(
    'lapwing_blind_seconds',
    'How long these are together',
    sum(blind, (each) => each.seconds),
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
  const counted = new Counter({
    name: 'lapwing_source_total',
    help: 'What a source counted besides its events',
    labelNames: ['source', 'what'],
    registers,
  });
  for (const { name, counters = {} } of sources)
    for (const [what, count] of Object.entries(counters)) counted.inc({ source: name, what }, count);
  for (const state of store.outbox()) {
    pending.set({ sink: state.sink }, state.pending);
    parked.set({ sink: state.sink }, state.parked);
  }
  return registry.metrics();
}

/** What input came to, by shape and reason: both are fixed words, and the engine bounds how many it counts apart. */
function tellPieces({ rejectedBy, passedBy, wrapped }: Observed['counters'], registers: Registry[]): void {
  const byReason = (name: string, help: string, counts: ReadonlyMap<string, number>): void => {
    const counter = new Counter({ name, help, labelNames: ['shape', 'reason'], registers });
    for (const [key, count] of counts) {
      const at = key.indexOf(': ');
      const labels = at < 0 ? { shape: key, reason: key } : { shape: key.slice(0, at), reason: key.slice(at + 2) };
      counter.inc(labels, count);
    }
  };
  byReason('lapwing_rejected_by_reason_total', 'Pieces of input that could not be decoded, by reason', rejectedBy);
  byReason('lapwing_passed_by_reason_total', 'Pieces of input that are no audit event, by reason', passedBy);
  const shapes = new Counter({
    name: 'lapwing_wrapped_events_total',
    help: 'Events that came in a wrapper, by the outermost one',
    labelNames: ['shape'],
    registers,
  });
  for (const [shape, count] of wrapped) shapes.inc({ shape }, count);
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

function horizon(clusters: readonly ObservedCluster[]): number {
  const spans = clusters.map((each) => each.dedupe.horizon(each.clock.now)).filter((span) => Number.isFinite(span));
  return spans.length === 0 ? 0 : Math.min(...spans) / 1_000_000;
}
