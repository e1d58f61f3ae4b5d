import { describe, expect, it } from 'vitest';
import { read, sampleOf } from './unwrapping.ts';

describe('gcp-not-k8s', () => {
  it('passes the sample', () => {
    const { events, rejects, passed } = read(sampleOf('gcp-not-k8s.json'));
    expect([events, rejects]).toEqual([[], []]);
    expect(passed).toEqual(['gcp-not-k8s: another service']);
  });

  it.each([
    [{ protoPayload: { serviceName: 'container.googleapis.com', methodName: 'x' } }, 'the API of GKE itself'],
    [
      { protoPayload: { serviceName: 'k8s.io.example.org', methodName: 'io.k8s.core.v1.pods.list' } },
      'another service',
    ],
    [{ logName: 'projects/p/logs/stdout', textPayload: 'hello' }, 'a line of text'],
  ])('passes %j', (entry, reason) => {
    const { events, rejects, passed } = read(JSON.stringify(entry));
    expect([events, rejects]).toEqual([[], []]);
    expect(passed).toEqual([`gcp-not-k8s: ${reason}`]);
  });

  it.each([
    { protoPayload: {} },
    { protoPayload: 'x' },
    { protoPayload: { serviceName: 7 } },
    { textPayload: 'hello' },
  ])('leaves %j to be rejected', (entry) => {
    expect(read(JSON.stringify(entry)).rejects).toMatchObject([{ shape: 'unknown', reason: 'not an event' }]);
  });
});
