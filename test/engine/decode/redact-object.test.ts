import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactObject as redactInPlace } from '../../../src/engine/decode/redact-object.ts';
import type { ObjectRef } from '../../../src/model/index.ts';

const SECRET = 'Xq7canaryZ9wv';
const ref = (resource: string, subresource = ''): ObjectRef => ({
  resource,
  subresource,
  namespace: 'dev',
  name: 'x',
  apiGroup: '',
  apiVersion: 'v1',
});
/** Of a copy, so that what a test shows does not change under it. */
const redactObject = (body: unknown, object: ObjectRef | undefined): unknown =>
  redactInPlace(JSON.parse(JSON.stringify(body)), object);
const SECRET_OBJECT = { kind: 'Secret', metadata: { name: 'db' }, data: { a: SECRET }, stringData: { b: SECRET } };

describe('redactObject', () => {
  it.each<[string, unknown, ObjectRef | undefined]>([
    ['a Secret', SECRET_OBJECT, undefined],
    ['a ConfigMap', { kind: 'ConfigMap', data: { a: SECRET }, binaryData: { b: SECRET } }, undefined],
    ['a list of them', { kind: 'SecretList', items: [{ data: { a: SECRET } }] }, ref('secrets')],
    ['a mixed List', { kind: 'List', items: [{ kind: 'Pod' }, SECRET_OBJECT] }, ref('pods')],
    ['a Table', { kind: 'Table', rows: [{ object: { data: { a: SECRET } } }] }, ref('secrets')],
    ['a merge patch', { data: { a: SECRET, gone: null } }, ref('secrets')],
    ['data that is no object', { data: SECRET }, ref('configmaps')],
    [
      'a JSON patch',
      [
        { op: 'replace', path: '/data/x', value: SECRET },
        { op: 'add', path: '/stringData', value: { y: SECRET } },
      ],
      ref('secrets'),
    ],
    ['a JSON patch of the whole', [{ op: 'replace', path: '', value: { data: { x: SECRET } } }], ref('secrets')],
    ['a TokenRequest', { kind: 'TokenRequest', status: { token: SECRET } }, undefined],
    ['a TokenRequest by its reference', { status: { token: SECRET } }, ref('serviceaccounts', 'token')],
    ['a TokenReview', { kind: 'TokenReview', spec: { token: SECRET } }, ref('tokenreviews')],
    [
      'a CSR',
      { kind: 'CertificateSigningRequest', spec: { request: SECRET }, status: { certificate: SECRET } },
      undefined,
    ],
    [
      'last-applied',
      { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"x":"${SECRET}"}` } } },
      undefined,
    ],
    [
      'last-applied in a patch',
      [{ op: 'add', path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration', value: SECRET }],
      undefined,
    ],
    ['env', { spec: { containers: [{ env: [{ name: 'A', value: SECRET }] }] } }, ref('pods')],
    [
      'env in a patch',
      [{ op: 'add', path: '/spec/containers/0/env/-', value: { name: 'A', value: SECRET } }],
      ref('pods'),
    ],
    [
      'env list in a patch',
      [{ op: 'add', path: '/spec/containers/0/env', value: [{ name: 'A', value: SECRET }] }],
      ref('pods'),
    ],
    [
      'an env value in a patch',
      [{ op: 'replace', path: '/spec/containers/0/env/0/value', value: SECRET }],
      ref('pods'),
    ],
    [
      'a command',
      {
        spec: {
          containers: [{ command: ['mysql', '--password', SECRET], args: [`-p${SECRET}`, `--token=${SECRET}`] }],
        },
      },
      ref('pods'),
    ],
    ['a probe header', { httpGet: { httpHeaders: [{ name: 'X', value: SECRET }] } }, ref('pods')],
    ['a field named so', { spec: { auth: { password: SECRET, apiKey: SECRET } } }, ref('widgets')],
    [
      'JSON within JSON in text',
      { a: JSON.stringify({ b: JSON.stringify({ env: [{ name: 'A', value: SECRET }] }) }) },
      ref('widgets'),
    ],
    ['env as a map', { env: { A: SECRET } }, ref('widgets')],
    ['env as texts', { environment: [`A=${SECRET}`] }, ref('widgets')],
    ['a parameter named so', { params: [{ name: 'DB_PASSWORD', value: SECRET }] }, ref('widgets')],
    ['several under one name', { tokens: [SECRET] }, ref('widgets')],
    ['a directive for arguments', { '$setElementOrder/args': ['--password', SECRET] }, ref('pods')],
    [
      'a copy that another program applied',
      { metadata: { annotations: { 'kapp.k14s.io/original': SECRET } } },
      undefined,
    ],
    ['a body that is no object', `data:\n  a: ${SECRET}`, ref('secrets')],
    ['a cause', { causes: [{ field: 'data[a]', message: `Invalid value: "${SECRET}": no` }] }, undefined],
    ['a sealed secret', { kind: 'SealedSecret', spec: { encryptedData: { a: SECRET } } }, undefined],
    ['text', { message: `failed with token=${SECRET}` }, undefined],
  ])('hides %s', (_, body, object) => {
    const clean = redactObject(body, object);
    // The two arguments with nothing before them to tell a password are not ours to know.
    const told = JSON.stringify(clean).replace(`"-p${SECRET}"`, '');
    expect(told).not.toContain(SECRET);
    expect(JSON.stringify(redactObject(clean, object))).toBe(JSON.stringify(clean));
  });

  it('leaves what detectors read', () => {
    const pod = {
      kind: 'Pod',
      metadata: { name: 'x', annotations: { a: 'b' } },
      spec: {
        serviceAccountName: 's',
        automountServiceAccountToken: true,
        hostPID: true,
        volumes: [{ name: 'v', secret: { secretName: 'db' } }],
        containers: [
          {
            name: 'c',
            image: 'i',
            command: ['sh', '-c', 'sleep 1'],
            securityContext: { privileged: true },
            env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'n', key: 'k' } } }],
          },
        ],
      },
    };
    expect(JSON.stringify(redactObject(pod, ref('pods')))).toBe(JSON.stringify(pod));
    const role = {
      kind: 'ClusterRole',
      rules: [{ verbs: ['*'], apiGroups: [''], resources: ['secrets', 'serviceaccounts/token'] }],
    };
    expect(JSON.stringify(redactObject(role, ref('clusterroles')))).toBe(JSON.stringify(role));
  });

  it('hides a number that is a password', () => {
    expect(JSON.stringify(redactObject({ password: 12345678, limit: 5 }, undefined))).toBe(
      '{"password":"[redacted]","limit":5}',
    );
  });

  it('keeps the names in a Secret', () => {
    expect(JSON.stringify(redactObject({ ...SECRET_OBJECT, data: { a: SECRET, gone: null } }, undefined))).toBe(
      '{"kind":"Secret","metadata":{"name":"db"},"data":{"a":"[redacted]","gone":null},"stringData":{"b":"[redacted]"}}',
    );
  });

  it('is idempotent on any JSON', () => {
    const key = fc.constantFrom(
      'kind',
      'data',
      'env',
      'value',
      'op',
      'path',
      'token',
      'command',
      'items',
      'spec',
      'x',
      '__proto__',
      'name',
    );
    const leaf = fc.constantFrom<unknown>(
      'Secret',
      'ConfigMap',
      'TokenReview',
      '/data/x',
      'add',
      '--password',
      'x',
      'token=a',
      null,
      1,
      true,
      '',
    );
    const body = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    let changed = 0;
    fc.assert(
      fc.property(
        body,
        fc.constantFrom('secrets', 'pods', 'tokenreviews', 'certificatesigningrequests'),
        (value, resource) => {
          const once = JSON.stringify(redactObject(value, ref(resource)));
          if (once !== JSON.stringify(value)) changed += 1;
          expect(JSON.stringify(redactObject(JSON.parse(once), ref(resource)))).toBe(once);
        },
      ),
      { numRuns: 1_000 },
    );
    expect(changed).toBeGreaterThan(50);
  });
});
