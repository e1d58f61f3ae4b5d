import { describe, expect, it } from 'vitest';
import { RawMemo } from '../../../src/engine/decode/raw-memo.ts';

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const find = (memo: RawMemo<string>, text: string, hash: number): number => {
  const bytes = Buffer.from(text);
  return memo.find(viewOf(bytes), 0, bytes.length, hash);
};
const offer = (memo: RawMemo<string>, text: string, hash: number): number =>
  memo.offer(Buffer.from(text), 0, text.length, hash);

describe('RawMemo', () => {
  it('admits a value on its second sight, and finds it where it starts', () => {
    const memo = new RawMemo<string>(8, 32);
    expect([find(memo, '"abcdefg"', 3), offer(memo, '"abcdefg"', 3)]).toEqual([-1, -1]);
    expect(offer(memo, '"abcdefg"', 3)).toBe(3);
    expect(find(memo, '"abcdefg","next"', 3)).toBe(3);
    expect(memo.lengthOf(3)).toBe(9);
    for (const other of ['"abcdefh"', '"abcdefg', '"abcdefg\\"x"', '"', '']) expect(find(memo, other, 3)).toBe(-1);
  });

  it('keeps a value in steady use against others, and gives up one that is not', () => {
    const memo = new RawMemo<string>(8, 32);
    offer(memo, '"steady"', 1);
    offer(memo, '"steady"', 1);
    memo.made[1] = 'steady';
    for (let round = 0; round < 50; round += 1) {
      expect(find(memo, '"steady"', 1)).toBe(1);
      find(memo, `"anew-${round}"`, 1);
      offer(memo, `"anew-${round}"`, 1);
    }
    for (let round = 0; round < 20; round += 1) {
      find(memo, '"much later"', 1);
      offer(memo, '"much later"', 1);
    }
    expect(find(memo, '"much later"', 1)).toBe(1);
    expect(memo.made[1]).toBeUndefined();
    expect(find(memo, '"steady"', 1)).toBe(-1);
  });

  it('never takes what is wider than a slot', () => {
    const memo = new RawMemo<string>(8, 8);
    for (let round = 0; round < 3; round += 1) expect(offer(memo, '"123456789"', 0)).toBe(-1);
  });
});
