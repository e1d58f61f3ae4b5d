import { expect, test } from 'vitest';
import { programOf, areaOf } from '../../src/model/index.ts';

test.each([
  ['kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d', 'kubectl'],
  ['argocd-application-controller/v0.0.0', 'argocd-application-controller'],
  ['Go-http-client/1.1', 'Go-http-client'],
  ['Mozilla (X11)', 'Mozilla'],
  ['', ''],
  ['/v1', ''],
  ['x'.repeat(5_000), 'x'.repeat(48)],
])('%s is %s', (agent, program) => {
  expect(programOf(agent)).toBe(program);
});

test.each([
  ['10.244.3.7', '10.244'],
  ['2001:db8:a::5', '2001:db8:a'],
  ['', ''],
  ['localhost', ''],
  [':'.repeat(5_000), '::'],
])('%s is around %s', (peer, surroundings) => {
  expect(areaOf(peer)).toBe(surroundings);
});
