import { expect, test } from 'vitest';
import { clientOf } from '../../../src/engine/facts/client.ts';
import { isSystem } from '../../../src/engine/facts/control-plane.ts';
import { auditEvent } from '../../support/event.ts';

test.each([
  ['kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d', 'tool'],
  ['Kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d', 'tool'],
  ['k9s/0.40.1', 'tool'],
  ['curl/8.5.0', 'script'],
  ['Python-urllib/3.11', 'script'],
  ['Mozilla/5.0 (Windows NT; Windows NT 10.0) WindowsPowerShell/5.1', 'library'],
  ['PowerShell/7.5.0', 'script'],
  ['Go-http-client/2.0', 'bare'],
  ['kube-scheduler/v1.36.3 (linux/amd64) kubernetes/a1b2c3d/scheduler', 'component'],
  ['curl/8.5.0 (linux/amd64) kubernetes/a1b2c3d', 'script'],
  ['velero-server/v1.15.0 (linux/amd64) abcdef0', 'library'],
  ['not kubectl', 'library'],
  ['', 'library'],
] as const)('%s is a %s', (userAgent, client) => {
  expect(clientOf(auditEvent({ userAgent }))).toBe(client);
});

test.each([
  ['kube-system', true],
  ['kube-node-lease', true],
  ['openshift', true],
  ['openshift-monitoring', true],
  ['openshifty', false],
  ['my-kube-system', false],
  ['', false],
] as const)('namespace %s is of the system: %s', (namespace, expected) => {
  expect(isSystem(namespace)).toBe(expected);
});
