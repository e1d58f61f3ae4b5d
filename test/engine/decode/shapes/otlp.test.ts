import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

import { anyValue, attributesOf } from './otlp-values.ts';

interface Given {
  readonly records: readonly object[];
  readonly resource?: object;
}
const message = ({ records, resource = {} }: Given): string =>
  JSON.stringify({
    resourceLogs: [{ resource: { attributes: attributesOf(resource) }, scopeLogs: [{ logRecords: records }] }],
  });
const text = (stringValue: string, beside: object = {}): object => ({ body: { stringValue }, ...beside });

const requestObject = { spec: { replicas: 2 ** 40, on: true, none: null } };

describe('otlp', () => {
  it('reads the sample: the event of the body, the cluster of the attribute', () => {
    const { events, shapes, rejects } = read(sampleOf('otlp.json'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['otlp', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'wc01',
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
    ['the resource before the record', { 'k8s.cluster.name': 'a' }, { cluster_name: 'b' }, 'a'],
    ['the record', {}, { cluster_id: 'b' }, 'b'],
    ['a name before an identifier', { 'k8s.cluster.uid': 'u', 'k8s.cluster.name': 'a' }, {}, 'a'],
    [
      'an identifier',
      { 'k8s.cluster.uid': '218fc5a9-a5f1-4b54-aa05-46717d0ab26d' },
      {},
      '218fc5a9-a5f1-4b54-aa05-46717d0ab26d',
    ],
    ['no number', { 'k8s.cluster.name': 7 }, {}, 'home'],
    ['nothing else', { 'k8s.node.name': 'cp', 'service.name': 'x' }, {}, 'home'],
  ])('takes the cluster of %s', (_what, resource, attributes, cluster) => {
    const records = [text(line(), { attributes: attributesOf(attributes) })];
    expect(read(message({ records, resource })).events.map((event) => event.cluster)).toEqual([cluster]);
  });

  it.each([
    ['the body', (event: object) => ({ body: anyValue(event) })],
    ['attributes', (event: object) => ({ body: { stringValue: 'x' }, attributes: attributesOf(event) })],
    [
      'attributes beside the line',
      (event: object) => ({ body: { stringValue: JSON.stringify(event) }, attributes: attributesOf(event) }),
    ],
  ])('reads events that were parsed into %s', (_where, record) => {
    const event = JSON.parse(line({ requestObject })) as object;
    const { events, rejects } = read(message({ records: [record(event)] }));
    expect(rejects).toEqual([]);
    expect(events.map(({ verb, code, resource }) => [verb, code, resource])).toEqual([['get', 200, 'pods']]);
    expect(events[0]!.annotation('authorization.k8s.io/decision')).toBe('allow');
    expect(events[0]!.requestObject).toEqual(requestObject);
  });

  it('reads all records of all scopes and resources, and counts what is none', () => {
    const scopes = (records: readonly object[]): object => ({
      scopeLogs: [{ logRecords: records }, {}, { logRecords: [] }],
    });
    const { events, rejects } = read(
      JSON.stringify({
        resourceLogs: [
          scopes([text(line({ auditID: 'a' })), text('hello'), {}, { body: { intValue: '7' } }]),
          {},
          scopes([text(line({ auditID: 'b' }))]),
        ],
      }),
    );
    expect(events.map(({ auditId }) => auditId)).toEqual(['a', 'b']);
    expect(rejects.map(({ shape }) => shape)).toEqual(['otlp', 'otlp', 'otlp']);
  });

  it.each(['logRecords', 'logs'])('reads the form before scopes (%s)', (name) => {
    const logs = { resourceLogs: [{ instrumentationLibraryLogs: [{ [name]: [text(line())] }] }] };
    expect(read(JSON.stringify(logs)).events.map(({ verb }) => verb)).toEqual(['get']);
  });

  it('keeps what stood before a cut, at the time of the record', () => {
    const body = line().slice(0, line().indexOf('"requestReceivedTimestamp"'));
    const records = [text(body, { timeUnixNano: '0', observedTimeUnixNano: '1795256410500000123' })];
    const { events } = read(message({ records }));
    expect(events.map(({ cutShort, time }) => [cutShort, time])).toEqual([[true, 1_795_256_410_500_000]]);
  });

  it('passes what is no log', () => {
    for (const name of ['resourceSpans', 'resourceMetrics'])
      expect(read(`{"${name}":[]}`)).toMatchObject({ events: [], rejects: [], passed: ['otlp: no log'] });
  });

  it('refuses a body that is nested too deep, and takes records one by one, however many there are', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(5_000)}${']}}'.repeat(5_000)}`;
    const body = `{"kvlistValue":{"values":[{"key":"auditID","value":${deep}}]}}`;
    const many = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(29_998)}{}]}]}]}`;
    const { events, rejects } = read(
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${body}}]}]}]}\n${many}\n${line()}`,
    );
    expect(events).toHaveLength(1);
    expect(rejects).toHaveLength(30_000);
    expect(rejects.every(({ shape, reason }) => shape === 'otlp' && reason === 'not an event')).toBe(true);
  });
});
