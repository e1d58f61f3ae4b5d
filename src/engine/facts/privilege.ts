import { cutReasons } from './rules.ts';
import { at, listOf, readable, recordOf, textOf, textsOf } from './shape.ts';

/** How a pod spec reaches beyond its containers. */
export interface Privilege {
  readonly privileged: boolean;
  /** "privileged container", "hostPath /", "hostPID", "capability SYS_ADMIN" …; empty where not privileged. */
  readonly because: readonly string[];
}

/** Any of these is a known way to the node. NET_ADMIN counts only on the host's network. */
const CAPABILITIES: ReadonlySet<string> = new Set([
  'ALL',
  'BPF',
  'DAC_READ_SEARCH',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'PERFMON',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_MODULE',
  'SYS_PTRACE',
  'SYS_RAWIO',
]);

/** Host files that ordinary workloads mount and that give nothing away. */
const HARMLESS_PATHS: readonly string[] = [
  '/etc/localtime',
  '/etc/timezone',
  '/etc/ssl/certs',
  '/etc/pki/ca-trust',
  '/usr/share/zoneinfo',
  '/usr/share/ca-certificates',
];

const CONTAINERS: readonly (readonly [field: string, word: string])[] = [
  ['containers', ''],
  ['initContainers', 'init '],
  ['ephemeralContainers', 'ephemeral '],
];

/**
 * Judges a pod spec, or a pod, pod template or workload that holds one, as deep as templates nest. Capabilities count where they are
 * a way to the node; allowPrivilegeEscalation alone does not.
 */
export function privilegeOf(spec: unknown): Privilege {
  const pod = podSpecOf(spec);
  const because = new Set<string>();
  if (pod === undefined) return { privileged: false, because: [] };
  for (const flag of ['hostPID', 'hostIPC', 'hostNetwork']) if (pod[flag] === true) because.add(flag);
  if (isHostProcess(pod)) because.add('Windows host process');
  for (const [field, word] of CONTAINERS)
    for (const container of listOf(pod[field])) judgeContainer(container, word, pod['hostNetwork'] === true, because);
  for (const volume of listOf(pod['volumes'])) {
    const path = recordOf(at(volume, 'hostPath'));
    const clean = path && cleanPath(textOf(path['path']));
    if (clean !== undefined && !isHarmless(clean)) because.add(`hostPath ${readable(clean, 100)}`);
  }
  const reasons = [...because];
  return { privileged: reasons.length > 0, because: cutReasons(reasons) };
}

function judgeContainer(container: unknown, word: string, onHostNetwork: boolean, because: Set<string>): void {
  const context = at(container, 'securityContext');
  if (at(context, 'privileged') === true) because.add(`privileged ${word}container`);
  if (isHostProcess(container)) because.add('Windows host process');
  if (at(context, 'procMount') === 'Unmasked') because.add('unmasked /proc');
  for (const each of textsOf(at(context, 'capabilities', 'add'))) {
    const name = each.slice(0, 40).toUpperCase().replace(/^CAP_/, '');
    if (CAPABILITIES.has(name) || (onHostNetwork && name === 'NET_ADMIN')) because.add(`capability ${name}`);
  }
}

const isHostProcess = (owner: unknown): boolean =>
  at(owner, 'securityContext', 'windowsOptions', 'hostProcess') === true;

const isHarmless = (path: string): boolean =>
  HARMLESS_PATHS.some((harmless) => path === harmless || path.startsWith(`${harmless}/`));

/** One slash between names, no dots: as the node resolves it. */
function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.slice(0, 4_096).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

/** The pod spec within a spec, pod, template, job template or workload. */
function podSpecOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  let here = recordOf(value);
  // A cron job nests deepest: spec → jobTemplate → spec → template → spec.
  for (let depth = 0; here && depth < 6; depth += 1) {
    if (CONTAINERS.some(([field]) => field in here!) || 'volumes' in here) return here;
    const inner = recordOf(here['spec']) ?? recordOf(here['template']) ?? recordOf(here['jobTemplate']);
    if (!inner) return here;
    here = inner;
  }
  return here;
}

/** Whether an ephemeral container in a pod, or in a patch of it, is privileged. */
export function asksPrivilege(value: unknown, depth = 0): boolean {
  if (depth > 8) return false;
  if (Array.isArray(value)) return value.slice(0, 100).some((each) => asksPrivilege(each, depth + 1));
  const record = recordOf(value);
  if (record === undefined) return false;
  if (record['privileged'] === true) return true;
  return ['spec', 'ephemeralContainers', 'securityContext', 'value'].some((name) =>
    asksPrivilege(record[name], depth + 1),
  );
}
