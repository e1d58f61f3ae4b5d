import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRedacted, redactArgs, redactText, redactUri } from '../../../src/engine/decode/redact.ts';

const runs = Number(process.env['LAPWING_RUNS'] ?? 300);
const SECRET = 'Xq7canaryZ9wv';
const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl-_';

describe('redactText', () => {
  it.each([
    [`password=${SECRET}`, 'password=[redacted]'],
    [`DB_PASSWORD=${SECRET} ./run`, 'DB_PASSWORD=[redacted] ./run'],
    [`PGPASSWORD='${SECRET} with more' psql`, "PGPASSWORD='[redacted]' psql"],
    [`{"password":"${SECRET}","user":"bob"}`, '{"password":"[redacted]","user":"bob"}'],
    [`{\\"token\\":\\"${SECRET}\\"}`, '{\\"token\\":"[redacted]"}'],
    [`password: ${SECRET}`, 'password: [redacted]'],
    [`curl -H "Authorization: Bearer ${SECRET}" x`, 'curl -H "Authorization: [redacted]" x'],
    [`Authorization: Basic ${SECRET}==`, 'Authorization: [redacted]'],
    [`sent bearer ${SECRET} away`, 'sent bearer [redacted] away'],
    [`curl -u bob:${SECRET} https://x`, 'curl -u bob:[redacted] https://x'],
    [`git clone https://bob:${SECRET}@host/x`, 'git clone https://bob:[redacted]@host/x'],
    [`mysql -u root -p${SECRET} db`, 'mysql -u root -p[redacted] db'],
    [`mysql --password ${SECRET} db`, 'mysql --password [redacted] db'],
    [`sshpass -p ${SECRET} ssh x`, 'sshpass -p [redacted] ssh x'],
    [`redis-cli -a ${SECRET} keys`, 'redis-cli -a [redacted] keys'],
    [`vault --client-secret="${SECRET} a" x`, 'vault --client-secret="[redacted]" x'],
    [`tool --api-key ${SECRET}`, 'tool --api-key [redacted]'],
    ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
    [`aws_secret_access_key = ${SECRET}`, 'aws_secret_access_key = [redacted]'],
    [`x ${JWT} y`, 'x [redacted] y'],
    [`ghp_${'a1B2'.repeat(9)}`, '[redacted]'],
    [
      `a -----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC\n${SECRET}\n-----END RSA PRIVATE KEY----- b`,
      'a [redacted] b',
    ],
    [`a -----BEGIN PRIVATE KEY-----\n${SECRET}`, 'a [redacted]'],
    [
      `Get "https://n:10250/e?command=mysql&command=-p${SECRET}": EOF`,
      'Get "https://n:10250/e?command=mysql&command=-p[redacted]": EOF',
    ],
    ['https://x/?sig=abc%2Fdef', 'https://x/?sig=[redacted]'],
  ])('%s', (text, wanted) => {
    expect(redactText(text)).toBe(wanted);
    expect(redactText(wanted)).toBe(wanted);
  });

  it.each([
    'secrets "db" is forbidden: User "bob" cannot get resource "secrets" in API group "" in the namespace "dev"',
    'RBAC: allowed by ClusterRoleBinding "system:controller:token-cleaner" of ClusterRole "x" to User "y"',
    'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    'sh -c cat /var/run/secrets/kubernetes.io/serviceaccount/token',
    'the server could not find the requested resource',
    'ls -p /tmp',
    '',
  ])('leaves %s', (text) => expect(redactText(text)).toBe(text));

  const piece = fc.oneof(
    fc.constantFrom(
      'password',
      'token',
      'secret',
      '=',
      ':',
      ' ',
      '"',
      "'",
      '--',
      '-p',
      'mysql ',
      'curl -u ',
      'redis',
      'Authorization',
      'Bearer ',
      'eyJ',
      'abcdefgh12',
      '://',
      '@',
      'a:b',
      '[redacted]',
      '[reda',
      ',',
      '&',
      '\\',
      '-----BEGIN PRIVATE KEY-----',
      '-----END',
      '-----',
      'sk-',
      '\n',
      'docker -p',
      '/',
      '}',
      '{',
      '.',
      '%3D',
      '%25',
      '%',
      '?',
      '&',
      '+',
      'kind: Secret',
      'data:',
      'Cookie: a=',
      'Invalid value: ',
      'Digest ',
      '@tcp(',
      'abcdef.0123456789abcdef',
      'dJg5XnK1hEClecdWUR5QSSMdeYYGZhU4G89Js',
      'cGFzc3dvcmQ9aHVudGVyMjIyMjIyMjIyMjIyMjIyMjIyMjIy',
      'vault login ',
      'some_token ',
      '|',
      "by '",
    ),
    fc.string({ maxLength: 4 }),
  );
  const hostile = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  it('changes nothing the second time, cut or not', () => {
    let changed = 0;
    fc.assert(
      fc.property(hostile, fc.nat({ max: 80 }), (text, limit) => {
        const once = redactText(text);
        if (once !== text) changed += 1;
        expect(redactText(once)).toBe(once);
        const short = cutRedacted(once, limit);
        expect(cutRedacted(redactText(short), limit)).toBe(short);
        const uri = redactUri(text);
        expect(redactUri(uri)).toBe(uri);
        const args = redactArgs(text.split(' '));
        expect(redactArgs(args)).toEqual(args);
      }),
      { numRuns: runs * 5 },
    );
    expect(changed).toBeGreaterThan(runs / 2);
  });

  it('takes linear time', () => {
    for (const part of [
      'password="',
      "token='",
      'eyJ',
      'eyJeyJeyJ.',
      '://a:',
      'mysql -p',
      '-----BEGIN PRIVATE KEY',
      'secret secret ',
      '--token ',
      'authorization: ',
      'xoxb-',
      'a://',
      '\\\\"token',
      '?a=',
      '?',
      '%25',
      '%61=',
      'Invalid value: ',
      'data: kind: Secret ',
      'Cookie: ',
      'abcdef.0123456789abcde',
      'a_token ',
      'A1b/',
      'AAAA\\nAAAA',
      '?command=',
      'htpasswd -b a ',
      'a:b@',
      '\\n',
      'token: | ',
    ]) {
      expect(redactText(part.repeat(60_000)).length).toBeGreaterThan(0);
      expect(redactUri(part.repeat(60_000)).length).toBeGreaterThan(0);
    }
  });
});

describe('redactUri', () => {
  it.each([
    [`/x?access_token=${SECRET}&a=b`, '/x?access_token=[redacted]&a=b'],
    [`/x?a=b&X-Amz-Signature=${SECRET}`, '/x?a=b&X-Amz-Signature=[redacted]'],
    [
      `/proxy/login?next=${encodeURIComponent(`https://a:${SECRET}@b`)}`,
      '/proxy/login?next=https%3A%2F%2Fa%3A[redacted]%40b',
    ],
    [
      `/p/exec?command=mysql&command=--password&command=${SECRET}&container=c`,
      '/p/exec?command=mysql&command=--password&command=[redacted]&container=c',
    ],
    [`/p/exec?command=mysql&command=-p${SECRET}`, '/p/exec?command=mysql&command=-p[redacted]'],
    [
      `/p/exec?command=sh&command=-c&command=mysql+-p${SECRET}+db`,
      '/p/exec?command=sh&command=-c&command=mysql%20-p[redacted]%20db',
    ],
    [`/p/exec?command=env&command=TOKEN%3D${SECRET}`, '/p/exec?command=env&command=TOKEN%3D[redacted]'],
    [
      `/p/exec?command=curl&command=-u&command=bob:${SECRET}`,
      '/p/exec?command=curl&command=-u&command=bob%3A[redacted]',
    ],
    [`/run/ns/pod/c?cmd=sshpass%20-p%20${SECRET}`, '/run/ns/pod/c?cmd=sshpass%20-p%20[redacted]'],
    [`/api/v1/x/${JWT}/y`, '/api/v1/x/[redacted]/y'],
  ])('%s', (uri, wanted) => {
    expect(redactUri(uri)).toBe(wanted);
    expect(redactUri(wanted)).toBe(wanted);
  });

  it.each([
    '/api/v1/namespaces/dev/secrets/db?timeout=5s',
    '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1&limit=500',
    '/api/v1/namespaces/a/pods/b/exec?command=sh&command=-c&command=ls%20-l&stdin=true',
    '/p/exec?command=cat&command=%2Fvar%2Frun%2Fsecrets%2Fkubernetes.io%2Fserviceaccount%2Ftoken',
    '/x?bad=%zz&y',
  ])('leaves %s', (uri) => expect(redactUri(uri)).toBe(uri));
});
