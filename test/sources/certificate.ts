import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, as PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

interface Issuer extends Certified {
  readonly name: string;
  readonly privateKey: KeyObject;
}

function der(tag: number, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const size = body.length.toString(16).padStart(body.length > 255 ? 4 : 2, '0');
  const length = body.length < 128 ? Buffer.from([body.length]) : Buffer.from([0x80 | (size.length / 2), ...hex(size)]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const oid = (text: string): Buffer => der(0x06, hex(text));
const TRUE = der(0x01, hex('ff'));
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const named = (name: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, name))));

function certify(name: string, issuer: Issuer | undefined, extensions: Buffer): Issuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, Buffer.concat([hex('01'), randomBytes(8)])),
    ECDSA_SHA256,
    named(issuer?.name ?? name),
    sequence(der(0x17, '200101000000Z'), der(0x18, '20990101000000Z')),
    named(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extensions)),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const bytes = sequence(body, ECDSA_SHA256, der(0x03, hex('00'), signature));
  const lines = bytes.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  const cert = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  return { cert, key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), name, privateKey };
}

/** A certificate authority for one test run. */
export const makeAuthority = (name: string): Issuer =>
  certify(name, undefined, sequence(oid('551d13'), TRUE, der(0x04, sequence(TRUE))));

/** A certificate by that authority, good for 127.0.0.1 and for a client alike. */
export const makeCertificate = (name: string, authority: Issuer): Certified =>
  certify(name, authority, sequence(oid('551d11'), der(0x04, sequence(der(0x87, hex('7f000001'))))));
