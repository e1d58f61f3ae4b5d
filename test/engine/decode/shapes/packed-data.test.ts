import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inflation } from '../../../../src/engine/decode/inflation.ts';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { unpacked } from '../../../../src/engine/decode/shapes/packed-data.ts';

function of(value: unknown): Buffer | undefined {
  const bytes = Buffer.from(JSON.stringify(value));
  const inflation = new Inflation();
  inflation.reset();
  return unpacked(new JsonView(bytes, 0, bytes.length), inflation);
}

describe('unpacked', () => {
  it('gives back what was packed, with gzip or without, in either alphabet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const data = Buffer.from(bytes);
        fc.pre(data[0] !== 0x1f);
        expect(of(data.toString('base64'))).toEqual(data);
        expect(of(data.toString('base64url'))).toEqual(data);
        expect(of(gzipSync(data).toString('base64'))).toEqual(data);
      }),
    );
  });

  it.each(['', '?', '=', 'ab?d', 'H4sIAAAA', 7, null, {}])('gives nothing of %j', (value) =>
    expect(of(value)).toBeUndefined(),
  );
});
