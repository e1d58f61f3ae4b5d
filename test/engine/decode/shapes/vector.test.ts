import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('vector', () => {
  it('reads the sample: the event of the string, at its own time', () => {
    const { events, shapes, rejects } = read(sampleOf('vector.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['vector', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'home',
        auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01',
        verb: 'get',
        user: 'dev@example.org',
        resource: 'secrets',
        namespace: 'prod',
        name: 'db',
        code: 200,
        stage: 'ResponseComplete',
        level: 'Metadata',
      },
    ]);
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it.each([
    ['Logstash', { '@version': '1', '@timestamp': '2026-11-21T10:20:11Z', message: line() }],
    [
      'Filebeat',
      { log: { file: { path: '/var/log/audit.log' }, offset: 7 }, message: line(), agent: { type: 'filebeat' } },
    ],
    ['ECS, the line kept aside', { event: { original: line() }, message: 'GET pods' }],
    ['a parser that leaves an object', { message: JSON.parse(line()) as unknown }],
    ['rsyslog', { msg: line(), timegenerated: '2026-11-21T10:20:11Z', syslogtag: 'audit:' }],
    ['syslog-ng', { MESSAGE: line(), PROGRAM: 'audit', HOST: 'cp-0', DATE: 'Nov 21 10:20:11' }],
    ['GELF', { version: '1.1', host: 'cp-0', short_message: line(), timestamp: 1795256410.5 }],
    ['Cribl', { _raw: line(), _time: 1795256410.5 }],
    ['a line end within', { message: `  ${line()}\n` }],
    ['a list within', { message: `[${line()}]` }],
    ['a syslog header within', { message: `<134>Nov 21 10:20:10 cp-0 audit: ${line()}` }],
    ['the name of a node within', { message: `cp-0.example.com ${line()}` }],
  ])('reads %s', (_who, record) => {
    const { events, shapes, rejects } = read(JSON.stringify(record));
    expect(rejects).toEqual([]);
    expect(events.map(({ verb }) => verb)).toEqual(['get']);
    expect(shapes[0]![0]).toBe('vector');
  });

  it.each([
    [{ cluster: 'a' }, 'a'],
    [{ cluster_name: 'a', cluster: 'b' }, 'a'],
    [{ labels: { cluster: 'a' } }, 'a'],
    [{ fields: { cluster_name: 'a' } }, 'a'],
    [{ fields: { cluster: 'a' } }, 'a'],
    [{ 'k8s.cluster.name': 'a' }, 'a'],
    [{ cluster: { name: 'a' } }, 'home'],
    [{ host: 'a', namespace: 'b', labels: 'c', fields: ['d'] }, 'home'],
  ])('takes the cluster of %j', (beside, cluster) => {
    const { events } = read(JSON.stringify({ ...beside, message: line() }));
    expect(events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it('counts once an event that a parser merged beside its line', () => {
    const { events, shapes } = read(JSON.stringify({ ...(JSON.parse(line()) as object), message: line() }));
    expect(events).toHaveLength(1);
    expect(shapes).toEqual([['raw-event']]);
  });

  it('keeps what stood before a cut, at the time of the wrapper where its own is lost', () => {
    const whole = line({ requestReceivedTimestamp: undefined });
    const message = whole.slice(0, whole.indexOf('"stageTimestamp"'));
    const { events } = read(JSON.stringify({ message, timestamp: '2026-11-21T10:20:11.5Z' }));
    expect(events.map(({ time, cutShort, verb }) => [time, cutShort, verb])).toEqual([
      [microsOf('2026-11-21T10:20:11.500000Z'), true, 'get'],
    ]);
    expect(read(JSON.stringify({ message })).rejects).toMatchObject([{ shape: 'vector', reason: 'cut short' }]);
  });

  it.each(['GET / 200', '', 'error: {a}', 7, null, ['x'], { verb: 'get' }])('refuses a message of %j', (message) => {
    const { events, rejects } = read(JSON.stringify({ message }));
    expect(events).toEqual([]);
    expect(rejects).toHaveLength(1);
  });
});
