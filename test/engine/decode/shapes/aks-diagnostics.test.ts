import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { RESOURCE_ID } from './aks.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const row = (over: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ Category: 'kube-audit', ResourceId: RESOURCE_ID, log_s: line(), ...over });

describe('aks-diagnostics', () => {
  it('reads the sample: the event of the string; the row of another log is passed', () => {
    const { events, shapes, rejects, passed } = read(sampleOf('aks-diagnostics.ndjson'));
    expect(rejects).toEqual([]);
    expect(passed).toEqual(['aks-diagnostics: another log']);
    expect(shapes).toEqual([['aks-diagnostics', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'kubetest', auditId: '55ffceaa-b7c3-478e-98c6-e509cd2f0dd7', verb: 'get', code: 200 },
    ]);
  });

  it('takes what stood before a cut with the time of the row, and rejects the rest', () => {
    const cut = line({ stageTimestamp: undefined, requestReceivedTimestamp: undefined }).slice(0, -20);
    const { events, rejects } = read(
      [row({ log_s: cut, TimeGenerated: '2026-11-21T10:20:11Z' }), row({ log_s: '"rest"}' })].join('\n'),
    );
    expect(events.map(({ cutShort, time }) => [cutShort, time])).toEqual([
      [true, Date.UTC(2026, 10, 21, 10, 20, 11) * 1000],
    ]);
    expect(rejects).toMatchObject([{ shape: 'aks-diagnostics', reason: 'rest of a cut record' }]);
  });
});
