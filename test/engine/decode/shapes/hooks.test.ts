import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { aksRecord } from './aks.ts';
import { read } from './unwrapping.ts';

describe('what is cut or packed as a whole', () => {
  it.each([1, 2, 3, 100, 700])('saves the whole records of a message of a hub that is cut by %i bytes', (missing) => {
    const whole = JSON.stringify({ records: [aksRecord(), aksRecord(), aksRecord()] });
    const ids = (input: string): readonly string[] => read(input).events.map(({ auditId }) => auditId.slice(0, 4));
    const saved = missing < 3 ? ['1c0a', '1c0a', '1c0a'] : ['1c0a', '1c0a'];
    const cut = whole.slice(0, -missing);
    expect(ids(cut)).toEqual(saved);
    expect(ids(`${line({ auditID: 'before' })}\n${cut}\n${line({ auditID: 'after' })}`)).toEqual([
      'befo',
      ...saved,
      'afte',
    ]);
    expect(read(cut).rejects).toHaveLength(1);
  });

  it('inflates a record that is gzip as a whole, up to the allowance', () => {
    expect(read(gzipSync(`${line()}\n${line()}`)).events).toHaveLength(2);
    for (const bytes of [gzipSync(line()).subarray(0, 60), gzipSync(Buffer.alloc(100 * 1024 * 1024, 32))]) {
      const { events, rejects } = read(bytes);
      expect(events).toEqual([]);
      expect(rejects.length).toBeGreaterThan(0);
    }
  });
});
