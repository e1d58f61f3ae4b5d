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
const RECENT = 128;

/** A request that an alert counted: a hash of Audit-ID, verb and URI, the stage and the time it was counted for. */
export type Counted = readonly [request: number, stage: string, time: number];

/**
 * Tells whether a piece of evidence is one more request, or a request that the alert counted already: the same event again, or
 * another stage of it. An Audit-ID alone decides nothing, since the client chooses it.
 */
export function isCounted(counted: readonly Counted[], evidence: Evidence): boolean {
  const request = requestHash(evidence);
  return counted.some(
    ([hash, stage, time]) =>
      hash === request && (stage === evidence.stage ? time === evidence.time : stage !== '' && evidence.stage !== ''),
  );
}

/** Remembers a counted request, forgetting the oldest. */
export function remember(counted: Counted[], evidence: Evidence): void {
  counted.push([requestHash(evidence), evidence.stage, evidence.time]);
  if (counted.length > RECENT) counted.shift();
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
