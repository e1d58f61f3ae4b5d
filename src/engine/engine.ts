import {
  AppError,
  HOUR,
  MINUTE,
  messageOf,
  type Alert,
  type AuditEvent,
  type Micros,
  type RawRecord,
  type Reject,
  type Row,
} from '../model/index.ts';
import { AlertBook } from './alert-book.ts';
import { Cluster, type Enabled } from './cluster.ts';
import { Counters } from './counters.ts';
import { Decoder } from './decode/decoder.ts';
import { Dispatch, type Admits } from './dispatch.ts';
import { EventText } from './event-text.ts';
import { Exceptions, HITS_SPACE } from './exceptions.ts';
import { ClusterFacts } from './facts/facts.ts';
import type { JsonRecord } from './facts/shape.ts';
import { Familiar } from './habits/familiar.ts';
import { hourOf } from './habits/hours.ts';
import type { EngineChanges, EngineOptions } from './options.ts';
import { SLACK, type Due } from './order.ts';
import type { Persistent } from './persist.ts';

/** Later than this the windows no longer take an event in its place. */
const LATE: Micros = 5 * MINUTE;
/** Open alerts that findings may still join. */
const OPEN_ALERTS = 20_000;
/** Clusters that one process takes; names come from credentials, paths and configuration. */
const CLUSTERS = 1_000;
/** Rejected records kept from one checkpoint to the next; all are counted. */
const REJECTS = 200;

/**
 * Bytes in, alerts out: decodes, drops repeats, puts in order, asks the detectors, keeps what they remember. Pure and synchronous:
 * the same input sequence gives the same output, whatever its batch borders. One record at a time: `open` it, then `step` until
 * it is done.
 */
export class Engine {
  readonly counters = new Counters();
  readonly exceptions: Exceptions;
  readonly #options: EngineOptions;
  readonly #decoder: Decoder;
  readonly #text: EventText;
  readonly #dispatch: Dispatch;
  readonly #familiar = new Familiar();
  readonly #book = new AlertBook(OPEN_ALERTS);
  readonly #clusters = new Map<string, Cluster>();
  readonly #subscribers: number[] = [];
  readonly #context = new WeakSet<AuditEvent>();
  readonly #factsSubscriber: number;
  #rejects: Reject[] = [];
  #stale: Row[] = [];
  readonly #admits: Admits = (by) => {
    const { asker, time } = this.#decoder;
    return this.#cluster.suspects.admits(by, asker, time, this.#cluster.clock.now);
  };
  #cluster: Cluster;
  #record: RawRecord = { bytes: new Uint8Array(0), origin: { source: '', position: '' } };

  constructor(options: EngineOptions) {
    this.#options = options;
    this.exceptions = new Exceptions(options.exceptions ?? []);
    const { key, cluster, detectors } = options;
    this.#decoder = new Decoder({
      key,
      cluster,
      onReject: (reject) => this.#reject(reject),
      onPassed: (shape, reason) => this.counters.pass(shape, reason),
    });
    this.#text = new EventText(key);
    this.#factsSubscriber = detectors.length;
    this.#dispatch = new Dispatch([...detectors.map(({ detector }) => detector.wants), ClusterFacts.wants]);
    this.#cluster = this.#clusterOf(cluster);
  }

  /** Puts back what checkpoints hold. Rows of detectors that are gone or changed their version are dropped. */
  restore(rows: Iterable<Row>): void {
    const parts = new Map<string, Persistent | undefined>(this.#shared());
    for (const { space, key, value } of rows) {
      if (value === null) continue;
      // A start reads a million rows of a few spaces: each space is looked up once.
      if (!parts.has(space)) {
        const name = decodeURIComponent(space.split('/')[1] ?? '');
        parts.set(space, new Map(this.#clusterOf(name).parts()).get(space));
      }
      const part = parts.get(space);
      if (part === undefined) this.#stale.push({ space, key, value: null });
      else part.restore(key, value);
    }
  }

  /** Takes a redacted object as the cluster holds it (see FactReader); false where there is nothing to learn from it. */
  importFacts(cluster: string, object: JsonRecord): boolean {
    return this.#clusterOf(cluster).facts.import(object);
  }

  open(record: RawRecord): void {
    this.counters.records += 1;
    this.counters.bytes += record.bytes.length;
    this.#record = record;
    this.#decoder.open(record);
  }

  /** Takes up to that many events of the open record; false once it is done. */
  step(events: number): boolean {
    for (let taken = 0; taken < events; taken += 1) {
      const cursor = this.#decoder;
      if (!cursor.next()) return false;
      if (cursor.cluster === this.#cluster.name || this.#turnTo(cursor.cluster)) this.#take();
    }
    return true;
  }

  /** Input can be taken at this time of the wall clock. */
  awake(now: Micros): void {
    for (const cluster of this.#clusters.values()) cluster.awake(now);
  }

  /** Takes an alert that a log file shows, beside the one of its id that is stored; handed out with the next changes where it is more. */
  adopt(found: Alert, stored: Alert | undefined): 'created' | 'updated' | 'known' {
    return this.#book.adopt(found, stored);
  }

  /** A second without input. What waits in a cluster that was silent for two of them goes on. */
  tick(): void {
    for (const cluster of this.#clusters.values()) {
      cluster.idle += 1;
      if (cluster.idle >= 2) this.#release(cluster, Number.POSITIVE_INFINITY);
    }
  }

  /** End of input: releases what waits, and invents no time. */
  flush(): void {
    for (const cluster of this.#clusters.values()) {
      cluster.clock.settle();
      this.#release(cluster, Number.POSITIVE_INFINITY);
    }
  }

  /** All changes since the last call. Whoever takes them must make them durable, or hand them on with the next. */
  changes(): EngineChanges {
    const rows = this.#stale;
    this.#stale = [];
    for (const cluster of this.#clusters.values()) {
      for (const memory of cluster.memories) memory.expire(cluster.clock.now);
      cluster.facts.habits.expire(cluster.clock.now);
      cluster.suspects.expire(cluster.clock.now);
      for (const [space, part] of cluster.parts()) part.collect((key, value) => rows.push({ space, key, value }));
    }
    this.#book.expire((name) => this.#clusters.get(name)?.clock.now ?? Number.NEGATIVE_INFINITY);
    for (const [space, part] of this.#shared()) part.collect((key, value) => rows.push({ space, key, value }));
    const rejects = this.#rejects;
    this.#rejects = [];
    return { rows, alerts: this.#book.takeChanged(), rejects };
  }

  /** The state of each cluster, for metrics. */
  get clusters(): ReadonlyMap<string, Cluster> {
    return this.#clusters;
  }

  /** What no cluster has for itself. */
  #shared(): readonly (readonly [space: string, part: Persistent])[] {
    return [['open', this.#book], [HITS_SPACE, this.exceptions]]; // prettier-ignore
  }

  #take(): void {
    const { counters } = this;
    const cursor = this.#decoder;
    const cluster = this.#cluster;
    counters.events += 1;
    if (cursor.isOdd) counters.odd(cursor);
    cluster.idle = 0;
    const print = cursor.fingerprint();
    const part = this.#options.partOf?.(cluster.name, print, cursor.time) ?? 'judged';
    if (part === 'passed') return;
    cluster.receive(this.#record);
    const verdict = cluster.verdict(print, cursor.time);
    if (verdict === 'duplicate') {
      counters.duplicates += 1;
      return;
    }
    const { clock } = cluster;
    const before = clock.now;
    const believed = clock.observe(cursor.time, this.#record.received);
    const subscribers = this.#dispatch.match(cursor, verdict === 'reused', this.#subscribers, this.#admits);
    if (!believed) counters.unbelieved += 1;
    else if (cursor.code > 0 && cursor.code < 400 && cursor.time <= clock.now) this.#learnHabits(cluster);
    if (cursor.code === 403 || cursor.code === 401)
      cluster.suspects.note(cursor.code, cursor.asker, cursor.time, clock.now);
    if (subscribers > 0) {
      counters.wanted += 1;
      const event = cursor.event(verdict === 'reused');
      if (part === 'context') this.#context.add(event);
      const wanted = this.#subscribers.slice(0, subscribers);
      if (clock.now === Number.NEGATIVE_INFINITY || (believed && event.time >= clock.now - SLACK))
        cluster.order.insert(event, wanted, cursor.bytes);
      else {
        if (believed) counters.late += 1;
        if (event.time < clock.now - LATE) counters.tooLate += 1;
        this.#judge(cluster, { event, subscribers: wanted });
      }
    }
    if (clock.now !== before) this.#release(cluster, clock.now - SLACK, before === Number.NEGATIVE_INFINITY);
    if (cluster.order.overfull) this.#hurry(cluster);
  }

  /** What everybody does is learnt as it comes: an hour is long enough that no order of arrival shows. */
  #learnHabits(cluster: Cluster): void {
    const cursor = this.#decoder;
    const { habits } = cluster.facts;
    const hour = hourOf(cursor.time);
    const strange = this.#familiar.strange(cursor.marks(), cluster.number, hour, habits.isPressed);
    if (strange > 0) habits.learn(cursor.event(false), strange);
    else if (strange < 0) habits.turnAway();
  }

  #release(cluster: Cluster, before: Micros, first = false): void {
    for (let due = cluster.order.next(before); due !== undefined; due = cluster.order.next(before))
      this.#judge(cluster, due);
    // The first believed time may lie behind events that waited for it: these are judged at their own time.
    if (first) for (const due of cluster.order.takeAfter(cluster.clock.now + HOUR)) this.#judge(cluster, due);
  }

  #hurry(cluster: Cluster): void {
    while (cluster.order.overfull) {
      const due = cluster.order.next(Number.POSITIVE_INFINITY);
      if (due === undefined) return;
      this.counters.hurried += 1;
      this.#judge(cluster, due);
    }
  }

  #judge(cluster: Cluster, { event, subscribers }: Due): void {
    for (const index of subscribers ?? this.#wantedBy(cluster, event)) {
      if (index === this.#factsSubscriber) cluster.facts.learn(event);
      else this.#ask(this.#options.detectors[index]!, cluster, index, event);
    }
  }

  #wantedBy(cluster: Cluster, event: AuditEvent): readonly number[] {
    const subscribers: number[] = [];
    const { resource, verb, code, final, object, reusedAuditId } = event;
    const admits: Admits = (by) => cluster.suspects.admits(by, event, event.time, cluster.clock.now);
    const asked = { resource, verb, code, final, apiGroup: object?.apiGroup ?? '' };
    this.#dispatch.match(asked, reusedAuditId, subscribers, admits);
    return subscribers;
  }

  #ask({ detector, params, quiet }: Enabled, cluster: Cluster, index: number, event: AuditEvent): void {
    try {
      for (const finding of detector.on(event, cluster.memoryFor(index, event), cluster.facts, params as never)) {
        this.counters.findings += 1;
        const muted = this.exceptions.mute(detector.id, event);
        if (muted !== undefined) this.counters.muted += 1;
        const id = this.#book.raise(detector, quiet, event, cluster.facts, finding, muted);
        if (id !== undefined && !this.#context.has(event)) this.#options.onRaised?.(id);
      }
    } catch (thrown) {
      this.counters.tally(this.counters.detectorErrors, detector.id);
      const message = `detector ${detector.id} failed on an event of ${event.resource || 'a non-resource request'}: ${messageOf(thrown)}`;
      this.#options.onError(new AppError('detector', message, { cause: thrown }), event);
    }
  }

  #reject(reject: Reject): void {
    this.counters.rejected += 1;
    this.counters.tally(this.counters.rejectedBy, `${reject.shape}: ${reject.reason}`);
    if (this.#rejects.length < REJECTS) this.#rejects.push(reject);
  }

  /** Turns to another cluster; false where that is one too many, and its event is set aside. */
  #turnTo(name: string): boolean {
    if (this.#clusters.has(name) || this.#clusters.size < CLUSTERS) {
      this.#cluster = this.#clusterOf(name);
      return true;
    }
    const { origin, received } = this.#record;
    const { source, position } = origin;
    const reason = `more than ${CLUSTERS} clusters`;
    const at = received === undefined ? {} : { received };
    const { bytes } = this.#decoder;
    this.#reject({ source, position, cluster: name, ...at, reason, shape: 'any', bytes, sample: '' });
    return false;
  }

  #clusterOf(name: string): Cluster {
    const known = this.#clusters.get(name);
    if (known !== undefined) return known;
    const { detectors, budgets, seed, onBlind } = this.#options;
    const cluster = new Cluster(name, this.#clusters.size, detectors, budgets, this.#text, seed, onBlind);
    this.#clusters.set(name, cluster);
    return cluster;
  }
}
