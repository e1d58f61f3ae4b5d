import { MINUTE, SECOND, type AuditEvent, type Micros, type Reject } from '../model/index.ts';
import { lacksGrant, lacksPod } from './decode-absent.ts';

/** Distinct names a table keeps; more are counted under "other". */
const NAMES = 200;
/** Events that come later than their turn by less are in order. */
const SLACK: Micros = SECOND;
/** Clocks of two machines may differ by so much. */
const SKEW: Micros = 5 * MINUTE;
/** Kubernetes is younger than this: 2014-06-01. */
const OLDEST: Micros = Date.UTC(2014, 5, 1) * 1_000;

interface Taken {
  readonly event: AuditEvent;
  readonly shapes: readonly string[];
}

/** How far event times can be trusted. */
export interface Times {
  /** Of the believable ones; NaN where there are none. */
  first: Micros;
  last: Micros;
  /** Events older than one of their cluster before them by more than a second, and by how much at most. */
  late: number;
  lateBy: Micros;
  /** Of these, by more than the windows' five minutes. */
  tooLate: number;
  /** Events more than five minutes ahead of this machine's clock, and by how much at most. */
  ahead: number;
  aheadBy: Micros;
  /** Events from before Kubernetes. */
  ancient: number;
}

/** Writes that tell something only at a level that keeps their bodies. */
interface Bodies {
  writes: number;
  /** Of these, without a body. */
  bare: number;
}

/** What a whole feed came to. Bounded, whatever is in it. */
export class FeedTally {
  readonly now: Micros;
  records = 0;
  bytes = 0;
  events = 0;
  rejected = 0;
  passed = 0;
  /** Records with an event, records that are known to be none, records that are broken, and such as hold nothing. */
  readonly fates = { understood: 0, passed: 0, rejected: 0, empty: 0 };
  /** By the whole chain of shapes: "aks-eventhub › raw-event". */
  readonly shapes = new Map<string, number>();
  /** By "shape: reason". */
  readonly rejectedBy = new Map<string, number>();
  readonly passedBy = new Map<string, number>();
  /** Records without an event, by what was wrong with them first. */
  readonly lostBy = { passed: new Map<string, number>(), rejected: new Map<string, number>() };
  /** By name; '' where nothing names one. */
  readonly clusters = new Map<string, number>();
  readonly stages = new Map<string, number>();
  readonly levels = new Map<string, number>();
  readonly times: Times = {
    first: Number.NaN,
    last: Number.NaN,
    late: 0,
    lateBy: 0,
    tooLate: 0,
    ahead: 0,
    aheadBy: 0,
    ancient: 0,
  };
  cutShort = 0;
  repeated = 0;
  /** Answered requests: those with a code, other than failed logins; and how many of them lack something. */
  answered = 0;
  readonly without = { user: 0, agent: 0, address: 0, decision: 0 };
  readonly grants: Bodies = { writes: 0, bare: 0 };
  readonly pods: Bodies = { writes: 0, bare: 0 };
  /** The only address that events came from; undefined once there are two. */
  peer: string | undefined = '';
  /** The newest believable time of each cluster. */
  readonly #newest = new Map<string, Micros>();
  /** Of the present record. */
  #eventsBefore = 0;
  #firstReject = '';
  #firstPass = '';

  /** The time of this machine, in microseconds. */
  constructor(now: Micros) {
    this.now = now;
  }

  /** Starts on a record. */
  open(bytes: number): void {
    this.records += 1;
    this.bytes += bytes;
    this.#eventsBefore = this.events;
    this.#firstReject = '';
    this.#firstPass = '';
  }

  /** Ends it. */
  close(): void {
    const fate = this.#fate();
    this.fates[fate] += 1;
    if (fate === 'rejected') add(this.lostBy.rejected, this.#firstReject);
    if (fate === 'passed') add(this.lostBy.passed, this.#firstPass);
  }

  reject({ shape, reason }: Pick<Reject, 'shape' | 'reason'>): void {
    const key = `${shape}: ${reason}`;
    this.rejected += 1;
    this.#firstReject ||= key;
    add(this.rejectedBy, key);
  }

  pass(shape: string, reason: string): void {
    const key = `${shape}: ${reason}`;
    this.passed += 1;
    this.#firstPass ||= key;
    add(this.passedBy, key);
  }

  take({ event, shapes }: Taken, repeated: boolean): void {
    this.events += 1;
    add(this.shapes, shapes.join(' › '));
    add(this.clusters, event.cluster);
    add(this.stages, event.stage);
    add(this.levels, event.level);
    if (event.cutShort) this.cutShort += 1;
    if (repeated) this.repeated += 1;
    this.#time(event);
    this.#parts(event);
  }

  #fate(): keyof FeedTally['fates'] {
    if (this.events > this.#eventsBefore) return 'understood';
    if (this.#firstReject !== '') return 'rejected';
    return this.#firstPass === '' ? 'empty' : 'passed';
  }

  #time({ time, cluster }: AuditEvent): void {
    const { times } = this;
    if (time < OLDEST) {
      times.ancient += 1;
      return;
    }
    if (time > this.now + SKEW) {
      times.ahead += 1;
      times.aheadBy = Math.max(times.aheadBy, time - this.now);
      return;
    }
    if (!(times.first <= time)) times.first = time;
    if (!(times.last >= time)) times.last = time;
    const name = this.#newest.has(cluster) || this.#newest.size < NAMES ? cluster : '';
    const late = (this.#newest.get(name) ?? time) - time;
    if (late <= 0) this.#newest.set(name, time);
    if (late <= SLACK) return;
    times.late += 1;
    times.lateBy = Math.max(times.lateBy, late);
    if (late > SKEW) times.tooLate += 1;
  }

  #parts(event: AuditEvent): void {
    const { peer, code } = event;
    if (this.peer === '') this.peer = peer;
    else if (peer !== '' && peer !== this.peer) this.peer = undefined;
    // What a failed login lacks, it lacks by nature.
    if (code === 0 || code === 401) return;
    this.answered += 1;
    if (event.user.name === '') this.without.user += 1;
    if (event.userAgent === '') this.without.agent += 1;
    if (peer === '') this.without.address += 1;
    if (event.decision === '') this.without.decision += 1;
    for (const [bodies, lacks] of [
      [this.grants, lacksGrant(event)],
      [this.pods, lacksPod(event)],
    ] as const) {
      if (lacks === undefined) continue;
      bodies.writes += 1;
      if (lacks) bodies.bare += 1;
    }
  }
}

/** The commonest first, then by name. */
export const ranked = (table: ReadonlyMap<string, number>): readonly (readonly [name: string, count: number])[] =>
  [...table].sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1));

function add(table: Map<string, number>, name: string): void {
  const key = table.has(name) || table.size < NAMES ? name : 'other';
  table.set(key, (table.get(key) ?? 0) + 1);
}
