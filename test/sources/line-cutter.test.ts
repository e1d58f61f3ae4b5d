import { array, assert, asyncProperty, nat, oneof, record, constant, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteInput } from '../../src/sources/byte-input.ts';
import type { Piece } from '../../src/sources/line-cutter.ts';
import { LineCutter } from '../../src/sources/line-cutter.ts';

const MIB = 1024 * 1024;

/** Bytes that come in reads of these sizes, over and over. */
function inputOf(bytes: Buffer, sizes: readonly number[]): ByteInput {
  let at = 0;
  let turn = 0;
  return {
    read: async (target, start) => {
      const size = Math.min(sizes[turn++ % sizes.length]!, target.length - start);
      const copied = bytes.copy(target, start, at, at + size);
      at += copied;
      return copied;
    },
    close: () => {},
  };
}

async function cutAll(cutter: LineCutter): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (;;) {
    const piece = await cutter.next();
    if (piece !== undefined) pieces.push(piece);
    else if (!cutter.busy) break;
  }
  const rest = cutter.rest();
  return rest === undefined ? pieces : [...pieces, rest];
}

const linesOf = (pieces: readonly Piece[]): string[] =>
  pieces.flatMap(({ bytes }) => bytes.toString('latin1').split('\n')).filter((line) => line !== '');

describe('LineCutter', () => {
  const token = oneof(
    { weight: 6, arbitrary: record({ kind: constant('line' as const), size: oneof(nat(40), nat(700)) }) },
    record({ kind: constant('part' as const), size: nat(400) }),
    record({ kind: constant('hole' as const), size: integer({ min: 8, max: 400 }) }),
    record({ kind: constant('nul' as const), size: integer({ min: 1, max: 7 }) }),
  );

  it('gives the same lines whatever the reads: holes end them and long ones are cut', async () => {
    let [cut, passed] = [0, 0];
    const sizes = array(integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });
    await assert(
      asyncProperty(array(token, { maxLength: 30 }), sizes, nat(30), async (tokens, reads, pick) => {
        const text = tokens
          .map(({ kind, size }, at) => {
            if (kind === 'hole') return '\0'.repeat(size);
            if (kind === 'nul') return `a${'\0'.repeat(size)}b`;
            return `${String.fromCharCode(97 + (at % 26)).repeat(size)}${kind === 'line' ? '\n' : ''}`;
          })
          .join('');
        const bytes = Buffer.from(text, 'latin1');
        const limits = { chunk: 150, line: 300, value: 1_000 };
        const cutter = new LineCutter(inputOf(bytes, reads), limits);
        const pieces = await cutAll(cutter);
        const whole = text.split(/\0{8,}|\n/).filter((line) => line !== '');
        // oxlint-disable-next-line no-control-regex
        expect(linesOf(pieces)).toEqual(
          whole.map((line) => line.slice(0, 300 + (line.length > 300 ? 0 : line.length))),
        );
        expect(cutter.overlong).toBe(whole.filter((line) => line.length > 300).length);
        const holes = text.match(/\0{8,}/g) ?? [];
        expect(cutter.holes).toBe(holes.join('').length);
        for (const { bytes: given, start } of pieces) expect(bytes.indexOf(given, start)).toBe(start);
        // Where any piece ends, another cutter goes on.
        const from = pieces[pick]?.end ?? bytes.length;
        const after = pieces.slice(pick + 1);
        const rest = await cutAll(new LineCutter(inputOf(bytes.subarray(from), reads), limits, from));
        expect(linesOf(rest)).toEqual(linesOf(after));
        expect(rest.at(-1)?.end).toEqual(after.at(-1)?.end);
        cut += cutter.overlong;
        passed += holes.length;
      }),
      { numRuns: 500 },
    );
    expect(cut).toBeGreaterThan(100);
    expect(passed).toBeGreaterThan(100);
  });

  it.each<[string, number, boolean]>([
    ['just below', -1, false],
    ['at', 0, false],
    ['just above', 1, true],
    ['far above', 40 * MIB, true],
  ])('takes a line of 64 MiB %s the limit as it should, its neighbours whole', async (_case, more, tooLong) => {
    const limit = 64 * MIB;
    const long = Buffer.alloc(limit + more, 'x');
    const input = Buffer.concat([Buffer.from('{"a":1}\n'), long, Buffer.from('\n{"b":2}\n')]);
    for (const size of [700_001]) {
      const cutter = new LineCutter(inputOf(input, [size]), { chunk: MIB, line: limit, value: 256 * MIB });
      const sizes: number[] = [];
      const small: string[] = [];
      for (const { bytes } of await cutAll(cutter)) {
        if (bytes.length > 1_000) sizes.push(bytes.length);
        if (bytes.length < 1_000 || bytes.at(-2) === 0x7d) small.push(bytes.subarray(-8).toString());
      }
      expect(cutter.overlong).toBe(tooLong ? 1 : 0);
      expect(sizes).toHaveLength(1);
      expect(sizes[0]).toSatisfy((length: number) => (tooLong ? length === 64 * 1024 : length >= limit + more));
      expect(small).toEqual(['{"a":1}\n', '{"b":2}\n']);
    }
  });

  it('never holds a hole, however long', async () => {
    const hole = 2 * 1024 * MIB;
    let left = hole;
    let end = Buffer.from('{"b":2}\n');
    const input: ByteInput = {
      read: async (target, start) => {
        if (left > 0) {
          const size = Math.min(left, target.length - start);
          target.fill(0, start, start + size);
          left -= size;
          return size;
        }
        const copied = end.copy(target, start);
        end = end.subarray(copied);
        return copied;
      },
      close: () => {},
    };
    const before = process.memoryUsage().arrayBuffers;
    const cutter = new LineCutter(input, { chunk: MIB, line: 64 * MIB, value: 256 * MIB });
    let peak = 0;
    let turns = 0;
    const pieces: Piece[] = [];
    for (;;) {
      const piece = await cutter.next();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      if (piece !== undefined) pieces.push(piece);
      else if (!cutter.busy) break;
      else turns++;
    }
    expect(pieces.map(({ bytes, start }) => [bytes.toString(), start])).toEqual([['{"b":2}\n', hole]]);
    expect(cutter.holes).toBe(hole);
    expect(turns).toBeGreaterThan(100);
    expect(peak).toBeLessThan(16 * MIB);
  });
});
