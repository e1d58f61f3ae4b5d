import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const AT = Date.UTC(2026, 10, 21, 10, 20, 10, 44);

/** A document of a subscription, parts replaced. */
const document = (messages: readonly unknown[], over: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    messageType: 'DATA_MESSAGE',
    owner: '123456789012',
    logGroup: '/aws/eks/prod-1/cluster',
    logStream: 'kube-apiserver-audit-71976ca11bea5d3083393f7d32dab75b',
    subscriptionFilters: ['audit'],
    logEvents: messages.map((message, index) => ({ id: String(index), timestamp: AT, message })),
    ...over,
  });
const packed = (text: string): string => gzipSync(text).toString('base64');

describe('eks-cloudwatch', () => {
  it('reads the sample: the whole message; of the cut one the Audit-ID is kept', () => {
    const { events, shapes, rejects, passed } = read(sampleOf('eks-cloudwatch.json'));
    expect(shapes).toEqual([['eks-cloudwatch', 'eks-cloudwatch', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'prod',
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
    expect(rejects).toMatchObject([
      {
        shape: 'eks-cloudwatch',
        reason: 'cut short',
        auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a02',
        cluster: 'prod',
      },
    ]);
    expect(passed).toEqual(['klog: klog text']);
  });

  it.each([
    ['Lambda', (text: string) => ({ awslogs: { data: packed(text) } })],
    ['Kinesis', (text: string) => ({ Records: [{ eventSource: 'aws:kinesis', kinesis: { data: packed(text) } }] })],
    ['Firehose', (text: string) => ({ deliveryStreamArn: 'a', records: [{ recordId: '1', data: packed(text) }] })],
    ['Firehose, inflated', (text: string) => ({ records: [{ data: Buffer.from(text).toString('base64') }] })],
    ['nobody', (text: string) => JSON.parse(text) as unknown],
  ])('reads what %s hands on', (_who, wrap) => {
    const { events, rejects } = read(JSON.stringify(wrap(document([line(), line({ auditID: 'second' })]))));
    expect(rejects).toEqual([]);
    expect(events.map(({ auditId, cluster }) => [auditId, cluster])).toEqual([
      ['1c0ad2ca-1736-42af-9cad-4226f6720e14', 'prod-1'],
      ['second', 'prod-1'],
    ]);
  });

  it('reads several documents of one delivery, each by itself', () => {
    const data = [packed(document([line()])), '!not base64!', packed('{"a":'), 'H4sIAAAA', packed(document([line()]))];
    for (const input of [
      { records: data.map((each) => ({ data: each })) },
      { Records: data.map((each) => ({ kinesis: { data: each } })) },
    ]) {
      const { events, rejects } = read(JSON.stringify(input));
      expect(events).toHaveLength(2);
      expect(rejects.map(({ shape, reason }) => `${shape}: ${reason}`)).toEqual([
        'eks-cloudwatch: data does not unpack',
        'eks-cloudwatch: unexpected end',
        'eks-cloudwatch: data does not unpack',
      ]);
    }
  });

  it('takes a cut message with the time of the message where its own are behind the cut', () => {
    const whole = line({
      stageTimestamp: undefined,
      requestReceivedTimestamp: undefined,
      responseObject: { a: 'x'.repeat(99) },
    });
    const { events, rejects } = read(document([`${whole.slice(0, -20)}[Truncated...]`, line({ auditID: 'next' })]));
    expect(rejects).toEqual([]);
    expect(events.map(({ auditId, cutShort, time }) => [auditId, cutShort, time])).toEqual([
      ['1c0ad2ca-1736-42af-9cad-4226f6720e14', true, AT * 1000],
      ['next', false, microsOf('2026-11-21T10:20:10.010471Z')],
    ]);
  });

  it('takes a message cut anywhere behind what was asked for', () => {
    const whole = line();
    const from = whole.indexOf('"user"');
    const messages = Array.from({ length: 60 }, (_, index) => `${whole.slice(0, from + index)}[Truncated...]`);
    const { events, rejects } = read(document(messages));
    expect(rejects).toEqual([]);
    expect(events).toHaveLength(60);
    expect(events.every(({ cutShort, verb }) => cutShort && verb === 'get')).toBe(true);
  });

  it.each(['NaN', -1, 1e300, null, { a: 1 }])('has no time for a cut message of %j', (timestamp) => {
    const whole = line({ stageTimestamp: undefined, requestReceivedTimestamp: undefined });
    const logEvents = [{ timestamp, message: `${whole.slice(0, -20)}[Truncated...]` }];
    expect(read(document([], { logEvents })).rejects).toMatchObject([{ reason: 'cut short' }]);
  });

  it.each([
    'authenticator-71976ca11bea5d3083393f7d32dab75b',
    'kube-controller-manager-71976ca11bea5d3083393f7d32dab75b',
    'kube-scheduler-71976ca11bea5d3083393f7d32dab75b',
    'cloud-controller-manager-71976ca11bea5d3083393f7d32dab75b',
    'kube-apiserver-71976ca11bea5d3083393f7d32dab75b',
    'kube-apiserver-auditor',
  ])('passes the stream %s', (logStream) => {
    const { events, rejects, passed } = read(document([line()], { logStream }));
    expect([events, rejects]).toEqual([[], []]);
    expect(passed).toEqual(['eks-cloudwatch: another stream']);
  });

  it('reads other groups by what is in them, and takes no cluster from their names', () => {
    for (const logGroup of ['/my/audit', '/aws/eks/a/b/cluster', '/aws/eks//cluster', 7]) {
      const { events } = read(document([line()], { logGroup, logStream: 'anything' }));
      expect(events.map(({ cluster }) => cluster)).toEqual(['home']);
    }
    expect(read(document([line()]), { cluster: 'from-topic' }).events[0]!.cluster).toBe('from-topic');
  });

  it('rejects what is no data, no document and no message', () => {
    const told = (input: unknown): string[] =>
      read(typeof input === 'string' ? input : JSON.stringify(input)).rejects.map(
        ({ shape, reason }) => `${shape}: ${reason}`,
      );
    expect(told({ awslogs: { data: 'H4sIAAAA' } })).toEqual(['eks-cloudwatch: data does not unpack']);
    expect(told({ awslogs: { data: 'äöü' } })).toEqual(['eks-cloudwatch: data does not unpack']);
    expect(told({ awslogs: { data: '' } })).toEqual(['eks-cloudwatch: data does not unpack']);
    expect(told({ awslogs: { data: 7 } })).toEqual(['unknown: not an event']);
    expect(told({ awslogs: 'x', Records: [{ s3: {} }] })).toEqual(['unknown: not an event']);
    expect(told(document([], { logEvents: 5 }))).toEqual(['eks-cloudwatch: no logEvents']);
    expect(told(document([5, null, {}]))).toEqual(Array.from({ length: 3 }, () => 'eks-cloudwatch: not an event'));
  });

  it('stops at a bomb, and goes on behind it with what needs no more', () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, 32)).toString('base64');
    const { events, rejects } = read(
      [JSON.stringify({ records: [{ data: bomb }, { data: packed(document([line()])) }] }), line()].join('\n'),
    );
    expect(events).toHaveLength(1);
    expect(rejects.map(({ shape, reason }) => `${shape}: ${reason}`)).toEqual([
      'eks-cloudwatch: data does not unpack',
      'eks-cloudwatch: data does not unpack',
    ]);
  });
});
