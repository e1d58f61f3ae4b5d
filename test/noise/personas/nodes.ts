import { agentOf, tokenFor, type Cluster } from '../cluster.ts';
import { ask, informer, say, stream } from '../request.ts';
import { user, type Who } from '../who.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Kubelets: patch their node's status, renew a lease, watch their pods, and watch each config map and secret that a pod of theirs
 * mounts by its name. For a pod with a token they ask for one. They review the tokens and rights of whoever asks them for metrics.
 */
export function nodes(cluster: Cluster): void {
  const { world } = cluster;
  for (const node of cluster.nodes)
    world.spawn(
      kubelet(cluster, node, () => true),
      world.roll() * 5 * MINUTE,
    );
}

function* kubelet(cluster: Cluster, node: string, isUp: () => boolean): Story {
  const { world } = cluster;
  const who = cluster.kubeletOf(node);
  const until = () => !isUp();
  const watch = (resource: string, namespace = '', name = '') =>
    world.spawn(
      name === ''
        ? informer(world, who, resource, namespace, { until })
        : named(cluster, who, resource, namespace, name, until),
      world.roll() * 20 * SECOND,
    );
  for (const resource of ['pods', 'services', 'csidrivers']) watch(resource);
  for (const app of world.some(cluster.apps, 1)) {
    watch('configmaps', app.namespace, 'kube-root-ca.crt');
    watch('secrets', app.namespace, world.pick(cluster.secretsOf(app.namespace).slice(0, 4)));
  }
  let renewal = 0;
  while (isUp()) {
    say(world, who, 'patch', 'nodes/status', '', node, { query: 'timeout=10s' });
    if (world.chance(0.1)) say(world, who, 'update', 'leases', 'kube-node-lease', node);
    if (world.chance(0.3)) say(world, who, 'create', 'subjectaccessreviews');
    if (world.chance(0.1)) say(world, who, 'create', 'tokenreviews');
    if (world.now > renewal) {
      renewal = world.now + 0.8 * HOUR;
      const app = world.pick(cluster.apps);
      tokenFor(world, who, app.namespace, app.account, world.uuid());
    }
    yield 5 * MINUTE + world.roll() * SECOND;
  }
}

function* named(
  { world }: Cluster,
  who: Who,
  resource: string,
  namespace: string,
  name: string,
  until: () => boolean,
): Story {
  const field = `fieldSelector=metadata.name%3D${name}`;
  say(world, who, 'list', resource, namespace, name, { query: `${field}&limit=500&resourceVersion=0` });
  while (!until()) {
    const seconds = world.count(300, 599);
    yield* stream(world, who, 'watch', resource, namespace, name, seconds * SECOND, {
      query: `allowWatchBookmarks=true&${field}&resourceVersion=771204&timeoutSeconds=${seconds}&watch=true`,
    });
  }
}

/** What a kubelet does for a pod that starts on its node. */
export function* startPod(cluster: Cluster, node: string, namespace: string, pod: string, account: string): Story {
  const { world } = cluster;
  const who = cluster.kubeletOf(node);
  say(world, who, 'get', 'pods', namespace, pod);
  tokenFor(world, who, namespace, account, world.uuid());
  say(world, who, 'list', 'configmaps', namespace, 'kube-root-ca.crt', {
    query: 'fieldSelector=metadata.name%3Dkube-root-ca.crt&limit=500&resourceVersion=0',
  });
  const secret = world.pick(cluster.secretsOf(namespace));
  say(world, who, 'list', 'secrets', namespace, secret, {
    query: `fieldSelector=metadata.name%3D${secret}&limit=500&resourceVersion=0`,
  });
  say(world, who, 'get', 'secrets', namespace, 'registry-pull');
  say(world, who, 'patch', 'pods/status', namespace, pod);
  yield world.between(2, 9) * SECOND;
  say(world, who, 'create', 'events', namespace, `${pod}.18${world.suffix(8)}`);
  say(world, who, 'patch', 'pods/status', namespace, pod);
}

/**
 * The autoscaler's fleet: machines join with a bootstrap token, get their certificate signed and approved, live for some hours,
 * and are gone again.
 */
export function fleet(cluster: Cluster): void {
  const { world } = cluster;
  world.spawn(waves(cluster), world.until(6));
}

function* waves(cluster: Cluster): Story {
  const { world } = cluster;
  for (let wave = 0; ; wave += 1) {
    for (let index = 0; index < world.count(3, 12); index += 1)
      world.spawn(machine(cluster, `burst-${wave}-${world.suffix()}`), world.roll() * 3 * MINUTE);
    yield world.between(20, 75) * MINUTE;
  }
}

function* machine(cluster: Cluster, name: string): Story {
  const { world } = cluster;
  const address = `10.0.${world.count(20, 60)}.${world.count(2, 250)}`;
  const joining = user(
    world,
    'nodes',
    'system:bootstrap:k8x2z1',
    ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token'],
    address,
    agentOf('kubelet'),
    {},
  );
  say(world, joining, 'get', 'configmaps', 'kube-public', 'cluster-info');
  const request = `node-csr-${world.suffix(20)}`;
  say(world, joining, 'create', 'certificatesigningrequests', '', request, {
    body: {
      spec: { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['digital signature', 'client auth'] },
    },
  });
  yield 2 * SECOND;
  say(world, joining, 'get', 'certificatesigningrequests', '', request);
  yield 4 * SECOND;
  const who = cluster.addNode(name);
  // Its first lease and CSINode are refused until the node is there.
  say(world, who, 'get', 'csinodes', '', name, { code: 404 });
  say(world, who, 'create', 'nodes', '', name);
  say(world, who, 'create', 'csinodes', '', name);
  ask(world, who, '/api/v1');
  let isUp = true;
  world.spawn(
    kubelet(cluster, name, () => isUp),
    SECOND,
  );
  for (let pod = 0; pod < 4; pod += 1) {
    const app = world.pick(cluster.apps);
    world.spawn(
      startPod(cluster, name, app.namespace, `${app.name}-${world.suffix(9)}-${world.suffix()}`, app.account),
      10 * SECOND,
    );
  }
  yield world.between(1, 6) * HOUR;
  isUp = false;
  cluster.removeNode(name);
}
