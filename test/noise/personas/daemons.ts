import { namelessAgent, type Cluster } from '../cluster.ts';
import { informer, say } from '../request.ts';
import { Pod } from '../who.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Daemon sets: one service account, a pod, a token and an address on every node. The CSI driver for secrets watches what it syncs
 * and asks for tokens of the pods it mounts for; the Datadog agent asks kubelets through the proxy; a log shipper lacks a right since
 * its last upgrade and is refused on every node.
 */
export function daemons(cluster: Cluster): void {
  const { world } = cluster;
  for (const node of cluster.nodes.slice(0, 30)) {
    const make = (namespace: string, account: string, agent: string) =>
      new Pod(world, 'daemons', namespace, account, agent, [node]);
    world.spawn(
      csi(make('kube-system', 'secrets-store-csi-driver', namelessAgent('secrets-store-csi'))),
      world.roll() * 10 * MINUTE,
    );
    world.spawn(datadog(make('datadog', 'datadog-agent', 'datadog-agent/7.59.0'), node), world.roll() * 10 * MINUTE);
    world.spawn(shipper(make('logging', 'vector', '')), world.roll() * 10 * MINUTE);
  }

  function* csi(pod: Pod): Story {
    world.spawn(informer(world, pod, 'pods'));
    for (;;) {
      const app = world.pick(cluster.apps);
      say(world, pod, 'create', 'serviceaccounts/token', app.namespace, app.account, {
        notes: { 'authentication.kubernetes.io/issued-credential-id': `JTI=${world.uuid()}` },
      });
      say(world, pod, 'list', 'secrets', '', '', { query: 'labelSelector=secrets-store.csi.k8s.io%2Fmanaged%3Dtrue' });
      say(world, pod, 'get', 'secrets', app.namespace, 'api-keys');
      say(world, pod, 'update', 'secrets', app.namespace, 'api-keys');
      pod.renew();
      yield world.between(40, 90) * MINUTE;
    }
  }

  function* datadog(pod: Pod, node: string): Story {
    for (;;) {
      say(world, pod, 'get', 'nodes/proxy/pods', '', node);
      say(world, pod, 'get', 'nodes/proxy/stats/summary', '', node);
      pod.renew();
      yield 45 * MINUTE;
    }
  }

  function* shipper(pod: Pod): Story {
    for (;;) {
      for (const kind of ['nodes', 'namespaces'])
        say(world, pod, 'list', kind, '', '', { query: 'limit=500&resourceVersion=0', code: 403 });
      yield world.between(10, 20) * MINUTE + SECOND;
    }
  }
}
