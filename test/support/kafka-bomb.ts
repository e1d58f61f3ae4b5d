import { zigzag } from './kafka-batch.ts';

const BLOCK = 128 * 1024;

/** The head of a zstd frame: `descriptor` and what belongs to it. */
export const zstdFrame = (...descriptor: readonly number[]): Buffer =>
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...descriptor]);

/** A zstd block of a kind: 0 bytes as they are, 1 one byte `length` times, 2 compressed. */
export function zstdBlock(kind: 0 | 1 | 2, bytes: Uint8Array, isLast = false, length = bytes.length): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((length << 3) | (kind << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([head, bytes]);
}

/** The compressed records of a batch: one record of so many MiB of spaces, in a few bytes each. */
export function zstdBomb(mebibytes: number): Buffer {
  const value = mebibytes * 1024 * 1024;
  const body = [0, 0, 0, ...zigzag(-1), ...zigzag(value)];
  const head = Buffer.from([...zigzag(body.length + value + 1), ...body]);
  const runs = Array.from({ length: value / BLOCK }, () => zstdBlock(1, Buffer.of(32), false, BLOCK));
  return Buffer.concat([zstdFrame(0, 0x58), zstdBlock(0, head), ...runs, zstdBlock(0, Buffer.of(0), true)]);
}
