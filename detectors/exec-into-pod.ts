import { z } from 'zod';
import type { AuditEvent, CommandTrait, Contribution, Facts, Finding, Severity } from '../src/model/index.ts';
import { defineDetector, duration, formatDuration, HOUR } from '../src/model/index.ts';

const params = z.object({
  window: duration('15m').describe('The span in which the pods that one actor enters are counted'),
  pods: z.int().min(2).max(100).default(4).describe('Different pods entered in the window that make it a tour'),
});
type Params = z.output<typeof params>;

const TRAITS: ReadonlyMap<CommandTrait, readonly [string, number]> = new Map([
  ['reverse-shell', ['opens a reverse shell', 70]],
  ['token', ['reads a service account token', 50]],
  ['metadata', ['asks a cloud metadata service', 45]],
  ['sensitive-file', ['reads a sensitive file', 35]],
  ['download', ['fetches from elsewhere', 25]],
  ['copy-out', ['copies files out', 20]],
  ['tool', ['runs an attack or cluster tool', 15]],
  ['shell', ['runs a shell', 5]],
]);
/** What is done, and how much it weighs by itself. */
const DEEDS: ReadonlyMap<string, readonly [did: string, tried: string, points: number]> = new Map([
  ['pods/exec', ['ran a command in', 'run a command in', 10]],
  ['pods/attach', ['attached to', 'attach to', 10]],
  ['pods/portforward', ['forwarded ports of', 'forward ports of', 5]],
  ['pods/ephemeralcontainers', ['put a debug container into', 'put a debug container into', 20]],
  ['pods/proxy', ['sent a request through the API server to', 'send a request through the API server to', 5]],
  ['services/proxy', ['sent a request through the API server to', 'send a request through the API server to', 5]],
  ['nodes/proxy', ['went through the API server to the kubelet of', 'go through the API server to the kubelet of', 20]],
]);
/** Kubelet paths that monitoring reads. */
const MONITORING = /^(metrics|healthz|stats|spec)(\/[\w-]*)*$/;
const KUBELET_COMMAND = /^(run|exec|attach|portforward|cri|checkpoint|debug)(\/|$)/i;
const SYSTEM = /^(kube-|openshift(-|$))/;
const BY_HAND = /^(kubectl|curl|wget|python|httpie|postman|k9s|powershell)/i;

/** Someone gets into a running pod, or past it to the node: one alert per actor and pod. */
export const execIntoPod = defineDetector<Params>({
  id: 'exec-into-pod',
  version: '1',
  name: 'Way into a running pod',
  description: 'A command, an attachment, a forwarded port, a debug container or a proxied request reaches into a pod.',
  category: 'exec',
  eventCategory: ['process', 'session'],
  eventType: ['start'],
  tactics: [{ id: 'TA0002', name: 'Execution' }],
  techniques: [{ id: 'T1609', name: 'Container Administration Command' }],
  needs:
    'Level Metadata for pods/exec, attach, portforward, ephemeralcontainers and the proxies; stage ResponseStarted or ResponseComplete. The command is in the URI. Level Request on pod writes tells which pods are privileged.',
  falsePositives: [
    'A developer in an own pod: info or low.',
    'Operators that run commands in the pods they look after (backups, databases), and jobs that migrate: low.',
    'Dashboards behind services/proxy.',
  ],
  blindSpots: [
    'What is typed into an interactive shell, and what goes through a forwarded port.',
    'Pods whose creation was not seen: how privileged they are is then unknown.',
    'Access to a kubelet that does not pass the API server.',
  ],
  quiet: HOUR,
  params,
  wants: [{ resources: [...DEEDS.keys()] }],
  on(event, memory, facts, { window, pods }) {
    const deed = DEEDS.get(event.resource);
    if (deed === undefined || event.stage === 'RequestReceived' || event.object === undefined) return [];
    if (event.resource === 'pods/ephemeralcontainers' && event.verb === 'get') return [];
    const { namespace, name } = event.object;
    const path = kubeletPath(event);
    if (event.resource === 'nodes/proxy' && READING.has(event.verb) && MONITORING.test(path)) return [];
    const { key, label, class: actorClass } = facts.identity(event);
    const object = `${namespace}/${name}`;
    const entered = event.outcome === 'success';
    const tour = entered ? memory.distinct('pods', key, object, window, 100) : 0;
    const command = facts.command(event);
    const parts: Contribution[] = [
      { what: `${event.resource} (${event.verb})`, points: deed[2] },
      ...(command?.traits ?? []).map((trait) => ({ what: TRAITS.get(trait)![0], points: TRAITS.get(trait)![1] })),
      ...weighPod(event, facts),
      { what: 'a kubelet command', points: event.resource === 'nodes/proxy' && KUBELET_COMMAND.test(path) ? 60 : 0 },
      { what: 'a system namespace', points: SYSTEM.test(namespace) ? 30 : 0 },
      { what: 'a service account', points: actorClass === 'serviceaccount' ? 15 : 0 },
      { what: 'a machine credential used by hand', points: isBorrowed(event, facts) ? 10 : 0 },
      { what: 'a cluster component', points: actorClass === 'control-plane' || actorClass === 'node' ? 30 : 0 },
      { what: 'nobody logged in', points: actorClass === 'anonymous' ? 60 : 0 },
      { what: 'acting as someone else', points: event.impersonated === undefined ? 0 : 20 },
      {
        what: `${tour} different pods`,
        points: tour >= pods && !isOperator(event, facts) ? Math.min(40, 5 * tour) : 0,
      },
    ].filter(({ points }) => points > 0);
    const sum = parts.reduce((total, { points }) => total + points, 0);
    const contributions = entered ? parts : [...parts, { what: 'did not succeed', points: -Math.ceil(sum / 2) }];
    const line = command?.line ?? '';
    const why = parts.slice(1).map(({ what }) => what);
    const finding: Finding = {
      key: `${key} ${object}`,
      severity: severityOf(entered ? sum : Math.floor(sum / 2)),
      action: event.resource.replace('/', '-'),
      reason: (life) =>
        `${clip(label)} ${entered ? deed[0] : `tried to ${deed[1]}`} ` +
        `${kindOf(event)} ${clip(namespace === '' ? name : object)}${entered ? '' : ` but got ${event.code}`}${event.peer === '' ? '' : ` from ${clip(event.peer)}`}` +
        `${line === '' ? '' : `: ${clip(line)}`}${why.length === 0 ? '' : ` (${why.join('; ')})`}` +
        `${life.count > 1 ? `; ${life.count} requests so far` : ''}.`,
      ...(line !== '' && { commandLine: line }),
      window: formatDuration(window),
      observed: { pods: tour },
      threshold: { pods },
      contributions,
      ...(event.resource === 'nodes/proxy' && { techniques: NODE_TECHNIQUES }),
    };
    return [finding];
  },
});

const READING = new Set(['get', 'head', 'list', 'watch']);
const NODE_TECHNIQUES = [
  { id: 'T1609', name: 'Container Administration Command' },
  { id: 'T1611', name: 'Escape to Host' },
];

/** The path behind …/proxy/, without its query. */
function kubeletPath({ uri }: AuditEvent): string {
  const path = uri.split('?', 1)[0]!;
  const at = path.indexOf('/proxy/');
  return at < 0 ? '' : path.slice(at + '/proxy/'.length);
}

const isBorrowed = (event: AuditEvent, facts: Facts): boolean =>
  facts.identity(event).class === 'serviceaccount' &&
  BY_HAND.test(event.userAgent) &&
  !event.user.extra.has('authentication.kubernetes.io/pod-name');

/** Operators visit the pods they look after: backups, databases. */
const isOperator = (event: AuditEvent, facts: Facts): boolean =>
  facts.identity(event).class === 'serviceaccount' && !BY_HAND.test(event.userAgent);

/** What the pod can do for whoever is in it. */
function weighPod(event: AuditEvent, facts: Facts): Contribution[] {
  const { namespace, name } = event.object!;
  if (!event.resource.startsWith('pods/') || event.resource === 'pods/proxy') return [];
  const parts: Contribution[] = [];
  if (event.resource === 'pods/ephemeralcontainers' && addsPrivileged(event.requestObject, 0))
    parts.push({ what: 'the debug container is privileged', points: 35 });
  const pod = facts.pod(namespace, name);
  if (pod === undefined) return parts;
  if (pod.privileged) parts.push({ what: `the pod has ${pod.because.slice(0, 3).map(clip).join(', ')}`, points: 35 });
  const account = `ServiceAccount:${namespace}:${pod.serviceAccount || 'default'}`;
  const strengths = new Set(facts.boundTo(account).map((role) => facts.role(role)?.strength));
  if (strengths.has('admin')) parts.push({ what: 'its service account rules the cluster', points: 35 });
  else if (strengths.has('strong')) parts.push({ what: 'its service account has strong rights', points: 25 });
  else if (strengths.has('secrets')) parts.push({ what: 'its service account reads secrets', points: 15 });
  return parts;
}

/** Whether an ephemeral container in a pod or a patch of it is privileged. */
function addsPrivileged(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > 8) return false;
  if (Array.isArray(value)) return value.slice(0, 100).some((each) => addsPrivileged(each, depth + 1));
  const record = value as Readonly<Record<string, unknown>>;
  if (record['privileged'] === true) return true;
  return ['spec', 'ephemeralContainers', 'securityContext', 'value'].some((name) =>
    addsPrivileged(record[name], depth + 1),
  );
}

const kindOf = ({ resource }: AuditEvent): string =>
  resource.startsWith('nodes/') ? 'node' : resource.startsWith('services/') ? 'service' : 'pod';

function severityOf(score: number): Severity {
  if (score >= 110) return 'critical';
  return score >= 70 ? 'high' : score >= 40 ? 'medium' : score >= 15 ? 'low' : 'info';
}

const clip = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 99).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
