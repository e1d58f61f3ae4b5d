import type { Reject } from '../model/index.ts';

/** How many rejects are kept, the newest. With the cuts below they stay under 8 MB. */
export const KEPT_REJECTS = 1_000;
const SAMPLE = 4_096;
const FIELD = 512;

/** The reject with every text cut, so that the kept ones are bounded in bytes. */
export const capped = (reject: Reject): Reject => ({
  ...reject,
  source: reject.source.slice(0, FIELD),
  ...(reject.cluster !== undefined && { cluster: reject.cluster.slice(0, FIELD) }),
  position: reject.position.slice(0, FIELD),
  reason: reject.reason.slice(0, FIELD),
  shape: reject.shape.slice(0, FIELD),
  sample: reject.sample.slice(0, SAMPLE),
});
