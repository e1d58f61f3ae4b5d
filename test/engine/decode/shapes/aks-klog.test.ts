import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { aksRecord } from './aks.ts';
import { read, sampleOf } from './unwrapping.ts';

const KLOG = 'I0602 09:00:00.000000       1 static_autoscaler.go:290] Starting main loop\n';

describe('aks-klog', () => {
  it('passes the sample', () => {
    const { events, rejects, passed } = read(sampleOf('aks-klog.json'));
    expect([events, rejects]).toEqual([[], []]);
    expect(passed).toEqual(['aks-klog: another log']);
  });

  it.each([
    'kube-apiserver',
    'kube-controller-manager',
    'cloud-controller-manager',
    'cluster-autoscaler',
    'guard',
    'csi-azuredisk-controller',
    'Administrative',
  ])('passes %s, whatever is in it', (category) => {
    const { events, rejects, passed } = read(
      [KLOG, line(), { any: 'thing' }]
        .map((log) => JSON.stringify(aksRecord({ category, properties: { log } })))
        .join('\n'),
    );
    expect([events, rejects]).toEqual([[], []]);
    expect(passed).toEqual(Array.from({ length: 3 }, () => 'aks-klog: another log'));
  });

  it('passes klog text within the audit log, and no other text', () => {
    const { passed, rejects } = read(
      [KLOG, 'Inside', 'I0602'].map((log) => JSON.stringify(aksRecord({ properties: { log } }))).join('\n'),
    );
    expect(passed).toEqual(['aks-klog: klog text']);
    expect(rejects.map(({ shape, reason }) => `${shape}: ${reason}`)).toEqual([
      'aks-record: rest of a cut record',
      'aks-record: rest of a cut record',
    ]);
  });

  it('passes metrics, and only of a resource', () => {
    const metric = { total: 1, metricName: 'kube_pod_status_ready', resourceId: '/SUBSCRIPTIONS/1', timeGrain: 'PT1M' };
    expect(read(JSON.stringify(metric)).passed).toEqual(['aks-klog: a metric']);
    expect(read(JSON.stringify({ ...metric, resourceId: 1 })).rejects).toMatchObject([{ shape: 'unknown' }]);
  });
});
