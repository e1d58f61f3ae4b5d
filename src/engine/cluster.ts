import type { AuditEvent, Detector, Micros, RawRecord } from '../model/index.ts';
import { Blind } from './blind.ts';
import type { BlindPeriod } from './blind-period.ts';
import { Clock } from './clock.ts';
import { Dedupe, type Verdict } from './dedupe.ts';
import { evidenceOf } from './evidence.ts';
import { ClusterFacts } from './facts/facts.ts';
import type { Print } from './fingerprint-table.ts';
import { DetectorMemory, type MemoryStats } from './memory.ts';
import { Order, type EventRows } from './order.ts';
import type { Persistent } from './persist.ts';
import { Suspects } from './suspects.ts';

/** Byte budgets of what one cluster may make the engine hold. */
export interface Budgets {
  /** For each detector's memory. */
  readonly detector: number;
  readonly facts: number;
  /** For events that wait for their turn. */
  readonly waiting: number;
}

/** A detector that is switched on, with its parameters. */
export interface Enabled {
  readonly detector: Detector;
  readonly params: unknown;
  /** Event time during which further findings of a key join its open alert. */
  readonly quiet: Micros;
}

/** Told of each blind period when it is known. */
export type OnBlind = (cluster: string, period: BlindPeriod) => void;

/** Everything that is remembered of one cluster. No cluster sees another's. */
export class Cluster {
  readonly name: string;
  readonly clock = new Clock();
  readonly dedupe = new Dedupe();
  readonly blind = new Blind();
  readonly order: Order;
  readonly facts: ClusterFacts;
  readonly suspects: Suspects;
  readonly memories: readonly DetectorMemory[];
  /** Tells it from the others within this run. */
  readonly number: number;
  /** Ticks since the last event. */
  idle = 0;
  readonly #detectors: readonly Enabled[];
  readonly #onBlind: OnBlind;

  constructor(
    name: string,
    number: number,
    detectors: readonly Enabled[],
    budgets: Budgets,
    rows: EventRows,
    seed: number,
    onBlind: OnBlind = () => undefined,
  ) {
    this.#onBlind = onBlind;
    this.name = name;
    this.number = number;
    this.#detectors = detectors;
    this.order = new Order(rows, budgets.waiting);
    this.facts = new ClusterFacts({ budgetBytes: budgets.facts, seed });
    this.suspects = new Suspects(budgets.detector, seed);
    this.memories = detectors.map(() => new DetectorMemory({ budgetBytes: budgets.detector, seed }));
  }

  /** Parts with the space that their rows live in. A detector's memory ends with its version. */
  *parts(): Iterable<readonly [space: string, part: Persistent]> {
    const name = encodeURIComponent(this.name);
    yield [`clock/${name}`, this.clock];
    yield [`seen/${name}`, this.dedupe];
    yield [`blind/${name}`, this.blind];
    yield [`held/${name}`, this.blind.held];
    yield [`waiting/${name}`, this.order];
    yield [`facts/${name}`, this.facts];
    yield [`habits/${name}`, this.facts.habits];
    yield [`suspects/${name}`, this.suspects];
    for (const [index, { detector }] of this.#detectors.entries())
      yield [`memory/${name}/${detector.id}@${detector.version}`, this.memories[index]!];
  }

  /** Input can be taken at this time of the wall clock. */
  awake(now: Micros): void {
    this.#tell(this.blind.awake(now, this.dedupe));
  }

  /** Notes when pushed events came. */
  receive({ received, origin }: RawRecord): void {
    if (origin.pushed === true && received !== undefined && this.blind.isNews(received))
      this.#tell(this.blind.receive(received, this.dedupe));
  }

  /** What its fingerprint says of an event; around a blind period also of one that came long ago. Remembers it. */
  verdict(print: Print, time: Micros): Verdict {
    const { idHigh, idLow, requestHash, contentHash } = print;
    const verdict = this.dedupe.check(idHigh, idLow, requestHash, contentHash, this.clock.now);
    const isHeld = verdict !== 'duplicate' && time <= this.blind.until && this.blind.meets(print, time);
    return isHeld ? 'duplicate' : verdict;
  }

  #tell(period: BlindPeriod | undefined): void {
    if (period !== undefined) this.#onBlind(this.name, period);
  }

  /** What each of its memories holds and had to give up. */
  stats(): readonly MemoryStats[] {
    return [...this.memories, this.suspects, this.facts.habits].map((each) => each.stats());
  }

  /** The memory of a detector, set to the present event. */
  memoryFor(index: number, event: AuditEvent): DetectorMemory {
    const memory = this.memories[index]!;
    memory.begin(event.time, this.clock.now, () => evidenceOf(event));
    return memory;
  }
}
