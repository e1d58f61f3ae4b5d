import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { rawEvent } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const event = rawEvent();
const row = (over: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    Level: event.level,
    AuditId: event.auditID,
    Stage: event.stage,
    RequestUri: event.requestURI,
    Verb: event.verb,
    User: event.user,
    SourceIps: event.sourceIPs,
    UserAgent: event.userAgent,
    ObjectRef: event.objectRef,
    ResponseStatus: event.responseStatus,
    RequestReceivedTime: event.requestReceivedTimestamp,
    StageReceivedTime: event.stageTimestamp,
    Annotations: event.annotations,
    Type: 'AKSAudit',
    _ResourceId: '/subscriptions/1/resourcegroups/rg/providers/microsoft.containerservice/managedclusters/prod-1',
    ...over,
  });

describe('aks-resource-specific', () => {
  it('reads the sample: columns as objects and as strings', () => {
    const { events, shapes, rejects } = read(sampleOf('aks-resource-specific.ndjson'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual(Array.from({ length: 2 }, () => ['aks-resource-specific', 'raw-event']));
    const all = { cluster: 'test-aks', user: 'dev@example.org', namespace: 'prod', stage: 'ResponseComplete' };
    expect(events.map(essence)).toEqual([
      {
        ...all,
        auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01',
        verb: 'get',
        resource: 'secrets',
        name: 'db',
        code: 200,
        level: 'Metadata',
      },
      {
        ...all,
        auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a02',
        verb: 'create',
        resource: 'pods',
        name: 'web-0',
        code: 201,
        level: 'RequestResponse',
      },
    ]);
    expect(events.map(({ decision, sourceIps }) => [decision, sourceIps])).toEqual([
      ['allow', ['10.0.0.5']],
      ['allow', ['10.0.0.5']],
    ]);
    // The word that stands for a large object is no object.
    expect(events[1]!.requestObject).toBeUndefined();
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it('takes the same from a row as from the event, and bodies as they are', () => {
    const body = { kind: 'Pod', metadata: { name: 'web-0' }, spec: { hostPID: true } };
    for (const RequestObject of [body, JSON.stringify(body)]) {
      const { events } = read(row({ RequestObject }));
      expect(events.map(({ userAgent, uri }) => [userAgent, uri])).toEqual([[event.userAgent, event.requestURI]]);
      expect(events[0]!.user.groups).toEqual((event.user as { groups: string[] }).groups);
      expect(JSON.parse(JSON.stringify(events[0]!.requestObject))).toEqual(body);
    }
  });

  it('lets no string end the event and begin another', () => {
    const forged = '{"username":"nobody"},"user":{"username":"system:admin","groups":["system:masters"]},"x":{}';
    const { events } = read(row({ User: forged, ObjectRef: '{"resource":"pods"} {}', Annotations: '{"a":' }));
    expect(events.map((each) => [each.user.name, each.resource, each.annotation('a')])).toEqual([['', '', '']]);
  });

  it('rejects a row without times, and leaves one without a verb', () => {
    expect(read(row({ StageReceivedTime: undefined, RequestReceivedTime: 5 })).rejects).toMatchObject([
      { shape: 'aks-resource-specific', reason: 'no usable time' },
    ]);
    expect(read(row({ Verb: undefined })).rejects).toMatchObject([{ shape: 'unknown', reason: 'not an event' }]);
  });
});
