import { COMMIT, type Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { Pod } from '../who.ts';
import { DAY, HOUR, SECOND, type Story } from '../world.ts';

const AGENT = `kubectl/v1.31.4 (linux/amd64) kubernetes/${COMMIT}`;

/**
 * kubectl in cron jobs, each run in a pod of its own: one refreshes the registry's password in every namespace, one dumps databases by
 * a command in their pods, one scales down at night, and an auditor (Popeye) lists every kind once a night.
 */
export function cronKubectl(cluster: Cluster): void {
  const { world } = cluster;
  const make = (account: string, agent = AGENT) =>
    new Pod(world, 'kubectl in cron jobs', 'platform', account, agent, cluster.nodes);
  const refresher = make('registry-refresher');
  const dumper = make('db-dumper');
  const sleeper = make('night-scaler');
  const popeye = make('popeye', 'popeye/v0.21.5 (linux/amd64) kubernetes/$Format');
  world.spawn(refreshing(), world.until(5));
  world.spawn(dumping(), world.until(3));
  world.spawn(scaling(), world.until(20));
  world.spawn(auditing(), world.until(4));

  function* refreshing(): Story {
    for (;;) {
      refresher.restart();
      for (const namespace of cluster.tenants) {
        say(world, refresher, 'get', 'secrets', namespace, 'registry-pull');
        say(world, refresher, 'patch', 'secrets', namespace, 'registry-pull', {
          query: 'fieldManager=kubectl-client-side-apply',
        });
        yield SECOND / 2;
      }
      yield 6 * HOUR;
    }
  }

  function* dumping(): Story {
    for (;;) {
      dumper.restart();
      for (const namespace of cluster.tenants.filter((each) => each.endsWith('-prod')).slice(0, 4)) {
        say(world, dumper, 'get', 'pods', namespace, 'postgres-0');
        yield* stream(world, dumper, 'get', 'pods/exec', namespace, 'postgres-0', world.between(10, 90) * SECOND, {
          query: 'command=sh&command=-c&command=pg_dump+-U+app+app+%7C+gzip&container=postgres&stderr=true&stdout=true',
          code: 101,
        });
      }
      yield DAY - 5 * 60 * SECOND;
    }
  }

  function* scaling(): Story {
    for (;;) {
      sleeper.restart();
      for (const { namespace, name } of cluster.apps.filter((each) => each.namespace.endsWith('-dev')))
        say(world, sleeper, 'patch', 'deployments/scale', namespace, name);
      yield DAY;
    }
  }

  function* auditing(): Story {
    for (;;) {
      popeye.restart();
      for (const kind of 'nodes namespaces pods services endpoints configmaps secrets serviceaccounts deployments statefulsets daemonsets replicasets jobs cronjobs ingresses networkpolicies poddisruptionbudgets horizontalpodautoscalers roles rolebindings clusterroles clusterrolebindings'.split(
        ' ',
      ))
        say(world, popeye, 'list', kind, '', '', { query: 'limit=500' });
      yield DAY;
    }
  }
}
