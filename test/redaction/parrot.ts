import { z } from 'zod';
import { defineDetector, HOUR, type AuditEvent } from '../../src/model/index.ts';

const META = {
  version: '1.0.0',
  name: 'Parrot',
  description: 'Says all that a detector can see.',
  category: 'meta',
  eventCategory: ['configuration'],
  eventType: ['info'],
  tactics: [],
  techniques: [],
  needs: 'Anything.',
  falsePositives: [],
  blindSpots: [],
  next: [],
  quiet: HOUR,
  params: z.object({}),
  wants: [{}],
} as const;

/** Everything of an event, as text. */
export function everythingOf(event: AuditEvent): string {
  const { user, impersonated, object, requestObject, responseObject } = event;
  const extra = [...user.extra, ...(impersonated?.extra ?? [])];
  const { annotations } = event as { annotations?: ReadonlyMap<string, string> };
  const rest = [
    event.auditId,
    event.uri,
    event.verb,
    event.resource,
    event.stage,
    event.statusReason,
    event.statusMessage,
  ];
  const who = [user, impersonated, extra, event.sourceIps, event.peer, event.userAgent];
  return JSON.stringify([
    rest,
    who,
    object,
    [...(annotations ?? [])],
    event.decisionReason,
    requestObject,
    responseObject,
  ]);
}

/** Puts everything that a detector can see into an alert, its key and what is remembered: the worst that a detector can do. */
export const parrot = defineDetector({
  ...META,
  id: 'parrot',
  on(event, memory) {
    const text = everythingOf(event);
    memory.distinct('all', event.auditId, text, HOUR, 100);
    memory.firstSeen('uri', event.uri, HOUR);
    memory.count('agents', event.userAgent, HOUR, 10);
    return [
      {
        key: `${event.auditId} ${event.uri}`,
        severity: 'medium',
        reason: () => text,
        action: event.statusMessage,
        commandLine: event.uri,
      },
    ];
  },
});

/** Fails on every event, with all of it in the message. */
export const thrower = defineDetector({
  ...META,
  id: 'thrower',
  on(event) {
    throw new Error(everythingOf(event));
  },
});
