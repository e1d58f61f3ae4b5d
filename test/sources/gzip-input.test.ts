import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ByteInput } from '../../src/sources/byte-input.ts';
import { GzipInput } from '../../src/sources/gzip-input.ts';

function inputOf(bytes: Buffer): ByteInput {
  let at = 0;
  return {
    read: async (target, start) => {
      const copied = bytes.copy(target, start, at);
      at += copied;
      return copied;
    },
    close: () => {},
  };
}

/** All it gives, in reads of this size, and the code it fails with. */
async function inflate(input: GzipInput, size = 100_000): Promise<{ text: string; code?: string }> {
  const parts: Buffer[] = [];
  try {
    for (;;) {
      const target = Buffer.alloc(size);
      const read = await input.read(target, 0);
      if (read === 0) break;
      parts.push(target.subarray(0, read));
    }
  } catch (error) {
    return { text: Buffer.concat(parts).toString(), code: (error as { code: string }).code };
  } finally {
    input.close();
  }
  return { text: Buffer.concat(parts).toString() };
}

/** Lines that do not compress well, so that a file of them is of some size. */
const noise = (lines: number): string =>
  Array.from({ length: lines }, (_, at) => `${at} ${createHash('sha512').update(String(at)).digest('hex')}\n`).join('');

describe('GzipInput', () => {
  it.each([1, 7, 100, 250])('gives all but a little of what stands before damage after %i KiB', async (kib) => {
    const text = noise(6_000);
    const whole = gzipSync(text, { level: 1 });
    expect(whole.length).toBeGreaterThan(300 * 1024);
    const at = kib * 1024;
    // A dozen bytes of ones: no code begins like that for long, or what it means is another text.
    const broken = Buffer.concat([whole.subarray(0, at), Buffer.alloc(12, 0xff), whole.subarray(at + 12)]);
    const good = text.slice(0, (await inflate(new GzipInput(inputOf(whole.subarray(0, at))))).text.length);
    const once = await inflate(new GzipInput(inputOf(broken)));
    const twice = await inflate(new GzipInput(inputOf(broken), false, inputOf(broken)));
    expect(once.code).toMatch(/^Z_/);
    expect(twice.code).toBe(once.code);
    expect(twice.text.slice(0, good.length - 100)).toBe(good.slice(0, -100));
    expect(twice.text.startsWith(once.text)).toBe(true);
  });

  it('is not read twice where it is only cut short', async () => {
    const whole = gzipSync(noise(500));
    const again: ByteInput = {
      read: () => Promise.reject(new Error('read again')),
      close: () => {},
    };
    const { text, code } = await inflate(new GzipInput(inputOf(whole.subarray(0, -100)), false, again));
    expect(code).toBe('Z_BUF_ERROR');
    expect(noise(500).startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(50_000);
  });

  it.each([
    ['a few', 10],
    ['many', 300_000],
  ])(
    'takes %s NUL bytes after the last member as its end, and anything behind them as damage',
    async (_case, count) => {
      const member = gzipSync('one\n');
      const padded = Buffer.concat([member, member, Buffer.alloc(count)]);
      expect(await inflate(new GzipInput(inputOf(padded)))).toEqual({ text: 'one\none\n' });
      expect(await inflate(new GzipInput(inputOf(Buffer.concat([padded, member]))))).toEqual({
        text: 'one\none\n',
        code: 'Z_DATA_ERROR',
      });
    },
  );
});
