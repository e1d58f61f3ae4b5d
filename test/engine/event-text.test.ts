import { describe, expect, it } from 'vitest';
import { project } from '../../src/engine/decode/project.ts';
import { EventText } from '../../src/engine/event-text.ts';
import { auditEvent } from '../support/event.ts';

const text = new EventText(new Uint8Array(16));
const event = auditEvent(
  {
    verb: 'create',
    userAgent: 'a\nb',
    objectRef: { resource: 'pods', namespace: 'dev', name: 'x' },
    requestObject: { metadata: { annotations: { note: 'two\nlines' } } },
  },
  { cluster: 'east', received: 1_000_000, reusedAuditId: true },
);

describe('EventText', () => {
  it('reads back what it wrote, whatever line ends the event holds', () => {
    const row = text.write(event);
    expect(row.split('\n')).toHaveLength(2);
    const back = text.read(row)!;
    expect(back).toMatchObject({ cluster: 'east', received: 1_000_000, reusedAuditId: true, userAgent: 'a\nb' });
    expect(back.requestObject).toEqual(event.requestObject);
    expect(text.write(back)).toBe(row);
  });

  it('writes neither receipt nor reuse where there was none', () => {
    const back = text.read(text.write({ ...event, received: undefined, reusedAuditId: false }))!;
    expect(back.received).toBeUndefined();
    expect(back.reusedAuditId).toBe(false);
  });

  it('reads rows of the first versions, which held the event as a member', () => {
    const row = JSON.stringify({ cluster: 'east', received: 1_000_000, event: project(event) });
    const back = text.read(row)!;
    expect(back).toMatchObject({ cluster: 'east', received: 1_000_000, reusedAuditId: false, verb: 'create' });
  });

  it('gives nothing for a row without an event', () => {
    expect(text.read('{"cluster":"east"}\n')).toBeUndefined();
  });
});
