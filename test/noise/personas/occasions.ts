import { CONTROL_PLANE_IP, namelessAgent, type Cluster } from '../cluster.ts';
import { informer, say } from '../request.ts';
import { account } from '../who.ts';
import { DAY, HOUR, MINUTE, SECOND, type Story } from '../world.ts';
import type { ControlPlane } from './control-plane.ts';
import { Kubectl } from './kubectl.ts';
import { rollout } from './workloads.ts';

/**
 * Days out of the ordinary. A node is drained at noon. In the second night the platform is upgraded: every operator starts anew in
 * another pod and on another node, half of them in a new version, and lists what it caches; the control plane changes its leader, and its
 * informers list anew as the service accounts of their loops; the API server looks through its own roles. One night there is an
 * incident: an on-call developer and an administrator look into every pod of a service, its secrets and its database.
 */
export function occasions(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  const admin = new Kubectl(world, 'occasions', 'ibrahim@example.com', ['platform-admins'], '10.8.9.20');
  world.spawn(drains(), world.until(12));
  world.spawn(upgrades(), 1.2 * DAY);
  world.spawn(moves(), 2 * HOUR);
  world.spawn(incident(), 1.1 * DAY);

  function* drains(): Story {
    for (;;) {
      const node = cluster.nodes[world.count(0, 30)]!;
      admin.get('nodes', '', node);
      admin.do('patch', 'nodes', '', node, 'drain');
      admin.get('pods', '');
      for (const app of world.some(cluster.apps, 8)) {
        say(world, admin.who, 'create', 'pods/eviction', app.namespace, app.pods[0]!, {
          body: { kind: 'Eviction', metadata: { name: app.pods[0] } },
        });
        admin.get('pods', app.namespace, app.pods[0]!, 404);
        world.spawn(rollout(cluster, plane, app), SECOND);
        yield world.between(2, 20) * SECOND;
      }
      yield 20 * MINUTE;
      admin.do('patch', 'nodes', '', node, 'drain');
      yield DAY - 30 * MINUTE;
    }
  }

  function* upgrades(): Story {
    for (;;) {
      leaderChange();
      for (const [index, { pod, restart }] of cluster.operators.entries()) {
        const [, agent = ''] = /"userAgent":"([^"]*)"/.exec(pod.json) ?? [];
        restart(
          index % 2 === 0
            ? agent.replace(/(\d+)\.(\d+)\.(\d+)/, (_, major, minor) => `${major}.${Number(minor) + 1}.0`)
            : undefined,
        );
        yield world.between(5, 40) * SECOND;
      }
      yield 1.4 * DAY;
    }
  }

  function leaderChange(): void {
    say(world, plane.manager, 'update', 'leases', 'kube-system', 'kube-controller-manager');
    for (const role of [
      'admin',
      'edit',
      'view',
      'cluster-admin',
      'system:node',
      'system:kube-scheduler',
      'system:aggregate-to-edit',
    ])
      say(world, plane.apiserver, 'get', 'clusterroles', '', role);
    for (const loop of [
      'generic-garbage-collector',
      'resourcequota-controller',
      'namespace-controller',
      'horizontal-pod-autoscaler',
    ])
      for (const resource of ['secrets', 'configmaps', 'pods', 'deployments', 'roles']) {
        const who = account(
          world,
          'control plane',
          'kube-system',
          loop,
          CONTROL_PLANE_IP,
          `${namelessAgent('kube-controller-manager')}/system:serviceaccount:kube-system:${loop}`,
        );
        world.spawn(informer(world, who, resource), world.roll() * 3 * SECOND);
      }
  }

  function* incident(): Story {
    const onCall = new Kubectl(world, 'occasions', 'chidi@example.com', ['team-search', 'developers'], '203.0.113.77');
    const namespace = 'search-prod';
    for (const app of cluster.apps.filter((each) => each.namespace === namespace)) {
      onCall.get('pods', namespace);
      onCall.get('events', namespace);
      for (const pod of app.pods) {
        yield* onCall.logs(namespace, pod, 30 * SECOND);
        yield* onCall.exec(namespace, pod, app.name, ['sh'], world.between(30, 200) * SECOND, true);
      }
    }
    onCall.get('secrets', namespace, 'search-db');
    yield* onCall.forward(namespace, 'postgres-0', 10 * MINUTE);
    admin.get('secrets', namespace);
    admin.get('secrets', namespace, 'search-db');
    yield* admin.exec(
      namespace,
      'postgres-0',
      'postgres',
      ['psql', '-U', 'app', '-c', 'select count(*) from pg_stat_activity'],
      5 * SECOND,
    );
    admin.do('patch', 'deployments', namespace, 'api', 'rollout');
    for (const app of cluster.apps.filter((each) => each.namespace === namespace))
      world.spawn(rollout(cluster, plane, app));
    yield DAY;
  }

  // Pods move: every few hours some operator's pod is replaced.
  function* moves(): Story {
    for (;;) {
      world.pick(cluster.operators).restart();
      yield world.between(0.3, 1.5) * HOUR;
    }
  }
}
