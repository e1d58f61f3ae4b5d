import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import { makersOf, workloadOf } from '../../../src/engine/facts/workload-name.ts';
import type { AuditEvent } from '../../../src/model/index.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

test.each([
  ['cart-7b58646b7b-2fszk', 'cart'],
  ['api-c85478c88-hkph7', 'api'],
  ['web-7d9f-x2x', 'web'],
  ['fluent-bit-x7k2p', 'fluent-bit'],
  ['postgres-0', 'postgres'],
  ['postgres-12', 'postgres'],
  ['backup-28373760-k2l9x', 'backup'],
  ['runner-t1xyz9q-project-42-concurrent-0-ab12cd34', 'runner-t1xyz9q-project-42-concurrent'],
  ['build-9f86d081-884c-4b1f-9d2e-0c4f8a1b2c3d', 'build'],
  ['kube-apiserver-control-plane', 'kube-apiserver-control-plane'],
  ['nginx', 'nginx'],
  ['my-redis', 'my-redis'],
  ['app-v2', 'app-v2'],
  ['node-debugger', 'node-debugger'],
  ['0-0-0', '0'],
  ['', ''],
  ['-', '-'],
] as const)('%s is of workload %s', (pod, workload) => {
  expect(workloadOf(pod)).toBe(workload);
});

test.each([
  ['cart-7b58646b7b-2fszk', ['cart-7b58646b7b', 'cart']],
  ['fluent-bit-x7k2p', ['fluent-bit']],
  ['db-0', ['db']],
  ['backup-28373760-k2l9x', ['backup-28373760', 'backup']],
  ['web-api-zq7b4', ['web-api']],
  ['web', []],
  ['my-shell', []],
] as const)('%s may be made by %j', (pod, makers) => {
  expect(makersOf(pod)).toEqual(makers);
});

test('names of any length are read in linear time', () => {
  for (const piece of ['-', 'a-', '0-', '-bcdfg', 'ab1-', '1a'])
    expect(workloadOf(piece.repeat(20_000)).length).toBeLessThanOrEqual(253);
});

const SPEC = { serviceAccountName: 'agent', containers: [{ name: 'c', securityContext: { privileged: true } }] };
const PLAIN = { containers: [{ name: 'c' }] };
const write = (verb: string, resource: string, name: string, raw: RawEvent = {}): AuditEvent =>
  auditEvent({
    verb,
    objectRef: {
      resource,
      namespace: 'dev',
      name,
      apiGroup: /jobs/.test(resource) ? 'batch' : 'apps',
      apiVersion: 'v1',
    },
    ...raw,
  });
const made = (resource: string, kind: string, name: string, spec: unknown, verb = 'create'): AuditEvent =>
  write(verb, resource, name, {
    requestObject: {
      kind,
      metadata: { name, namespace: 'dev' },
      spec: kind === 'CronJob' ? { jobTemplate: { spec: { template: { spec } } } } : { template: { spec } },
    },
  });
const factsAfter = (...events: readonly AuditEvent[]): ClusterFacts => {
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  for (const event of events) facts.learn(event);
  return facts;
};

describe('what a workload tells of its pods', () => {
  test.each([
    ['deployments', 'Deployment', 'cart', 'cart-7b58646b7b-2fszk'],
    ['replicasets', 'ReplicaSet', 'cart-7b58646b7b', 'cart-7b58646b7b-2fszk'],
    ['daemonsets', 'DaemonSet', 'fluent-bit', 'fluent-bit-x7k2p'],
    ['statefulsets', 'StatefulSet', 'db', 'db-3'],
    ['jobs', 'Job', 'import', 'import-x7k2p'],
    ['cronjobs', 'CronJob', 'backup', 'backup-28373760-k2l9x'],
  ] as const)('%s', (resource, kind, name, pod) => {
    const expected = { privileged: true, because: ['privileged container'], serviceAccount: 'agent' };
    const facts = factsAfter(made(resource, kind, name, SPEC));
    expect(facts.pod('dev', pod)).toEqual(expected);
    expect(facts.pod('web', pod)).toBeUndefined();
    expect(facts.pod('dev', 'other-x7k2p')).toBeUndefined();
    const rows: [string, unknown][] = [];
    facts.collect((key, value) => rows.push([key, value]));
    const again = new ClusterFacts({ budgetBytes: 1e6 });
    for (const [key, value] of rows) again.restore(key, String(value));
    expect(again.pod('dev', pod)).toEqual(expected);
  });

  test('ends when it becomes plain, or goes', () => {
    const first = made('deployments', 'Deployment', 'cart', SPEC);
    const after = (...events: readonly AuditEvent[]) =>
      factsAfter(first, ...events).pod('dev', 'cart-7b58646b7b-2fszk');
    expect(after(made('deployments', 'Deployment', 'cart', PLAIN, 'update'))).toBeUndefined();
    expect(after(write('delete', 'deployments', 'cart'))).toBeUndefined();
    expect(after(write('delete', 'deployments', 'cart', { responseStatus: { code: 404 } }))).toBeDefined();
    expect(after(write('patch', 'deployments', 'cart', { requestObject: { spec: { replicas: 3 } } }))).toBeDefined();
  });

  test('grows by a patch, of which only the added is told', () => {
    const patch = write('patch', 'deployments', 'cart', {
      requestObject: { spec: { template: { spec: { hostPID: true } } } },
    });
    expect(factsAfter(patch).pod('dev', 'cart-7b58646b7b-2fszk')?.because).toEqual(['hostPID']);
  });

  test('yields to what is known of the pod itself', () => {
    const pod = auditEvent({
      verb: 'create',
      objectRef: { resource: 'pods', namespace: 'dev', name: 'db-0', apiVersion: 'v1' },
      requestObject: { kind: 'Pod', metadata: { name: 'db-0' }, spec: { ...PLAIN, hostIPC: true } },
    });
    expect(factsAfter(made('statefulsets', 'StatefulSet', 'db', SPEC), pod).pod('dev', 'db-0')?.because).toEqual([
      'hostIPC',
    ]);
  });
});
