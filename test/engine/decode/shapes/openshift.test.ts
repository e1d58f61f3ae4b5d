import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const viaq = (beside: object): string => JSON.stringify({ ...(JSON.parse(line()) as object), ...beside });

describe('openshift', () => {
  it('reads the sample, with the level of the audit log', () => {
    const { events, shapes, rejects } = read(sampleOf('openshift.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['openshift', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'home',
        auditId: 'e7b84ee2-04c0-4b3f-bf8a-51290816680e',
        verb: 'update',
        user: 'system:serviceaccount:openshift-sdn:sdn-controller',
        resource: 'configmaps',
        namespace: 'openshift-sdn',
        name: 'openshift-network-controller',
        code: 200,
        stage: 'ResponseComplete',
        level: 'Metadata',
      },
    ]);
    expect(events[0]!.time).toBe(microsOf('2020-11-27T19:55:01.801820Z'));
    expect(events[0]!.flaws).toEqual([]);
  });

  it.each([
    ['kube-apiserver', { level: 'info', k8s_audit_level: 'Request' }, 'Request'],
    ['openshift-apiserver', { level: 'default', openshift_audit_level: 'RequestResponse' }, 'RequestResponse'],
    ['a level that was lost', { level: undefined, k8s_audit_level: 'Metadata' }, 'Metadata'],
    ['a level that is none', { level: 'info', k8s_audit_level: 'loud' }, ''],
    ['a collector that keeps the level', { k8s_audit_level: 'Metadata', level: 'Metadata' }, 'Metadata'],
  ])('puts back the level of %s', (_who, beside, level) => {
    const { events, rejects } = read(viaq({ ...beside, openshift: { cluster_id: 'c-1' }, log_type: 'audit' }));
    expect(rejects).toEqual([]);
    expect(events.map((event) => [event.level, event.cluster, event.verb])).toEqual([[level, 'c-1', 'get']]);
  });

  it('reads records from its Elasticsearch and through Fluentd', () => {
    const record = viaq({ level: 'info', k8s_audit_level: 'Request', openshift: { cluster_id: 'c-1' } });
    const hit = read(`{"_index":"audit-000001","_id":"x","_source":${record}}`);
    expect(hit.shapes).toEqual([['elasticsearch-hit', 'openshift', 'raw-event']]);
    const forwarded = read(JSON.stringify({ message: record }));
    expect(forwarded.shapes).toEqual([['vector', 'openshift', 'raw-event']]);
    for (const { events } of [hit, forwarded])
      expect(events.map(({ level, cluster }) => [level, cluster])).toEqual([['Request', 'c-1']]);
  });

  it.each([
    [
      'Linux',
      { log_type: 'audit', log_source: 'auditd', message: 'type=SYSCALL msg=audit(1.2:3): x' },
      'another audit log',
    ],
    ['Linux, by older collectors', { 'audit.linux': { type: 'SYSCALL' }, viaq_msg_id: 'x' }, 'another audit log'],
    ['OVN', { log_type: 'audit', log_source: 'ovn', message: '2026|acl_log' }, 'another audit log'],
    ['a pod', { log_type: 'application', message: line(), kubernetes: { pod_name: 'web' } }, 'no audit log'],
    ['a node', { log_type: 'infrastructure', message: 'hello' }, 'no audit log'],
  ])('passes the log of %s', (_who, record, reason) => {
    const { events, rejects, passed } = read(JSON.stringify({ openshift: { cluster_id: 'c-1' }, ...record }));
    expect([events, rejects, passed]).toEqual([[], [], [`openshift: ${reason}`]]);
  });

  it('refuses an audit log without an event', () => {
    const record = { openshift: { cluster_id: 'c-1' }, log_type: 'audit', log_source: 'kubeAPI', k8s_audit_level: 'x' };
    expect(read(JSON.stringify(record))).toMatchObject({
      events: [],
      passed: [],
      rejects: [{ reason: 'not an event' }],
    });
  });
});
