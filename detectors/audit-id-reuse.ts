import { z } from 'zod';
import { clip, defineDetector, HOUR } from '../src/model/index.ts';

const params = z.object({});

/** Two different requests under one Audit-ID: the client chose the id, perhaps so that a reader drops one as a repeat. */
export const auditIdReuse = defineDetector<z.output<typeof params>>({
  id: 'audit-id-reuse',
  version: '1',
  name: 'Audit-ID used twice',
  description: 'Different requests carry the same Audit-ID, which the client may choose.',
  category: 'evasion',
  eventCategory: ['api'],
  eventType: ['info'],
  tactics: [{ id: 'TA0005', name: 'Defense Evasion' }],
  techniques: [{ id: 'T1562', name: 'Impair Defenses' }],
  needs: 'Level Metadata.',
  falsePositives: ['A proxy or a test that sends a fixed Audit-ID header.'],
  blindSpots: ['An id that is used again after the engine has forgotten it (10 minutes or 4 million events).'],
  next: [
    'Look at both requests under that Audit-ID: is one of them a write, or does it touch secrets?',
    'Look at everything else that this actor did in the same hour.',
  ],
  quiet: HOUR,
  params,
  wants: [{ reusedAuditId: true }],
  on: (event, _memory, facts) => {
    const { key, label } = facts.identity(event);
    return [
      {
        key,
        severity: 'low',
        reason: ({ count }) =>
          `${clip(label)} sent ${count === 1 ? 'a request' : `${count} requests`} under an Audit-ID that another request ` +
          `had already used${event.peer === '' ? '' : `, from ${clip(event.peer)}`}: whoever trusts the id would drop one as a repeat.`,
      },
    ];
  },
});
