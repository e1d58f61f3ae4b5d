import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { redactObject } from '../../../src/engine/decode/redact-object.ts';
import { IssuedFacts } from '../../../src/engine/facts/issued.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const JTI = 'JTI=8a5eaf02-c6fc-445e-8163-447ea7bca04c';
const groups = ['system:authenticated'];

const asked: RawEvent = {
  verb: 'create',
  user: { username: 'mallory', groups },
  sourceIPs: ['127.66.0.15'],
  objectRef: { resource: 'serviceaccounts', subresource: 'token', namespace: 'kube-system', name: 'admin' },
  annotations: { 'authentication.kubernetes.io/issued-credential-id': JTI },
};
const used: RawEvent = {
  user: {
    username: 'system:serviceaccount:kube-system:admin',
    groups,
    extra: { 'authentication.kubernetes.io/credential-id': [JTI] },
  },
};
const secret: RawEvent = {
  verb: 'create',
  user: { username: 'mallory', groups },
  objectRef: { resource: 'secrets', namespace: 'web', name: 'frontend-token' },
  requestObject: {
    metadata: { name: 'frontend-token', annotations: { 'kubernetes.io/service-account.name': 'frontend' } },
    type: 'kubernetes.io/service-account-token',
  },
};
const usedSecret: RawEvent = {
  user: { username: 'system:serviceaccount:web:frontend', groups },
  annotations: {
    'authentication.k8s.io/legacy-token': 'system:serviceaccount:web:frontend',
    'authentication.k8s.io/legacy-token-manual-secret': 'frontend-token',
  },
};

const DER = Buffer.from('not a real certificate, but the same bytes on both sides');
const PEM = `-----BEGIN CERTIFICATE-----\n${DER.toString('base64')}\n-----END CERTIFICATE-----\n`;
const requested: RawEvent = {
  verb: 'create',
  user: { username: 'mallory', groups },
  sourceIPs: ['127.66.0.15'],
  objectRef: { resource: 'certificatesigningrequests', apiGroup: 'certificates.k8s.io', name: 'for-root' },
  requestObject: { metadata: { name: 'for-root' }, spec: { request: 'x' } },
};
const signed: RawEvent = {
  verb: 'update',
  user: { username: 'system:serviceaccount:kube-system:certificate-controller', groups },
  objectRef: {
    resource: 'certificatesigningrequests',
    subresource: 'status',
    apiGroup: 'certificates.k8s.io',
    name: 'for-root',
  },
  // As the decoder leaves it.
  responseObject: redactObject(
    { kind: 'CertificateSigningRequest', status: { certificate: Buffer.from(PEM).toString('base64') } },
    undefined,
  ),
};
const usedCertificate: RawEvent = {
  user: {
    username: 'root',
    groups,
    extra: {
      'authentication.kubernetes.io/credential-id': [`X509SHA256=${createHash('sha256').update(DER).digest('hex')}`],
    },
  },
};

const learnt = (...events: readonly RawEvent[]): IssuedFacts => {
  const facts = new IssuedFacts(1 << 20);
  for (const event of events) facts.learn(auditEvent(event, { time: 1_000_000 }));
  return facts;
};

describe('issued credentials', () => {
  test('a token leads back to who asked for it', () => {
    expect(learnt(asked).of(auditEvent(used))).toEqual({
      by: 'mallory',
      label: 'User mallory',
      forUser: 'system:serviceaccount:kube-system:admin',
      at: 1_000_000,
      peer: '127.66.0.15',
    });
  });

  test('so does one that a secret was made for', () => {
    expect(learnt(secret).of(auditEvent(usedSecret))).toMatchObject({
      by: 'mallory',
      forUser: 'system:serviceaccount:web:frontend',
    });
  });

  test('a certificate leads back to who requested it, whoever signed it', () => {
    expect(learnt(requested, signed).of(auditEvent(usedCertificate))).toEqual({
      by: 'mallory',
      label: 'User mallory',
      forUser: 'root',
      at: 1_000_000,
      peer: '127.66.0.15',
    });
    expect(learnt(signed).of(auditEvent(usedCertificate))).toBeUndefined();
    expect(learnt(requested).of(auditEvent(usedCertificate))).toBeUndefined();
  });

  test.each<[string, RawEvent, RawEvent]>([
    ['another token', { ...asked, annotations: {} }, used],
    [
      'a kubelet that asks for a pod',
      { ...asked, user: { username: 'system:node:n1', groups: ['system:nodes'] } },
      used,
    ],
    ['an ordinary secret', { ...secret, requestObject: { type: 'Opaque' } }, usedSecret],
    ['a secret whose body is not logged', { ...secret, requestObject: undefined }, usedSecret],
    ['a user without a credential', asked, { user: { username: 'alice', groups } }],
    [
      'ids that no table can hold',
      { ...asked, annotations: { 'authentication.kubernetes.io/issued-credential-id': 'a/b' } },
      used,
    ],
  ])('nothing is known of %s', (_, event, use) => {
    expect(learnt(event).of(auditEvent(use))).toBeUndefined();
  });

  test('rows put back know the same', () => {
    const facts = learnt(asked, secret);
    const again = new IssuedFacts(1 << 20);
    facts.collect((key, value) => again.restore(key.slice(key.indexOf('/') + 1), String(value)));
    for (const use of [used, usedSecret]) expect(again.of(auditEvent(use))).toEqual(facts.of(auditEvent(use)));
    expect(again.of(auditEvent(used))).toBeDefined();
  });
});
