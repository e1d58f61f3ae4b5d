import { z } from 'zod';
import type { AuditEvent, CommandTrait, Facts, Scale, Strength, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  listed,
  sentence,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('15m').describe('The span in which the pods that one actor enters are counted'),
  pods: z.int().min(2).max(100).default(4).describe('Different pods entered in the window that make it a tour'),
});

const SCALE: Scale = { low: 15, medium: 40, high: 70, critical: 110 };
/** What is done to what, and how much it weighs by itself. */
const DEEDS: ReadonlyMap<string, readonly [did: string, toDo: string, what: string, points: number]> = new Map([
  ['pods/exec', ['ran', 'run', 'a command in pod', 10]],
  ['pods/attach', ['attached', 'attach', 'to pod', 10]],
  ['pods/portforward', ['forwarded', 'forward', 'ports of pod', 5]],
  ['pods/ephemeralcontainers', ['put', 'put', 'a debug container into pod', 20]],
  ['pods/proxy', ['sent', 'send', 'a request through the API server to pod', 5]],
  ['services/proxy', ['sent', 'send', 'a request through the API server to service', 5]],
  ['nodes/proxy', ['went', 'go', 'through the API server to the kubelet of node', 20]],
]);
const TRAITS: Readonly<Record<CommandTrait, Weight>> = {
  'reverse-shell': ['opens a reverse shell', 70],
  token: ['reads a service account token', 50],
  metadata: ['asks a cloud metadata service', 45],
  'sensitive-file': ['reads a sensitive file', 35],
  download: ['fetches from elsewhere', 25],
  'copy-out': ['copies files out', 20],
  tool: ['runs an attack or cluster tool', 15],
  shell: ['runs a shell', 5],
};
/** What the pod's service account may do; the first that holds is told. */
const ACCOUNTS: readonly (readonly [Strength, ...Weight])[] = [
  ['admin', 'its service account rules the cluster', 35],
  ['strong', 'its service account has strong rights', 25],
  ['secrets', 'its service account reads secrets', 15],
];
/** Kubelet paths that monitoring reads. */
const MONITORING = /^(metrics|healthz|stats|spec)(\/[\w-]*)*$/;
const KUBELET_COMMAND = /^(run|exec|attach|portforward|cri|checkpoint|debug)(\/|$)/i;
const NODE_TECHNIQUES = [
  { id: 'T1609', name: 'Container Administration Command' },
  { id: 'T1611', name: 'Escape to Host' },
];

/** Someone gets into a running pod, or past it to the node: one alert per actor and pod. */
export const execIntoPod = defineDetector<z.output<typeof params>>({
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
  next: [
    'Ask the owner of the credential whether it was they, and what for.',
    'See what the pod can do: its service account, its mounts, its node.',
    'Look at what the same actor did in the hour before and after.',
    'Keep the pod and its logs before it is deleted; take every credential in it for stolen.',
  ],
  quiet: HOUR,
  params,
  wants: [{ resources: [...DEEDS.keys()] }],
  on(event, memory, facts, { window, pods }) {
    const deed = DEEDS.get(event.resource);
    if (deed === undefined || event.object === undefined || !isWayIn(event)) return [];
    const [did, toDo, what, base] = deed;
    const { key, label } = facts.identity(event);
    const { namespace, name } = event.object;
    const object = `${namespace}/${name}`;
    const entered = event.outcome === 'success';
    const tour = entered ? memory.distinct('pods', key, object, window, 100) : 0;
    const command = facts.command(event);
    const weights = [
      [`${event.resource} (${event.verb})`, base] as const,
      ...(command?.traits ?? []).map((trait) => TRAITS[trait]),
      ...weighPlace(event, facts),
      ...weighActor(event, facts, tour >= pods ? tour : 0),
    ];
    const all = addUp(weights, SCALE);
    const why = all.contributions.slice(1).map((part) => part.what);
    const left: Weight = ['did not succeed', -Math.ceil(all.points / 2)];
    const { severity, contributions } = entered ? all : addUp([...weights, left], SCALE);
    return [
      {
        key: `${key} ${object}`,
        severity,
        action: event.resource.replace('/', '-'),
        reason: ({ count }) =>
          sentence(
            `${clip(label)} ${entered ? did : `tried to ${toDo}`} ${what} ${clip(namespace === '' ? name : object)}`,
            !entered && `but got ${event.code}`,
            event.peer !== '' && `${entered ? 'from' : ', coming from'} ${clip(event.peer)}`,
            command !== undefined && `: ${clip(command.line)}`,
            why.length > 0 && `(${why.join('; ')})`,
            count > 1 && `; ${count} requests so far`,
          ),
        ...(command !== undefined && { commandLine: command.line }),
        window: formatDuration(window),
        observed: { pods: tour },
        threshold: { pods },
        contributions,
        ...(event.resource === 'nodes/proxy' && { techniques: NODE_TECHNIQUES }),
      },
    ];
  },
});

/** Told once it has begun; reading is no way in. */
function isWayIn(event: AuditEvent): boolean {
  const reads = ['get', 'head', 'list', 'watch'].includes(event.verb);
  if (event.resource === 'pods/ephemeralcontainers' && event.verb === 'get') return false;
  if (event.resource === 'nodes/proxy' && reads && MONITORING.test(proxiedPath(event))) return false;
  return event.stage !== 'RequestReceived';
}

const proxiedPath = ({ uri }: AuditEvent): string => /^[^?]*?\/proxy\/([^?]*)/.exec(uri)?.[1] ?? '';

/** What the pod or node can do for whoever is in it. */
function weighPlace(event: AuditEvent, facts: Facts): readonly Weight[] {
  const { namespace, name } = event.object!;
  const isInside = event.resource.startsWith('pods/') && event.resource !== 'pods/proxy';
  const pod = isInside ? facts.pod(namespace, name) : undefined;
  const bound = pod && facts.boundTo(`ServiceAccount:${namespace}:${pod.serviceAccount || 'default'}`);
  const strengths = bound?.map((role) => facts.role(role)?.strength);
  const [, ...account] = ACCOUNTS.find(([strength]) => strengths?.includes(strength)) ?? ['', '', 0];
  const asksPrivilege = event.resource === 'pods/ephemeralcontainers' && facts.asksPrivilege(event);
  const isCommand = event.resource === 'nodes/proxy' && KUBELET_COMMAND.test(proxiedPath(event));
  return [
    ['the debug container is privileged', asksPrivilege ? 35 : 0],
    [`the pod has ${listed(pod?.because ?? [])}`, pod?.privileged === true ? 35 : 0],
    account,
    ['a kubelet command', isCommand ? 60 : 0],
    ['a system namespace', facts.isSystem(namespace) ? 30 : 0],
  ];
}

function weighActor(event: AuditEvent, facts: Facts, tour: number): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const byHand = ['tool', 'script'].includes(facts.client(event));
  const isAccount = actor === 'serviceaccount';
  // Operators visit the pods they look after: backups, databases.
  const isOperator = isAccount && !byHand;
  return [
    ['a service account', isAccount ? 15 : 0],
    ['a machine credential used by hand', isAccount && byHand && !facts.isPodBound(event.user) ? 10 : 0],
    ['a cluster component', isComponent(actor) ? 30 : 0],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 20],
    [`${tour} different pods`, isOperator ? 0 : Math.min(40, 5 * tour)],
  ];
}
