import type { AuditEvent } from '../../model/index.ts';
import { valuesOf } from './query.ts';
import { type JsonRecord, at, listOf, recordOf, textOf } from './shape.ts';

/** What a successful write left behind, as far as the audit level lets it be known. */
export type Written =
  | { readonly to: 'whole'; readonly namespace: string; readonly name: string; readonly object: JsonRecord }
  /** A patch body (an object to merge, or a list of JSON patch operations) without the object it made. */
  | { readonly to: 'patched'; readonly namespace: string; readonly name: string; readonly patch: unknown }
  /** The object was written and nothing of its content is known. */
  | { readonly to: 'unseen'; readonly namespace: string; readonly name: string }
  | { readonly to: 'gone'; readonly namespace: string; readonly name: string }
  /** The whole collection of a namespace; the namespace is empty for cluster-wide kinds. */
  | { readonly to: 'cleared'; readonly namespace: string };

/**
 * Reads a successful, final write of an object of this kind. Empty where nothing changed: a dry run, a deletion that a finalizer
 * still holds up, a collection deleted by a selector without the list of what went.
 */
export function writtenBy(event: AuditEvent, kind: string): readonly Written[] {
  const { object, verb } = event;
  if (object === undefined || isDryRun(event)) return [];
  const response = ofKind(event.responseObject, kind);
  if (verb === 'deletecollection') return collectionGone(event, kind);
  const namespace = textOf(at(response, 'metadata', 'namespace')) || object.namespace;
  const name = textOf(at(response, 'metadata', 'name')) || object.name;
  if (verb === 'delete') return response && isHeld(response) ? [] : [{ to: 'gone', namespace, name }];
  if (response) {
    const done = isTerminating(response) && !isHeld(response);
    return [done ? { to: 'gone', namespace, name } : { to: 'whole', namespace, name, object: response }];
  }
  return [fromRequest(event, kind, namespace, name)];
}

/** What the request's body tells of the object, whatever became of it. */
export function fromRequest(event: AuditEvent, kind: string, namespace: string, name: string): Written {
  const body = event.requestObject;
  const object = recordOf(body);
  // A patch that made the object (server-side apply, code 201) holds all of it.
  const isWhole = event.verb === 'create' || event.verb === 'update' || (event.verb === 'patch' && event.code === 201);
  if (object && isWhole && (object['kind'] === undefined || object['kind'] === kind))
    return { to: 'whole', namespace, name: name || textOf(at(object, 'metadata', 'name')), object };
  if (event.verb === 'patch' && (object !== undefined || Array.isArray(body)))
    return { to: 'patched', namespace, name, patch: body };
  return { to: 'unseen', namespace, name };
}

function collectionGone(event: AuditEvent, kind: string): readonly Written[] {
  const list = ofKind(event.responseObject, `${kind}List`);
  const items = listOf(list?.['items']);
  if (items.length > 0) {
    return items.flatMap((item): Written[] => {
      const name = textOf(at(item, 'metadata', 'name'));
      const namespace = textOf(at(item, 'metadata', 'namespace'));
      return name === '' || isHeld(item) ? [] : [{ to: 'gone', namespace, name }];
    });
  }
  if (list !== undefined || hasQuery(event.uri, 'labelSelector') || hasQuery(event.uri, 'fieldSelector')) return [];
  const { namespace } = event.object!;
  // The API deletes collections of one namespace at a time.
  return (namespace === '') === kind.startsWith('Cluster') ? [{ to: 'cleared', namespace }] : [];
}

/** A response may be a Status, a Table or PartialObjectMetadata (the client chooses): only the kind itself tells of rules or a spec. */
export function ofKind(value: unknown, kind: string): JsonRecord | undefined {
  const record = recordOf(value);
  return record?.['kind'] === kind ? record : undefined;
}

const isTerminating = (object: unknown): boolean => textOf(at(object, 'metadata', 'deletionTimestamp')) !== '';

/** Deleted objects with finalizers still work. A terminating pod holds no finalizers, as a rule, and is as good as gone. */
const isHeld = (object: unknown): boolean => listOf(at(object, 'metadata', 'finalizers')).length > 0;

/** Whether the request asks for nothing to be changed. */
export const isDryRun = (event: AuditEvent): boolean =>
  hasQuery(event.uri, 'dryRun') ||
  (event.verb.startsWith('delete') &&
    event.bodiesMayHold(['dryRun']) &&
    listOf(at(event.requestObject, 'dryRun')).length > 0);

const hasQuery = (uri: string, parameter: string): boolean =>
  uri.includes('?') && valuesOf(uri, parameter).some((value) => value !== '');
