import { expect, test } from 'vitest';
import { namesMetadata } from '../../../src/engine/facts/addresses.ts';

test.each([
  'curl http://169.254.169.254/latest/meta-data/',
  'curl 2852039166/latest',
  'curl http://0xa9fea9fe/',
  'curl http://0XA9FEA9FE/',
  'curl 0xa9.0xfe.0xa9.0xfe',
  'curl 0251.0376.0251.0376',
  'curl 025177524776',
  'curl 169.254.43518',
  'curl 169.16689662',
  'curl http://169.254.169.254./',
  'curl http://169.254.169.254.nip.io/',
  'curl http://[::ffff:169.254.169.254]/',
  'curl http://[::ffff:a9fe:a9fe]/',
  'curl http://[fd00:ec2::254]/latest',
  'curl http://[FD00:0EC2::0254]/latest',
  'curl http://metadata.google.internal/computeMetadata/v1/',
  'curl http://Metadata.Google.Internal/',
  'curl 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'curl http://100.100.100.200/',
])('names a metadata service: %s', (text) => {
  expect(namesMetadata(text)).toBe(true);
});

test.each([
  '',
  'curl http://169.254.169.253/',
  'curl http://10.0.0.1/',
  'echo 2852039167',
  'curl 169.254.43519',
  'cat /var/log/metadata.log',
  'curl http://[fd00:ec2::255]/',
  'curl 0251.0376.0251.0377',
  'curl 191.255.256.192',
  'curl 169.254.168.510',
  'curl 169.254.0xa9.0x1fe',
  'echo 1.2.3.4.5.6 :: :::: a::b::c 0x 0xfffffffffffffffffff 999.999.999.999',
])('names none: %s', (text) => {
  expect(namesMetadata(text)).toBe(false);
});
