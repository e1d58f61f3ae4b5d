import type { AuditEvent, Evidence } from '../model/index.ts';

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

function requestHash({ auditId, verb, uri }: Evidence): number {
  const text = `${auditId}\n${verb}\n${uri}`;
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x85ebca77);
    low = Math.imul(low ^ code, 0xc2b2ae3d);
  }
  high = Math.imul(high ^ (high >>> 16), 0x21f0aaad) ^ Math.imul(low ^ (low >>> 15), 0x735a2d97);
  return (high >>> 0) * 0x200000 + ((low >>> 11) & 0x1fffff);
}
