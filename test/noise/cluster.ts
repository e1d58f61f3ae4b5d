import { DAY, HOUR, MINUTE, SECOND, type Story, type World } from './world.ts';
import { informer, say } from './request.ts';
import { Pod, user, type Who } from './who.ts';

export const COMMIT = 'a51b3b7';
const VERSION = 'v1.34.4';
/** How a part of Kubernetes names itself. */
export const agentOf = (program: string, version = VERSION): string =>
  `${program}/${version} (linux/amd64) kubernetes/${COMMIT}`;
/** What client-go calls a program that nobody gave a name: many operators. */
export const namelessAgent = (program: string): string => `${program}/v0.0.0 (linux/amd64) kubernetes/$Format`;
export const KUBECTL = `kubectl/v1.33.1 (darwin/arm64) kubernetes/8adc0f0`;
export const CONTROL_PLANE_IP = '10.0.0.4';

/** A deployment and its present pods. */
export interface App {
  readonly namespace: string;
  readonly name: string;
  readonly account: string;
  pods: string[];
}

export interface OperatorOptions {
  readonly persona: string;
  readonly namespace: string;
  readonly account: string;
  readonly agent: string;
  /** What it keeps a cache of: everywhere, or "resource namespace". */
  readonly watches: readonly string[];
  /** Elects a leader by this lease. */
  readonly lease?: string;
  readonly listFirst?: boolean;
}

const TEAMS = 'checkout catalog search billing identity media mail reports mobile partner'.split(' ');

/** What everybody shares: nodes, namespaces, workloads, and the kubelets that look after them. */
export class Cluster {
  readonly world: World;
  readonly nodes: string[] = [];
  readonly kubelets = new Map<string, Who>();
  readonly tenants: string[] = TEAMS.flatMap((team) => [`${team}-dev`, `${team}-prod`]);
  readonly namespaces: string[] = [];
  readonly apps: App[] = [];
  readonly operators: { readonly pod: Pod; readonly restart: (agent?: string) => void }[] = [];

  constructor(world: World, nodes: number) {
    this.world = world;
    for (let index = 0; index < nodes; index += 1) this.addNode(`worker-${String(index).padStart(3, '0')}`);
    this.namespaces.push('kube-system', 'default', 'kube-public', ...this.tenants);
    for (const namespace of this.tenants)
      for (const name of ['api', 'web', 'worker', 'redis'])
        this.apps.push({ namespace, name, account: name === 'api' ? 'api' : 'default', pods: this.#podNames(name, 2) });
  }

  addNode(name: string): Who {
    const { world } = this;
    const index = this.kubelets.size;
    const address = `10.0.${1 + (index >> 8)}.${index & 255}`;
    const who = user(world, 'nodes', `system:node:${name}`, ['system:nodes'], address, agentOf('kubelet'));
    const kubelet = { ...who, reason: '""' };
    this.nodes.push(name);
    this.kubelets.set(name, kubelet);
    return kubelet;
  }

  removeNode(name: string): void {
    this.nodes.splice(this.nodes.indexOf(name), 1);
  }

  kubeletOf(node: string): Who {
    return this.kubelets.get(node)!;
  }

  /** Names of the secrets that a namespace has. */
  secretsOf(namespace: string): readonly string[] {
    const team = namespace.split('-')[0]!;
    return [`${team}-db`, `${team}-tls`, 'registry-pull', 'api-keys', 'smtp', `sh.helm.release.v1.${team}.v7`];
  }

  redeploy(app: App): void {
    app.pods = this.#podNames(app.name, 2);
  }

  /** A controller in a pod, with caches, a lease, and a token that is renewed every hour. */
  operator(options: OperatorOptions): Pod {
    const { world } = this;
    const { persona, namespace, account, agent, watches, lease, listFirst } = options;
    const pod = new Pod(world, persona, namespace, account, agent, this.nodes);
    let generation = 0;
    const start = (): void => {
      const mine = generation;
      for (const watch of watches) {
        const [resource = '', where = ''] = watch.split(' ');
        const until = () => mine !== generation;
        world.spawn(
          informer(world, pod, resource, where, { until, listFirst: listFirst ?? true }),
          world.roll() * 5 * SECOND,
        );
      }
    };
    const restart = (other?: string): void => {
      generation += 1;
      pod.restart(other);
      start();
    };
    start();
    world.spawn(this.#renewal(pod), world.roll() * HOUR);
    if (lease !== undefined) world.spawn(election(world, pod, lease), world.roll() * MINUTE);
    this.operators.push({ pod, restart });
    return pod;
  }

  #podNames(name: string, count: number): string[] {
    const hash = this.world.suffix(9);
    return Array.from({ length: count }, () => `${name}-${hash}-${this.world.suffix()}`);
  }

  *#renewal(pod: Pod): Story {
    const { world } = this;
    for (;;) {
      pod.renew();
      tokenFor(world, this.kubelets.get(pod.node)!, pod.namespace, pod.account, pod.credential);
      yield world.between(45, 52) * MINUTE;
    }
  }
}

/** A kubelet fetches a token for a pod. */
export function tokenFor(world: World, kubelet: Who, namespace: string, account: string, credential: string): void {
  say(world, kubelet, 'create', 'serviceaccounts/token', namespace, account, {
    notes: { 'authentication.kubernetes.io/issued-credential-id': `JTI=${credential}` },
  });
}

// Every two seconds in life; most policies drop leases, this one keeps a few.
function* election(world: World, pod: Pod, lease: string): Story {
  for (;;) {
    say(world, pod, 'get', 'leases', pod.namespace, lease);
    say(world, pod, 'update', 'leases', pod.namespace, lease);
    yield world.between(4, 6) * MINUTE;
  }
}

/** Working hours are from seven to seven, UTC, on every day: the made-up company is in Lagos and has a shop. */
const isWorkTime = (world: World): boolean => {
  const hour = Math.floor((world.now % DAY) / HOUR);
  return hour >= 7 && hour < 19;
};

/** Waits, at working hours only. */
export function* workingPause(world: World, least: number, most: number): Story {
  yield world.between(least, most);
  if (!isWorkTime(world)) yield world.until(7) + world.roll() * HOUR;
}
