import type { RawEvent } from '../support/event.ts';
import type { Rewrite } from './scene.ts';

export const without = (event: RawEvent, ...names: readonly string[]): RawEvent =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));

const received = (event: RawEvent): RawEvent => ({
  ...without(event, 'responseObject', 'responseStatus', 'annotations', 'impersonatedUser'),
  stage: 'RequestReceived',
  stageTimestamp: event.requestReceivedTimestamp ?? '',
});

const isUpgrade = ({ stage, verb }: RawEvent): boolean => stage === 'ResponseStarted' || verb === 'watch';

/** What other audit policies would have made of the same requests. */
export const POLICIES: Readonly<Record<string, Rewrite>> = {
  'nothing but metadata': (event) => [{ ...without(event, 'requestObject', 'responseObject'), level: 'Metadata' }],
  'requests without responses': (event) => [
    { ...without(event, 'responseObject'), ...(event.level === 'RequestResponse' && { level: 'Request' }) },
  ],
  'every stage': (event) => (event.stage === 'ResponseComplete' ? [received(event), event] : [event]),
  'every stage, metadata only': (event) => {
    const bare = { ...without(event, 'requestObject', 'responseObject'), level: 'Metadata' };
    return event.stage === 'ResponseComplete' ? [received(bare), bare] : [bare];
  },
  'no ResponseStarted': (event) =>
    event.stage === 'ResponseStarted' && event.responseStatus?.['code'] !== 401 ? [] : [event],
  // A long session that has not ended when the log is cut, or whose end another API server wrote.
  'only the beginning of watches and sessions': (event) =>
    event.stage === 'ResponseComplete' && isUpgrade(event) ? [] : [event],
  // As GKE's policy: reads are not logged but of secrets and the like, nobody's managed fields.
  'no managed fields': (event) => [stripped(event)],
};

/** omitManagedFields of an audit policy. */
function stripped(event: RawEvent): RawEvent {
  const strip = (body: unknown): unknown => {
    if (typeof body !== 'object' || body === null || !('metadata' in body)) return body;
    const { metadata } = body as { metadata: Record<string, unknown> };
    return { ...body, metadata: { ...metadata, managedFields: undefined } };
  };
  return {
    ...event,
    ...('requestObject' in event && { requestObject: strip(event.requestObject) }),
    ...('responseObject' in event && { responseObject: strip(event.responseObject) }),
  };
}
