import type { AuditEvent, Evidence } from '../model/index.ts';
import { hash53 } from './text-hash.ts';

/** The small, redacted form in which an event is kept as evidence. */
export const evidenceOf = (event: AuditEvent): Evidence => ({
  time: event.time,
  auditId: event.auditId,
  stage: event.stage,
  verb: event.verb,
  uri: event.uri.length > 512 ? `${event.uri.slice(0, 511)}…` : event.uri,
  code: event.code,
});

/** How many requests an open alert tells apart when further stages of them arrive. */
const REQUESTS = 128;
/** Times kept of one request: of a client that repeats its Audit-ID. */
const TIMES = 8;

interface CountedRequest {
  readonly stage: string;
  readonly times: number[];
}

/** A request that an alert counted, as it is saved. */
export type SavedRequest = readonly [request: number, stage: string, times: readonly number[]];

/**
 * The requests that an alert counted lately. Tells whether a piece of evidence is one more request, or one that was counted
 * already: the same event again, or another stage of it. An Audit-ID alone decides nothing, since the client chooses it.
 */
export class CountedRequests {
  readonly #requests: Map<number, CountedRequest>;

  constructor(saved: readonly SavedRequest[] = []) {
    this.#requests = new Map(saved.map(([request, stage, times]) => [request, { stage, times: [...times] }]));
  }

  /** Counts the evidence; false where it was counted before. */
  add(evidence: Evidence): boolean {
    const request = requestHash(evidence);
    const known = this.#requests.get(request);
    if (known === undefined) {
      this.#requests.set(request, { stage: evidence.stage, times: [evidence.time] });
      if (this.#requests.size > REQUESTS) this.#requests.delete(this.#requests.keys().next().value!);
      return true;
    }
    if (known.stage !== evidence.stage && known.stage !== '' && evidence.stage !== '') return false;
    if (known.times.includes(evidence.time)) return false;
    known.times.push(evidence.time);
    if (known.times.length > TIMES) known.times.shift();
    return true;
  }

  toJSON(): readonly SavedRequest[] {
    return [...this.#requests].map(([request, { stage, times }]) => [request, stage, times]);
  }
}

const requestHash = ({ auditId, verb, uri }: Evidence): number => hash53(`${auditId}\n${verb}\n${uri}`);
