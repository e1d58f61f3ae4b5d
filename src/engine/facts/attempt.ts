import type { AuditEvent } from '../../model/index.ts';
import { at, listOf, recordOf, textOf } from './shape.ts';
import { fromRequest, ofKind, type Written } from './written.ts';

/** Clocks of one API server, in whole seconds as it writes them, and the time that a request takes. */
const SAME_REQUEST = 120_000;

/** What the write of one object would leave behind, had it succeeded; a dry run and a refusal are read as if they had. */
export function attemptOf(event: AuditEvent, kind: string): Written | undefined {
  const { object, verb } = event;
  if (object === undefined || verb === 'deletecollection') return undefined;
  const made = event.outcome === 'success' ? ofKind(event.responseObject, kind) : undefined;
  const namespace = textOf(at(made, 'metadata', 'namespace')) || object.namespace;
  const name = textOf(at(made, 'metadata', 'name')) || object.name;
  if (verb === 'delete') return { to: 'gone', namespace, name };
  if (made) return { to: 'whole', namespace, name, object: made };
  const asked = fromRequest(event, kind, namespace, name);
  // Refused creations have their name in the body only.
  if (name !== '' || asked.to === 'cleared') return asked;
  return { ...asked, name: textOf(at(event.requestObject, 'metadata', 'name')) };
}

/** Whether the write made the object: an apply may do so, too. */
export const isMaking = (event: AuditEvent): boolean =>
  event.verb === 'create' || (event.verb === 'patch' && event.code === 201);

/**
 * Whether the answer proves that the write changed nothing: an update keeps the resource version that it came with, and no manager of
 * the object's fields has the time of this request.
 */
export function changedNothing(event: AuditEvent): boolean {
  const made = event.outcome === 'success' ? recordOf(at(event.responseObject, 'metadata')) : undefined;
  if (made === undefined || isMaking(event)) return false;
  const version = textOf(at(event.requestObject, 'metadata', 'resourceVersion'));
  if (event.verb === 'update' && version !== '' && version === textOf(made['resourceVersion'])) return true;
  const times = listOf(made['managedFields']).map((entry) => Date.parse(textOf(at(entry, 'time'))));
  return times.length > 0 && times.every((time) => time < event.time / 1_000 - SAME_REQUEST);
}
