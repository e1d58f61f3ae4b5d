import { z } from 'zod';
import type { Aim, AttackRef, AuditEvent, BoundRole, CommandTrait, Facts, Memory, Micros } from '../src/model/index.ts';
import type { Reached, Scale, Sighting, Strength, Trait, Weight } from '../src/model/index.ts';
import { addUp, clip, defineDetector, duration, hasBegun, HOUR, isComponent, listed } from '../src/model/index.ts';
import { sentence, toldOnce, isTool, baselineOf } from '../src/model/index.ts';

const params = z.object({
  known: duration('30d').describe('How long an identity and a workload that it once entered know each other'),
});

const SCALE = { low: 15, medium: 40, high: 70, critical: 110 } satisfies Scale;
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
const TRAITS: Readonly<Record<CommandTrait, readonly [what: string, points: number, technique?: AttackRef]>> = {
  'reverse-shell': ['opens a reverse shell', 70, { id: 'T1059.004', name: 'Unix Shell' }],
  miner: ['digs for coins', 60, { id: 'T1496', name: 'Resource Hijacking' }],
  token: ['reads a service account token', 50, { id: 'T1552.007', name: 'Container API' }],
  escape: ['reaches for the node', 45, { id: 'T1611', name: 'Escape to Host' }],
  metadata: ['asks a cloud metadata service', 45, { id: 'T1552.005', name: 'Cloud Instance Metadata API' }],
  'sensitive-file': ['reads a sensitive file', 35, { id: 'T1552.001', name: 'Credentials In Files' }],
  'fetch-and-run': ['runs what it fetched', 30, { id: 'T1105', name: 'Ingress Tool Transfer' }],
  foothold: ['leaves something behind to come back', 30, { id: 'T1053.003', name: 'Cron' }],
  disguised: ['hides what it runs', 30, { id: 'T1027', name: 'Obfuscated Files or Information' }],
  'cover-up': ['wipes its tracks', 25, { id: 'T1070', name: 'Indicator Removal' }],
  download: ['fetches from elsewhere', 20, { id: 'T1105', name: 'Ingress Tool Transfer' }],
  'copy-out': ['copies files out', 20, { id: 'T1005', name: 'Data from Local System' }],
  tool: ['runs an attack or cluster tool', 15],
  shell: ['runs a shell', 5],
};
const AIMS: Readonly<Record<Aim, number>> = {
  command: 60,
  sensitive: 35,
  logs: 10,
  inventory: -15,
  other: 0,
};
/** From so many points on, what a command does is told every time. */
const HARM = 25;
/** What the pod's service account may do; the first that holds is told. */
const ACCOUNTS: readonly (readonly [Strength, ...Weight])[] = [
  ['admin', 'its service account rules the cluster', 35],
  ['strong', 'its service account has strong rights', 25],
  ['secrets', 'its service account reads secrets', 15],
];
/** The most that a place weighs for an administrator: whoever holds the cluster needs no pod of it. */
const RULERS_PLACE = 15;
/** So long something new stays new: an attack's first hours, but not the next night. */
const SETTLING = 12 * HOUR;
const ADMINISTRATION: AttackRef = { id: 'T1609', name: 'Container Administration Command' };

/** Someone gets into a running pod, or past it to the node: one alert per actor and workload. */
export const execIntoPod = defineDetector<z.output<typeof params>>({
  id: 'exec-into-pod',
  version: '2',
  name: 'Way into a running pod',
  description: 'A command, an attachment, a forwarded port, a debug container or a proxied request reaches into a pod.',
  category: 'exec',
  eventCategory: ['process', 'session'],
  eventType: ['start'],
  tactics: [{ id: 'TA0002', name: 'Execution' }],
  techniques: [ADMINISTRATION],
  needs:
    'Level Metadata for pods/exec, attach, portforward, ephemeralcontainers and the proxies; stage ResponseStarted to hear of a session when it begins, else ResponseComplete when it ends. The command is in the URI; that of a debug container needs level Request. Level Request on writes of pods and workloads tells which pods are privileged and whose account they run as.',
  falsePositives: [
    'A developer in an own pod, a debug container, a forwarded port: info or low.',
    'Operators that run commands in the pods they look after (backups, databases, runners): low.',
    'Dashboards behind services/proxy: info.',
    'A shell in a system namespace by somebody who is not known as administrator: medium, once for each workload.',
  ],
  blindSpots: [
    'What is typed into an interactive shell, and what goes through a forwarded port.',
    'Pods whose creation, and whose workload, was not seen: how privileged they are is then unknown.',
    'Access to a kubelet that does not pass the API server.',
    'A stolen operator credential used through the same program, from the same network, for the same kind of command.',
    'A command hidden by encryption, compression or a file that was put there before.',
  ],
  next: [
    'Ask the owner of the credential whether it was they, and what for.',
    'See what the pod can do: its service account, its mounts, its node.',
    'Look at what the same actor did in the hour before and after.',
    'Keep the pod and its logs before it is deleted; take every credential in it for stolen.',
  ],
  quiet: 6 * HOUR,
  params,
  wants: [{ resources: [...DEEDS.keys()] }],
  on(event, memory, facts, { known: span }) {
    const deed = DEEDS.get(event.resource);
    const reached = facts.reached(event);
    if (deed === undefined || reached === undefined || hasBegun(event, memory)) return [];
    const [did, toDo, what, base] = deed;
    const { key, label } = facts.identity(event);
    const workload = `${reached.isPod ? 'pod' : event.resource.slice(0, -'/proxy'.length)} ${reached.namespace}/${reached.workload}`;
    const entered = event.outcome === 'success' && facts.fate(event) !== 'dry run';
    const met = entered ? remember(event, key, `${key} ${workload}`, reached.namespace, span, memory) : undefined;
    const command = facts.command(event);
    const traits = (command?.traits ?? []).map((trait) => TRAITS[trait]);
    const weights: readonly Weight[] = [
      [`${event.resource} (${event.verb})`, base],
      ...traits.map(([text, points]): Weight => [text, points]),
      ...weighPlace(event, facts, reached),
      ...weighActor(event, facts, reached, met),
    ];
    const all = addUp(weights, SCALE);
    const why = all.contributions.flatMap(({ what: words, points: each }, index) =>
      index > 0 && each > 0 ? [words] : [],
    );
    const left: Weight = ['did not succeed', -Math.ceil(all.points / 2)];
    const isHarm = traits.some(([, points]) => points >= HARM);
    const same = `${key} ${workload} ${event.resource} ${command?.line ?? ''}`;
    const told = isHarm || !entered ? all : toldOnce(all, same, event, memory, span, SCALE.medium);
    const { points, severity, contributions } = entered ? told : addUp([...weights, left], SCALE);
    // Through a machine that acts for many people all of them go in one alert, unless it is grave.
    const isBridge = event.impersonated !== undefined && facts.classOf(event.user) === 'serviceaccount';
    const bridge = isBridge && points < SCALE.high ? key.split(' as ', 1)[0] : undefined;
    return [
      {
        key: bridge === undefined ? `${key} ${workload}` : `${bridge} as others`,
        severity,
        action: event.resource.replace('/', '-'),
        reason: ({ count }) =>
          sentence(
            `${clip(label)} ${entered ? did : `tried to ${toDo}`} ${what} ${clip(objectOf(event))}`,
            event.resource === 'nodes/proxy' &&
              reached.isPod &&
              `, into pod ${clip(`${reached.namespace}/${reached.name}`)}`,
            !entered && `but got ${event.code}`,
            event.peer !== '' && `${entered ? 'from' : ', coming from'} ${clip(event.peer)}`,
            command !== undefined && `: ${clip(command.line)}`,
            why.length > 0 && `(${why.join('; ')})`,
            count > 1 && `; ${count} requests so far`,
          ),
        ...(command !== undefined && { commandLine: command.line }),
        observed: { points },
        threshold: { points: SCALE.medium },
        baseline: baselineOf(event, facts),
        contributions,
        techniques: techniquesOf(event, traits),
      },
    ];
  },
});

const objectOf = ({ object }: AuditEvent): string =>
  object?.namespace ? `${object.namespace}/${object.name}` : (object?.name ?? '');

/** What the pod or node can do for whoever is in it. */
function weighPlace(event: AuditEvent, facts: Facts, reached: Reached): readonly Weight[] {
  const { namespace, name, aim, because, isPod } = reached;
  const isInside = isPod && (aim === undefined || aim === 'command');
  const pod = isInside ? facts.pod(namespace, name) : undefined;
  // Of plain pods nothing is kept: they run as the default account.
  const bound = isInside ? facts.boundTo(`ServiceAccount:${namespace}:${pod?.serviceAccount || 'default'}`) : [];
  const strengths = new Set(bound.map((role) => strengthIn(role, facts)));
  const [, ...account] = ACCOUNTS.find(([strength]) => strengths.has(strength)) ?? ['', '', 0];
  const isSystem = facts.isSystem(namespace) && !facts.isSystem(homeOf(event));
  const place: readonly Weight[] = [
    [`the pod has ${listed(pod?.because ?? [])}`, pod?.privileged === true ? 35 : 0],
    account,
    ['a system namespace', isSystem ? (isInside ? 25 : 15) : 0],
  ];
  const asksPrivilege = event.resource === 'pods/ephemeralcontainers' && facts.asksPrivilege(event);
  const tooMuch = addUp(place).points - RULERS_PLACE;
  return [
    ...place,
    ['it rules the cluster without the pod', tooMuch > 0 && isRuler(event, facts) ? -tooMuch : 0],
    ['the debug container is privileged', asksPrivilege ? 35 : 0],
    [because || (aim === 'inventory' ? 'it only asks what runs there' : 'log files of the node'), AIMS[aim ?? 'other']],
  ];
}

/** Whoever rules one namespace does not rule the cluster. */
function strengthIn({ scope, ...role }: BoundRole, facts: Facts): Strength | undefined {
  const strength = facts.role(role)?.strength;
  return strength === 'admin' && scope !== '' ? 'strong' : strength;
}

/** Whether it is known to be an administrator of the whole cluster, with rights of its own. */
function isRuler(event: AuditEvent, facts: Facts): boolean {
  if (facts.authority(event) !== undefined) return true;
  if (event.impersonated !== undefined || facts.identity(event).class !== 'human') return false;
  const holds = ({ scope, ...role }: BoundRole) => scope === '' && facts.role(role)?.strength === 'admin';
  return facts.subjectsOf(event.user).some((each) => facts.boundTo(each).some(holds));
}

/** How things are between the identity and what it enters. */
interface Acquaintance {
  /** Its first way into this workload. */
  readonly isNewPair: boolean;
  /** It does such things, and in this namespace, since a short while at most. */
  readonly isNewDeed: boolean;
  readonly isNewPlace: boolean;
  /** Its credential has acted as others for long: a bridge that people go through, which was told when it began. */
  readonly isBridge: boolean;
}

function remember(event: AuditEvent, key: string, pair: string, namespace: string, known: Micros, memory: Memory) {
  const isNew = ({ since }: Sighting): boolean => event.time - since < SETTLING;
  return {
    isNewPair: memory.firstSeen('pair', pair, known).isNew,
    isNewDeed: isNew(memory.firstSeen('deed', `${key} ${event.resource}`, known)),
    isNewPlace: isNew(memory.firstSeen('place', `${key} ${namespace}`, known)),
    isBridge: event.impersonated !== undefined && !isNew(memory.firstSeen('bridge', event.user.name, known)),
  };
}

function weighActor(event: AuditEvent, facts: Facts, reached: Reached, met?: Acquaintance): readonly Weight[] {
  const { user, impersonated } = event;
  const real = facts.classOf(user);
  const { class: actor } = facts.identity(event);
  const isAccount = actor === 'serviceaccount';
  const byHand = isByHand(event, facts, reached);
  const isBound = facts.isPodBound(user);
  const issued = isAccount && !isBound ? facts.issued(event) : undefined;
  return [
    ['a service account', isAccount ? (byHand ? 15 : 5) : 0],
    ['a machine credential used by hand', isAccount && byHand && !isBound ? 10 : 0],
    [`its token was asked for by ${clip(issued?.label ?? '')}`, issued ? 10 : 0],
    ['a service account at a terminal', isAccount && reached.hasTerminal ? 15 : 0],
    ['a cluster component', isComponent(actor) || isComponent(real) ? 30 : 0],
    ['nobody logged in', actor === 'anonymous' || real === 'anonymous' ? 60 : 0],
    ['acting as someone else', impersonated === undefined ? 0 : met?.isBridge ? 5 : 20],
    ['as a member of system:masters', impersonated?.groups.includes('system:masters') ? 20 : 0],
    ['a service account behind it', impersonated && real === 'serviceaccount' && byHand && !met?.isBridge ? 15 : 0],
    ...weighNovelty(event, facts, reached, met),
  ];
}

const isByHand = (event: AuditEvent, facts: Facts, { hasTerminal }: Reached): boolean =>
  hasTerminal || isTool(facts.client(event));

/**
 * What the identity never did before. A machine has habits, people travel and change their tools. An operator enters what it looks after
 * (backups, databases, builds), also new ones: only from elsewhere or by other means it is none. Of one first step one word is told, and
 * it weighs little for who comes as ever.
 */
function weighNovelty(event: AuditEvent, facts: Facts, reached: Reached, met?: Acquaintance): readonly Weight[] {
  const { isEnough, isNewcomer } = facts.history(event);
  const isUnusual = (trait: Trait): boolean => facts.habit(event, trait) === 'unusual';
  const isAccount = facts.identity(event).class === 'serviceaccount';
  const byHand = isByHand(event, facts, reached);
  const isAtHome = isAccount && homeOf(event) === reached.namespace;
  const isElsewhere = isUnusual('network') || isUnusual('agent');
  const isOperator = isAccount && facts.isPodBound(event.user) && !byHand && !isElsewhere && reached.aim === undefined;
  const isNewDeed = isUnusual('deed') && (met?.isNewDeed ?? true);
  const isNewPlace = isUnusual('namespace') && (met?.isNewPlace ?? true) && !isOperator;
  const isNewPair = isEnough && met?.isNewPair === true && reached.isPod && !isOperator && !isAtHome;
  const first = [
    isNewDeed && 'it never did such a thing',
    isNewPlace && 'never in this namespace',
    isNewPair && 'its first way into this workload',
  ].find((what) => what !== false);
  const isStrange = isAccount && (isElsewhere || (byHand && !isAtHome));
  return [
    ['an operator by its own client', isOperator ? (isAtHome ? -15 : -10) : 0],
    [first ?? '', first === undefined ? 0 : isStrange ? 10 : 3],
    ['never from this network', isUnusual('network') ? (isAccount ? 25 : 5) : 0],
    ['never with this program', isUnusual('agent') ? (isAccount ? 20 : 5) : 0],
    ['both at once', !isAccount && isUnusual('network') && isUnusual('agent') ? 15 : 0],
    ['not seen before today', isNewcomer && !isOperator ? 10 : 0],
  ];
}

/** The namespace of a service account, empty for others. */
const homeOf = ({ user }: AuditEvent): string => /^system:serviceaccount:([^:]+):/.exec(user.name)?.[1] ?? '';

function techniquesOf(
  { resource }: AuditEvent,
  traits: readonly (typeof TRAITS)[CommandTrait][],
): readonly AttackRef[] {
  const escape = TRAITS.escape[2]!;
  const proxy = { id: 'T1090', name: 'Proxy' };
  const own = resource === 'nodes/proxy' ? [escape] : resource === 'pods/portforward' ? [proxy] : [];
  const all = [ADMINISTRATION, ...own, ...traits.flatMap(([, , technique]) => technique ?? [])];
  return [...new Map(all.map((each) => [each.id, each])).values()];
}
