import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { certificateMark, markedCredential } from '../../../src/engine/decode/certificate-mark.ts';

const der = Buffer.from([48, 130, 1, 2, 3, 255]);
const pem = (bytes: Buffer) => `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;
const encoded = (text: string) => Buffer.from(text).toString('base64');
const id = `X509SHA256=${createHash('sha256').update(der).digest('hex')}`;

test('of a certificate its credential id stays, of a chain that of the first', () => {
  const mark = certificateMark(encoded(pem(der) + pem(Buffer.from('the authority'))));
  expect(mark).toBe(`[certificate ${id}]`);
  expect(certificateMark(mark)).toBe(mark);
  expect(markedCredential(String(mark))).toBe(id);
});

test.each([['text'], [encoded('no certificate')], ['A'.repeat(70_000)], [{ a: 1 }], [7]])(
  'anything else goes: %j',
  (value) => {
    expect(certificateMark(value)).toBe('[redacted]');
    expect(markedCredential('[redacted]')).toBeUndefined();
  },
);

test.each([[null], ['']])('nothing stays nothing: %j', (value) => {
  expect(certificateMark(value)).toBe(value);
});
