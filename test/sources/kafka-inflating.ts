import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Inflated, SLACK, Unreadable, type Flaw } from '../../src/sources/kafka-inflated.ts';

export type Decompressor = (bytes: Buffer, output: Inflated) => Generator<void, void>;

/** What a real encoder wrote: `events.…` are 70 audit events (several blocks), `few.…` three. */
export const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/kafka/${name}`, import.meta.url));
export const EVENTS = gunzipSync(fixture('events.gzip'));
export const FEW = gunzipSync(fixture('few.gzip'));

const LIMIT = 1024 * 1024;

/**
 * All that the bytes become, or the flaw. Throws where a decompressor ends in any other way, or takes more memory than the limit
 * allows.
 */
export function inflate(decompress: Decompressor, bytes: Buffer, limit = LIMIT): Buffer | Flaw {
  const output = new Inflated(limit, bytes.length);
  const result = run(decompress, bytes, output);
  if (output.bytes.length > limit + SLACK) throw new Error(`${output.bytes.length} bytes for a limit of ${limit}`);
  if (output.length > limit) throw new Error(`${output.length} bytes beyond a limit of ${limit}`);
  return result;
}

function run(decompress: Decompressor, bytes: Buffer, output: Inflated): Buffer | Flaw {
  try {
    for (const _ of decompress(bytes, output)) continue;
    return output.finish();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return error.flaw;
  }
}

/** Whether they are the same bytes; a matcher looks at a million of them one by one. */
export const isSame = (read: Buffer | Flaw, wanted: Buffer): boolean => typeof read !== 'string' && read.equals(wanted);

/** Every proper beginning of the bytes. */
export const beginnings = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, length) => bytes.subarray(0, length));

/** The bytes with each of their bits turned, one at a time. */
export function* turned(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const copy = Buffer.from(bytes);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    yield copy;
  }
}
