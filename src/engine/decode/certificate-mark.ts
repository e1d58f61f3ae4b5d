import { createHash } from 'node:crypto';
import { REDACTED } from './secret-names.ts';

/** Longest certificate field that is read: base64 of a chain. */
const LONGEST = 65_536;
const MARK = /^\[certificate (X509SHA256=[0-9a-f]{64})\]$/;
const FIRST = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;

/**
 * What stays of an issued certificate (base64 of PEM, as a request for one holds it): the id that the API server gives to whoever
 * uses it (user.extra, authentication.kubernetes.io/credential-id): SHA-256 of its DER bytes. Idempotent.
 */
export function certificateMark(value: unknown): unknown {
  if (value === null || value === '') return value;
  if (typeof value !== 'string') return REDACTED;
  if (MARK.test(value)) return value;
  if (value.length > LONGEST) return REDACTED;
  const [, body] = FIRST.exec(Buffer.from(value, 'base64').toString('latin1')) ?? [];
  if (body === undefined) return REDACTED;
  const hash = createHash('sha256').update(Buffer.from(body, 'base64')).digest('hex');
  return `[certificate X509SHA256=${hash}]`;
}

/** The credential id in a mark, undefined where it is none. */
export const markedCredential = (value: string): string | undefined => MARK.exec(value)?.[1];
