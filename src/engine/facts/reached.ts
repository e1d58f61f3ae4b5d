import type { AuditEvent, Reached } from '../../model/index.ts';
import { bareName, proxiedBy } from './proxied.ts';
import { workloadOf } from './workload-name.ts';

const WAYS: ReadonlySet<string> = new Set([
  'pods/exec',
  'pods/attach',
  'pods/portforward',
  'pods/ephemeralcontainers',
  'pods/proxy',
  'services/proxy',
  'nodes/proxy',
]);
/** Kubelet paths that name a pod: "exec/namespace/pod/container". */
const OF_A_POD = /^(?:run|exec|attach|portforward|checkpoint|containerlogs)\/([^/]{1,253})\/([^/]{1,253})/i;

/** Where a request into a running pod, a service or a node ends up; undefined for what only looks, and for requests of another kind. */
export function reachedBy(event: AuditEvent): Reached | undefined {
  const { object, resource, stage, verb, uri } = event;
  if (object === undefined || !WAYS.has(resource) || stage === 'RequestReceived') return undefined;
  if (resource === 'pods/ephemeralcontainers' && (verb === 'get' || verb === 'head')) return undefined;
  const proxied = proxiedBy(event);
  const { aim, because = '' } = proxied ?? {};
  if (aim === 'monitoring') return undefined;
  const hasTerminal = /[?&]tty=(?:true|1)(?:&|$)/.test(uri);
  const inside = (aim === 'command' || aim === 'logs') && OF_A_POD.exec(proxied!.path);
  if (inside) {
    const [, namespace = '', name = ''] = inside;
    return { namespace, name, workload: workloadOf(name), isPod: true, aim, because, hasTerminal };
  }
  const { namespace } = object;
  const name = proxied === undefined ? object.name : bareName(object.name);
  const isPod = object.resource === 'pods';
  return { namespace, name, workload: isPod ? workloadOf(name) : name, isPod, aim, because, hasTerminal };
}
