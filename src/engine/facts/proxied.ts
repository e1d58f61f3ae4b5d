import type { Aim, AuditEvent } from '../../model/index.ts';
import { pathOf } from './query.ts';

/** What a request through the API server's proxy asks for. */
export interface Proxied {
  /** Decoded, dots and doubled slashes resolved as the far side does, without the query and a slash before it. */
  readonly path: string;
  readonly aim: Aim | 'monitoring';
  readonly because: string;
}

/** What stands behind the first proxy of a path; there may be more. */
const BEHIND = /^[^]*?\/(?:pods|services|nodes)\/+[^/]{1,300}\/+proxy\/([^]*)$/;
const READS: ReadonlySet<string> = new Set(['get', 'head', 'list', 'watch']);
const KUBELET_COMMAND = /^(?:run|exec|attach|portforward|cri|checkpoint)(?:\/|$)/i;
const MONITORING =
  /^(?:(?:[\w-]{1,40}\/){0,2}(?:metrics|healthz?|readyz?|livez?|health|ready|live|ping|version|status)(?:\/[\w.-]{1,60}){0,4}|(?:stats|spec)(?:\/[\w-]{1,60}){0,4}|federate|probe|debug\/flags\/v)\/?$/;
const LOGS = /^(?:logs|containerlogs)(?:\/|$)/i;
const INVENTORY = /^(?:pods|runningpods|configz|debug)(?:\/|$)/i;
const KUBELETS: ReadonlySet<string> = new Set(['10250', '10255']);

/** Ports behind which whoever gets there rules a node, a cluster or its secrets; a proxy goes there for no good reason. */
const PORTS: ReadonlySet<string> = new Set([
  '2375',
  '2376',
  '2379',
  '2380',
  '2381',
  '4194',
  '6443',
  '10257',
  '10259',
  '44134',
]);
/** Pages of common programs that give memory, environment or source away, or run code. */
const PAGES =
  /(?:^|\/)(?:actuator\/(?:env|heapdump|gateway|jolokia|logfile|configprops)|jolokia|heapdump|debug\/pprof|\.env|\.git|\.aws|\.ssh|\.kube|server-status|phpinfo(?:\.php)?|latest\/(?:meta-data|user-data|api\/token|dynamic)|computemetadata|metadata\/(?:instance|identity)|v2\/keys|containers\/create|script(?:text)?|_ignition|cgi-bin|web-?shell|wp-admin)(?:\/|\.|$)/i;

/** Undefined where the request goes through no proxy. `name` is that of the reached object, with scheme and port. */
export function proxiedBy(event: AuditEvent): Proxied | undefined {
  if (!event.resource.endsWith('/proxy')) return undefined;
  const path = cleaned(BEHIND.exec(pathOf(event.uri))?.[1] ?? '');
  const port = portOf(event.object?.name ?? '');
  const isKubelet = event.resource === 'nodes/proxy' ? port === '' || KUBELETS.has(port) : KUBELETS.has(port);
  const reads = READS.has(event.verb);
  const told = (aim: Proxied['aim'], because = ''): Proxied => ({ path, aim, because });
  if (isKubelet && KUBELET_COMMAND.test(path)) return told('command', 'a kubelet command');
  if (PORTS.has(port)) return told('sensitive', `port ${port}`);
  if (reads && MONITORING.test(path)) return told('monitoring');
  const page = PAGES.exec(path)?.[0].replace(/^\/|[/.]$/g, '');
  if (page !== undefined && !(isKubelet && event.resource === 'nodes/proxy' && page.startsWith('debug')))
    return told('sensitive', page.slice(0, 60));
  if (isKubelet && LOGS.test(path)) return told('logs');
  if (isKubelet && reads && INVENTORY.test(path)) return told('inventory');
  return isKubelet && event.resource !== 'nodes/proxy'
    ? told('sensitive', `the kubelet's port ${port}`)
    : told('other');
}

/** The port in "https:name:port" or "name:port"; empty where there is none. */
const portOf = (name: string): string => {
  const parts = name.split(':', 4);
  return (parts.length === 3 ? parts[2] : parts.length === 2 ? parts[1] : '') ?? '';
};

/** The name without scheme and port. */
export const bareName = (name: string): string => {
  const parts = name.split(':', 4);
  return (parts.length === 3 ? parts[1] : parts[0]) ?? '';
};

function cleaned(path: string): string {
  const names: string[] = [];
  for (const name of path.slice(0, 8_192).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}
