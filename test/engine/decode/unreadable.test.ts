import { expect, it } from 'vitest';
import { freshDecoder, line } from './decoding.ts';

it.each(['lz4: corrupt', line(), ''])(
  'a record that its source could not read is rejected for that, whatever its bytes are (%#)',
  (text) => {
    const { decoder, rejects } = freshDecoder();
    const bytes = Buffer.from(text);
    const origin = { source: 'kafka', cluster: 'east', position: 'audit/3@40..42' };
    decoder.open({ bytes, origin, received: 77, unreadable: 'lz4: corrupt' });
    expect(decoder.next()).toBe(false);
    const kept = { source: 'kafka', cluster: 'east', position: 'audit/3@40..42+0', received: 77 };
    expect(rejects).toEqual([{ ...kept, reason: 'lz4: corrupt', shape: 'unknown', bytes: bytes.length, sample: '' }]);
    decoder.open({ bytes: Buffer.from(line()), origin });
    expect([decoder.next(), decoder.next(), rejects.length]).toEqual([true, false, 1]);
  },
);
