import { expect, test } from 'vitest';
import { networkOf, programOf } from '../../../src/engine/habits/origin.ts';

test.each([
  ['10.244.3.7', '10.244.0.0/16'],
  ['::ffff:10.244.3.7', '10.244.0.0/16'],
  ['172.20.1.1', '172.20.0.0/16'],
  ['172.32.1.1', '172.32.1.0/24'],
  ['192.168.4.5', '192.168.0.0/16'],
  ['100.64.9.9', '100.64.0.0/16'],
  ['127.66.0.9', '127.66.0.0/16'],
  ['203.0.113.9', '203.0.113.0/24'],
  ['2001:db8:0a:1::5', '2001:db8:a::/48'],
  ['2001:DB8::5', '2001:db8:0::/48'],
  ['fd00::1', 'fd00:0:0::/48'],
  ['::1', '0:0:0::/48'],
  ['', 'unknown'],
  ['not an address', 'unknown'],
  ['1:2', 'unknown'],
  ['1'.repeat(4_000), 'unknown'],
])('%s is of %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ['kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d', 'kubectl'],
  ['argocd-application-controller/v0.0.0', 'argocd-application-controller'],
  ['Go-http-client/1.1', 'Go-http-client'],
  ['Mozilla (X11)', 'Mozilla'],
  ['', 'an unnamed program'],
  ['/v1', 'an unnamed program'],
  ['x'.repeat(5_000), 'x'.repeat(48)],
])('%s is %s', (agent, program) => {
  expect(programOf(agent)).toBe(program);
});
