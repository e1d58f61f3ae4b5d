import { namelessAgent, type Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { DAY, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Operators that reach into pods: Rook runs ceph in its toolbox, RabbitMQ's runs rabbitmqctl after a change, Redis' asks each replica for its
 * role; K10 lists, snapshots and quiesces once a night. Argo Workflows reports from pods with the account of each namespace.
 */
export function statefulOperators(cluster: Cluster): void {
  const { world } = cluster;
  const make = (namespace: string, account: string, agent: string, watches: string) =>
    cluster.operator({ persona: 'stateful operators', namespace, account, agent, watches: watches.split(',') });
  const rook = make(
    'rook-ceph',
    'rook-ceph-system',
    'rook/v1.15.5 (linux/amd64) kubernetes/$Format',
    'secrets rook-ceph,configmaps rook-ceph,pods rook-ceph,nodes',
  );
  const rabbit = make(
    'rabbitmq-system',
    'rabbitmq-cluster-operator',
    namelessAgent('manager'),
    'secrets,services,statefulsets,configmaps',
  );
  const redis = make('redis-operator', 'redis-operator', namelessAgent('manager'), 'statefulsets,services');
  const kasten = make('kasten-io', 'k10-k10', 'k10/7.0.11', 'namespaces');
  const workflows = make(
    'argo',
    'argo',
    'argo-workflows/v3.6.0 argo-controller',
    'pods,workflows,secrets argo,serviceaccounts',
  );
  world.spawn(reconciling());
  world.spawn(nightly(), world.until(1));

  function* command(who: typeof rook, namespace: string, pod: string, container: string, words: string): Story {
    yield* stream(world, who, 'create', 'pods/exec', namespace, pod, world.between(0.2, 3) * SECOND, {
      query: `${words
        .split(' ')
        .map((word) => `command=${encodeURIComponent(word)}`)
        .join('&')}&container=${container}&stderr=true&stdout=true`,
      code: 101,
    });
  }

  function* reconciling(): Story {
    for (;;) {
      say(world, rook, 'get', 'secrets', 'rook-ceph', 'rook-ceph-mon');
      yield* command(rook, 'rook-ceph', 'rook-ceph-tools-6d5f9', 'ceph', 'ceph status --format json');
      const namespace = world.pick(cluster.tenants.filter((each) => each.endsWith('-prod')));
      if (world.chance(0.1))
        yield* command(
          rabbit,
          namespace,
          `rabbit-server-${world.count(0, 2)}`,
          'rabbitmq',
          'rabbitmqctl enable_feature_flag all',
        );
      if (world.chance(0.4)) {
        say(world, redis, 'get', 'secrets', namespace, 'redis-auth');
        yield* command(redis, namespace, `redis-${world.count(0, 2)}`, 'redis', 'redis-cli info replication');
      }
      say(world, workflows, 'get', 'secrets', 'argo', 'artifact-store');
      say(world, workflows, 'create', 'pods', namespace, `wf-${world.suffix(8)}`);
      yield world.between(3, 12) * MINUTE;
    }
  }

  function* nightly(): Story {
    for (;;) {
      for (const namespace of cluster.tenants) {
        for (const kind of [
          'pods',
          'persistentvolumeclaims',
          'deployments',
          'statefulsets',
          'secrets',
          'configmaps',
          'services',
        ])
          say(world, kasten, 'list', kind, namespace, '', { query: 'limit=500' });
        if (namespace.endsWith('-prod'))
          yield* command(kasten, namespace, 'postgres-0', 'postgres', 'bash -c psql -c "select pg_backup_start(1)"');
        yield 2 * SECOND;
      }
      yield DAY - MINUTE;
    }
  }
}
