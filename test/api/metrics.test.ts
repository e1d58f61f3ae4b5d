import { describe, expect, it } from 'vitest';
import { metricsText } from '../../src/api/metrics.ts';
import { Engine } from '../../src/engine/engine.ts';

const engineOver = (text: string): Engine => {
  const engine = new Engine({
    detectors: [],
    key: Buffer.alloc(16),
    seed: 0,
    cluster: '',
    budgets: { detector: 1 << 20, facts: 1 << 20, waiting: 1 << 20 },
    onError: () => undefined,
  });
  engine.open({ bytes: Buffer.from(text), origin: { source: 'test', position: 'here' } });
  while (engine.step(100));
  return engine;
};
const event = (more: object = {}) =>
  JSON.stringify({
    kind: 'Event',
    stage: 'ResponseComplete',
    verb: 'get',
    requestURI: '/api',
    stageTimestamp: '2026-11-21T10:00:00.000000Z',
    ...more,
  });

describe('metrics', () => {
  it('count what input came to, by shape and reason', async () => {
    const twice = event().replace('{', '{"verb":"list",');
    const rancher = JSON.stringify({ requestURI: '/v3/x', method: 'GET', remoteAddr: '10.0.0.1:1', responseCode: 200 });
    const lines = [
      event(),
      JSON.stringify({ log: event() }),
      JSON.stringify({ log: event() }),
      twice,
      '{"a":1}',
      '{"b":2}',
      rancher,
    ];
    const text = await metricsText(engineOver(lines.join('\n')), { outbox: () => [] });
    for (const line of [
      'lapwing_events_total 4',
      'lapwing_rejected_total 2',
      'lapwing_passed_total 1',
      'lapwing_cut_short_total 0',
      'lapwing_repeated_members_total 1',
      'lapwing_rejected_by_reason_total{shape="unknown",reason="not an event"} 2',
      'lapwing_wrapped_events_total{shape="fluentbit"} 2',
    ])
      expect(text).toContain(`\n${line}\n`);
    expect(text).toMatch(/\nlapwing_passed_by_reason_total\{shape="rancher",reason="[^"]+"\} 1\n/);
  });

  it('have no label out of an event', async () => {
    const secret = 'Zx9canary';
    const lines = [event({ verb: secret, userAgent: secret }), `{"${secret}":1}`, `{"log":"{${secret}"}`, secret];
    const text = await metricsText(engineOver(lines.join('\n')), { outbox: () => [] });
    expect(text).toContain('\nlapwing_events_total 1\n');
    expect(text).toMatch(/\nlapwing_rejected_total [1-9]/);
    expect(text).not.toContain(secret);
  });
});
