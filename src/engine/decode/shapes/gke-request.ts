/** What was asked for, by the names that GKE gives to method and resource. */
export interface GkeRequest {
  readonly verb: string;
  /** The path of the request; its query is in no log. */
  readonly uri: string | undefined;
  /** As an event's objectRef; undefined for a request that is for no object. */
  readonly object: GkeObject | undefined;
}

interface GkeObject {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly apiGroup: string | undefined;
  readonly apiVersion: string;
  readonly subresource: string | undefined;
}

const VERSION = /^v\d{1,3}(?:(?:alpha|beta)\d{1,3})?$/;
/** Subresources of a namespace: anything else behind its name is a resource within it. */
const OF_A_NAMESPACE: ReadonlySet<string> = new Set(['status', 'finalize']);

/**
 * Reads `io.k8s.core.v1.pods.exec.create` and `core/v1/namespaces/dev/pods/web-0/exec`. The method gives the verb; it turns the parts of
 * a group's name around and shortens them, so that the rest is read from the resource, the way the API server reads a path.
 */
export function gkeRequest(method: string, resourceName: string): GkeRequest {
  const verb = method.slice(method.lastIndexOf('.') + 1);
  const path = resourceName.replace(/^\/+/, '').replaceAll('?', '%3F');
  const [group = '', version = '', ...rest] = path.split('/');
  if (rest.length === 0 || !VERSION.test(version) || !method.includes(`.${version}.`))
    return { verb, uri: resourceName === '' ? undefined : `/${path}`, object: undefined };
  const isCore = group === 'core';
  const uri = isCore ? `/api/${path.slice(group.length + 1)}` : `/apis/${path}`;
  const isNamespace = rest[0] === 'namespaces';
  const namespace = isNamespace ? rest[1] : undefined;
  const isWithin = isNamespace && rest.length > 2 && !OF_A_NAMESPACE.has(rest[2]!);
  const [resource = '', name, subresource] = isWithin ? rest.slice(2) : rest;
  return {
    verb,
    uri,
    object: { resource, namespace, name, apiGroup: isCore ? undefined : group, apiVersion: version, subresource },
  };
}
