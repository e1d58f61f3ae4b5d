import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('fluentbit', () => {
  it('reads the sample: the event of the string, the cluster of the wrapper, the time of the event', () => {
    const { events, shapes, rejects } = read(sampleOf('fluentbit.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['fluentbit', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'kpanda-global-cluster',
        auditId: 'b2b57298-3ca4-4acf-b182-8e81abb84d1c',
        verb: 'create',
        user: 'admin',
        resource: 'pods/portforward',
        namespace: 'insight-system',
        name: 'prometheus-insight-agent-kube-prometh-prometheus-0',
        code: 101,
        stage: 'ResponseStarted',
        level: 'RequestResponse',
      },
    ]);
    expect(events[0]!.time).toBe(microsOf('2025-12-03T02:41:53.646835Z'));
    expect(events[0]!.sourceIps).toEqual(['127.0.0.1', '10.64.0.247']);
  });

  it.each([
    ['the record', { cluster: 'from-topic' }, 'from-topic'],
    ['the wrapper', {}, 'of-the-wrapper'],
  ])('takes the cluster from %s', (_where, origin, cluster) => {
    const { events } = read(JSON.stringify({ cluster_name: 'of-the-wrapper', log: line() }), origin);
    expect(events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it.each(['', '\n', '\r\n', `\n${line({ auditID: 'next' })}\n`])(
    'keeps what stood before a cut with %j behind it',
    (end) => {
      const whole = line();
      const next = end.includes('next') ? ['next'] : [];
      for (const cut of ['"kubectl/v1', '{"metadata":{},"code":20', ',"requestReceivedTimestamp"']) {
        const log = whole.slice(0, whole.indexOf(cut) + cut.length) + end;
        const { events, rejects } = read(JSON.stringify({ time: '2026-11-21T10:20:10Z', log }));
        expect(rejects).toEqual([]);
        expect(events.map(({ auditId }) => auditId)).toEqual(['1c0ad2ca-1736-42af-9cad-4226f6720e14', ...next]);
        // Some digits of a code may be missing.
        expect([events[0]!.cutShort, events[0]!.code]).toEqual([true, cut.startsWith(',') ? 200 : 0]);
      }
    },
  );

  it('keeps what stood before a cut, and says so', () => {
    const timeless = { requestReceivedTimestamp: undefined, stageTimestamp: undefined };
    const whole = line({ ...timeless, requestObject: { spec: 'x'.repeat(500) } });
    const cut = whole.slice(0, whole.indexOf('x'.repeat(100)) + 50);
    const received = JSON.stringify({ log: `{"stageTimestamp":"2026-11-21T10:00:00.000000Z",${cut.slice(1)}` });
    const { events, rejects } = read(received);
    expect(rejects).toEqual([]);
    expect(events.map(({ cutShort, verb, requestObject }) => [cutShort, verb, requestObject])).toEqual([
      [true, 'get', undefined],
    ]);
    // Without any time it is no event; its Audit-ID is kept.
    const lost = read(JSON.stringify({ log: cut }));
    expect(lost.events).toEqual([]);
    expect(lost.rejects).toMatchObject([
      { shape: 'fluentbit', reason: 'cut short', auditId: '1c0ad2ca-1736-42af-9cad-4226f6720e14' },
    ]);
  });

  it('leaves lines that are no JSON to be counted as what they are', () => {
    const { events, rejects } = read(JSON.stringify({ log: 'I1121 10:00:00.000000 1 main.go:1] hello' }));
    expect(events).toEqual([]);
    expect(rejects).toMatchObject([{ shape: 'unknown', reason: 'not an event' }]);
  });

  it.each([
    ['Docker', { log: `${line()}\n`, stream: 'stdout', time: '2026-11-21T10:20:10.5Z' }],
    ['a parser', { log: 'x', log_processed: JSON.parse(line()) as unknown }],
    ['a parser that leaves the line', { log: line(), log_processed: JSON.parse(line()) as unknown }],
    ['a parser in place', { log: JSON.parse(line()) as unknown }],
    [
      'an agent on the node',
      { log: `2026-11-21T10:20:10.5Z stdout F ${line()}`, kubernetes: { pod_name: 'kube-apiserver-cp' } },
    ],
  ])('reads what %s makes of a line', (_who, record) => {
    const { events, shapes, rejects } = read(JSON.stringify(record));
    expect(rejects).toEqual([]);
    expect(events.map(({ verb }) => verb)).toEqual(['get']);
    expect(shapes[0]![0]).toBe('fluentbit');
  });

  it('reads its output formats: an array, and records one behind the other on lines', () => {
    const records = ['a', 'b'].map((auditID) => JSON.stringify({ date: 1795256410.5, log: line({ auditID }) }));
    for (const text of [`[${records.join(',')}]`, `[${records.join(',\n')}]`, records.join('\n')])
      expect(read(text).events.map(({ auditId }) => auditId)).toEqual(['a', 'b']);
  });

  it('reads pairs of a time and a record, and counts the times', () => {
    const { events, rejects } = read(`[1795256410.5,${JSON.stringify({ log: line() })}]`);
    expect(events).toHaveLength(1);
    expect(rejects).toHaveLength(1);
  });

  it('counts once an event that was merged into the record that keeps its line', () => {
    const { events, shapes } = read(JSON.stringify({ ...(JSON.parse(line()) as object), log: line(), date: 1 }));
    expect(events).toHaveLength(1);
    expect(shapes).toEqual([['vector-merged', 'raw-event']]);
  });

  it('gives a cut line the time at which it was written or shipped', () => {
    const log = line().slice(0, line().indexOf('"requestReceivedTimestamp"'));
    for (const beside of [{ time: '2026-11-21T10:20:10.5Z' }, { '@timestamp': 1795256410.5 }, { date: 1795256410.5 }]) {
      const { events } = read(JSON.stringify({ log, ...beside }));
      expect(events.map(({ cutShort, time }) => [cutShort, time])).toEqual([
        [true, microsOf('2026-11-21T10:20:10.500000Z')],
      ]);
    }
  });

  it.each([
    [{ cluster_uuid: 'u', cluster_name: 'a' }, 'a'],
    [{ cluster_uuid: 'u' }, 'u'],
    [{ cluster: 'a' }, 'a'],
    [{ kubernetes: { host: 'cp', labels: { cluster: 'x' } } }, 'home'],
  ])('takes the cluster of %j', (beside, cluster) => {
    const { events } = read(JSON.stringify({ ...beside, log: line() }));
    expect(events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it('leaves the member that Filebeat has by this name', () => {
    const { shapes } = read(JSON.stringify({ log: { offset: 1, file: { path: '/x' } }, message: line() }));
    expect(shapes).toEqual([['vector', 'raw-event']]);
  });
});
