import { createHash } from 'node:crypto';
import {
  HOUR,
  compareSeverity,
  type Alert,
  type AuditEvent,
  type DetectorMeta,
  type Evidence,
  type Facts,
  type Finding,
  type Micros,
} from '../model/index.ts';
import { filledAlert } from './blind-alert.ts';
import { joinAlert, newAlert } from './alert-life.ts';
import { CountedRequests, evidenceOf, type SavedRequest } from './evidence.ts';
import type { Persistent, PutRow } from './persist.ts';

const KEY_LENGTH = 300;
const AUDIT_IDS = 1_000;

/** An alert that further findings may still join. */
interface Open {
  alert: Alert;
  readonly anchor: Micros;
  readonly ordinal: number;
  readonly quiet: Micros;
  readonly counted: CountedRequests;
  /** All Audit-IDs of the alert, in order; its own list stays empty until the alert is handed out. */
  readonly auditIds: Set<string>;
}

interface SavedOpen {
  readonly alert: Alert;
  readonly anchor: Micros;
  readonly ordinal: number;
  readonly quiet: Micros;
  readonly counted: readonly SavedRequest[];
}

/**
 * Gives findings identity and life. A finding joins the open alert of its detector, cluster and key while event time stays within
 * `quiet` of it, and opens a new one otherwise. What an exception mutes has alerts of its own, for each exception others. Bounded:
 * past `capacity` the alert that was touched longest ago is closed.
 */
export class AlertBook implements Persistent {
  readonly #open = new Map<string, Open>();
  readonly #changed = new Map<string, Open>();
  readonly #adopted = new Map<string, Alert>();
  readonly #rows = new Set<string>();
  readonly #capacity: number;
  #closedEarly = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many alerts had to be closed early for want of room. */
  get closedEarly(): number {
    return this.#closedEarly;
  }

  raise(
    detector: DetectorMeta,
    quiet: Micros,
    event: AuditEvent,
    facts: Facts,
    finding: Finding,
    exception?: string,
  ): string | undefined {
    const key = boundKey(finding.key);
    const name = JSON.stringify([event.cluster, detector.id, key, ...mark(exception)]);
    const known = this.#open.get(name);
    const present = evidenceOf(event);
    const open =
      known !== undefined && joins(known, event.time)
        ? known
        : begin(detector, quiet, key, event, facts, finding, known, present, exception);
    const fresh = [...(finding.evidence ?? []), present].filter((each) => open.counted.add(each));
    const isNew = open !== known;
    if (fresh.length === 0 && compareSeverity(finding.severity, open.alert.severity) <= 0 && !isNew) return undefined;
    open.alert = joinAlert(open.alert, event, facts, finding, fresh, isNew);
    for (const { auditId } of fresh) if (auditId !== '' && open.auditIds.size < AUDIT_IDS) open.auditIds.add(auditId);
    this.#open.delete(name);
    this.#open.set(name, open);
    this.#changed.set(open.alert.id, open);
    this.#rows.add(name);
    if (this.#open.size > this.#capacity) {
      const oldest = this.#open.keys().next().value!;
      this.#open.delete(oldest);
      this.#rows.add(oldest);
      this.#closedEarly += 1;
    }
    return open.alert.id;
  }

  /** Takes an alert that was raised elsewhere (see Engine.adopt). An open one of its id goes on from there. */
  adopt(found: Alert, stored: Alert | undefined): 'created' | 'updated' | 'known' {
    const { id, cluster, rule, key, muted } = found;
    const name = JSON.stringify([cluster, rule.id, key, ...mark(muted?.exception)]);
    const open = this.#open.get(name);
    const own = open?.alert.id === id ? handedOut(open) : undefined;
    const known = own ?? this.#adopted.get(id) ?? stored;
    const alert = known === undefined ? found : filledAlert(known, found);
    if (alert === undefined) return 'known';
    if (open === undefined || own === undefined) this.#adopted.set(id, alert);
    else {
      open.alert = alert;
      for (const each of alert.evidence.auditIds) if (open.auditIds.size < AUDIT_IDS) open.auditIds.add(each);
      this.#changed.set(id, open);
      this.#rows.add(name);
    }
    return known === undefined ? 'created' : 'updated';
  }

  /** Forgets alerts that nothing can join any more. Looks at a bounded number of the longest untouched each time. */
  expire(clockOf: (cluster: string) => Micros): void {
    let looked = 0;
    for (const [name, open] of this.#open) {
      looked += 1;
      if (looked > 64) break;
      if (clockOf(open.alert.cluster) <= open.alert.lastSeen + open.quiet + HOUR) continue;
      this.#open.delete(name);
      this.#rows.add(name);
    }
  }

  /** The alerts that changed since the last call, in their newest revision. */
  takeChanged(): readonly Alert[] {
    const alerts = [...this.#adopted.values(), ...[...this.#changed.values()].map(handedOut)];
    this.#adopted.clear();
    this.#changed.clear();
    return alerts;
  }

  restore(key: string, value: Uint8Array | string): void {
    const saved = JSON.parse(typeof value === 'string' ? value : new TextDecoder().decode(value)) as SavedOpen;
    const auditIds = new Set(saved.alert.evidence.auditIds);
    const { actions = [saved.alert.action] } = saved.alert as Partial<Alert>;
    this.#open.set(key, {
      ...saved,
      alert: { ...saved.alert, actions },
      counted: new CountedRequests(saved.counted),
      auditIds,
    });
  }

  collect(put: PutRow): void {
    for (const name of this.#rows) {
      const open = this.#open.get(name);
      put(name, open === undefined ? null : JSON.stringify(savedOf(open)));
    }
    this.#rows.clear();
  }
}

const handedOut = ({ alert, auditIds }: Open): Alert => ({
  ...alert,
  evidence: { ...alert.evidence, auditIds: [...auditIds] },
});

const savedOf = (open: Open): Omit<SavedOpen, 'counted'> & { readonly counted: CountedRequests } => ({
  alert: handedOut(open),
  anchor: open.anchor,
  ordinal: open.ordinal,
  quiet: open.quiet,
  counted: open.counted,
});

function joins(open: Open, time: Micros): boolean {
  return time <= open.alert.lastSeen + open.quiet && time >= open.alert.firstSeen - open.quiet;
}

function begin(
  detector: DetectorMeta,
  quiet: Micros,
  key: string,
  event: AuditEvent,
  facts: Facts,
  finding: Finding,
  before: Open | undefined,
  present: Evidence,
  exception: string | undefined,
): Open {
  const anchor = Math.min(present.time, ...(finding.evidence ?? []).map((each) => each.time));
  const ordinal = before?.anchor === anchor ? before.ordinal + 1 : 0;
  const identity = JSON.stringify([
    detector.id,
    detector.version,
    event.cluster,
    key,
    anchor,
    ordinal,
    ...mark(exception),
  ]);
  const id = createHash('sha256').update(identity).digest('hex');
  const alert = {
    ...newAlert(detector, key, id, anchor, event, facts, finding),
    ...(exception !== undefined && { muted: { exception } }),
  };
  return { alert, anchor, ordinal, quiet, counted: new CountedRequests(), auditIds: new Set() };
}

/** Nothing where nothing mutes it, so that ids are what they always were. */
const mark = (exception: string | undefined): readonly string[] => (exception === undefined ? [] : [exception]);

function boundKey(key: string): string {
  if (key.length <= KEY_LENGTH) return key;
  return `${key.slice(0, KEY_LENGTH - 33)}#${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}
