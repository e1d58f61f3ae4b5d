import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('openshift-nodelogs', () => {
  it('reads the sample', () => {
    const { events, shapes, rejects } = read(sampleOf('openshift-nodelogs.log'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['openshift-nodelogs', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'home', auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01', verb: 'get', user: 'dev@example.org' },
    ]);
    expect(essence(events[0]!)).toMatchObject({ resource: 'secrets', namespace: 'prod', name: 'db', code: 200 });
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it.each(['cp-0', 'ip-10-0-1-7.ec2.internal', '10.0.0.7', 'true', 'null-0', '7', 'node-1.5'])(
    'knows %s for a node, and not for the cluster',
    (node) => {
      const { events } = read(`${node} ${line()}\r\n${node} ${line()}\n`);
      expect(events.map(({ verb, cluster }) => [verb, cluster])).toEqual([
        ['get', 'home'],
        ['get', 'home'],
      ]);
    },
  );

  it.each([
    ['a blank more', 'cp-0  {'],
    ['no blank', 'cp-0{'],
    ['a name that is none', '-cp {'],
    ['a name that is too long', `${'x'.repeat(254)} {`],
    ['two words', 'cp 0 {'],
  ])('refuses %s', (_what, start) => {
    const { events, rejects } = read(`${start}${line().slice(1)}`);
    expect(events).toEqual([]);
    expect(rejects).toHaveLength(1);
  });

  it('counts a line that rotation cut, and reads on', () => {
    const { events, rejects } = read(`cp-0 ${line().slice(0, 100)}\ncp-0 ${line()}\n`);
    expect(events).toHaveLength(1);
    expect(rejects).toMatchObject([{ shape: 'openshift-nodelogs', reason: 'unexpected end' }]);
  });
});
