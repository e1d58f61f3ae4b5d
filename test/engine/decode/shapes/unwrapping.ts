import { readFileSync } from 'node:fs';
import { Decoder } from '../../../../src/engine/decode/decoder.ts';
import type { AuditEvent, Origin, Reject } from '../../../../src/model/index.ts';
import { KEY } from '../decoding.ts';

/** What came out of input in one shape or another. */
export interface Read {
  readonly events: readonly AuditEvent[];
  /** For each event the wrappers that it came in and its own form. */
  readonly shapes: readonly (readonly string[])[];
  readonly rejects: readonly Reject[];
  /** "shape: reason" of all that is known to be no event. */
  readonly passed: readonly string[];
}

/** Reads input with a decoder of its own. */
export const read = (input: string | Buffer, origin: Partial<Origin> = {}, received?: number): Read =>
  reader()(input, origin, received);

/** Reads one input after the other with the same decoder: to read many. */
export function reader(): typeof read {
  let rejects: Reject[] = [];
  let passed: string[] = [];
  const decoder = new Decoder({
    key: KEY,
    cluster: 'home',
    onReject: (reject) => rejects.push(reject),
    onPassed: (shape, reason) => passed.push(`${shape}: ${reason}`),
  });
  return (input, origin = {}, received = undefined) => {
    rejects = [];
    passed = [];
    const bytes = Buffer.from(input);
    const at = received === undefined ? {} : { received };
    decoder.open({ bytes, origin: { source: 'test', position: 'here', ...origin }, ...at });
    const events: AuditEvent[] = [];
    const shapes: (readonly string[])[] = [];
    while (decoder.next()) {
      events.push(decoder.event(false));
      shapes.push(decoder.shapes);
    }
    return { events, shapes, rejects, passed };
  };
}

/** The sample of a shape, as it arrives. */
export const sampleOf = (name: string): Buffer =>
  readFileSync(new URL(`../../../../samples/shapes/${name}`, import.meta.url));

/** What an analyst asks of an event first; absent parts are empty or 0. */
export const essence = (event: AuditEvent): unknown => ({
  cluster: event.cluster,
  auditId: event.auditId,
  verb: event.verb,
  user: event.user.name,
  resource: event.resource,
  namespace: event.object?.namespace ?? '',
  name: event.object?.name ?? '',
  code: event.code,
  stage: event.stage,
  level: event.level,
});
