import { namelessAgent, type Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Database operators: ECK and CloudNativePG cache secrets and read those of their databases; Percona's and Zalando's run commands in
 * the pods they look after (by POST, with the nameless agent of their library, again at each reconciliation); Patroni patches its
 * own pods and endpoints; Strimzi is Java.
 */
export function databases(cluster: Cluster): void {
  const { world } = cluster;
  const make = (namespace: string, account: string, agent: string, watches: string) =>
    cluster.operator({ persona: 'databases', namespace, account, agent, watches: watches.split(',') });
  const eck = make(
    'elastic-system',
    'elastic-operator',
    'elastic-operator/2.15.0 (linux/amd64)',
    'secrets,configmaps,pods,services,statefulsets,elasticsearches',
  );
  const cnpg = make(
    'cnpg-system',
    'cnpg-manager',
    namelessAgent('manager'),
    'secrets,configmaps,pods,jobs,clusters,serviceaccounts,roles,rolebindings',
  );
  const percona = make(
    'percona',
    'percona-xtradb-cluster-operator',
    namelessAgent('percona-xtradb-cluster-operator'),
    'secrets percona,pods,statefulsets',
  );
  const zalando = make(
    'postgres-operator',
    'postgres-operator',
    namelessAgent('postgres-operator'),
    'pods,services,statefulsets,nodes',
  );
  const strimzi = make(
    'kafka',
    'strimzi-cluster-operator',
    'fabric8-kubernetes-client/6.13.4',
    'secrets kafka,configmaps kafka,pods kafka,statefulsets kafka',
  );
  const homes = cluster.tenants.filter((namespace) => namespace.endsWith('-prod'));
  world.spawn(reconciling());
  world.spawn(commanding(), MINUTE);

  function* reconciling(): Story {
    for (;;) {
      const namespace = world.pick(homes);
      for (const name of ['es-elastic-user', 'es-internal-users', 'es-http-certs-public', 'es-transport-certs'])
        say(world, eck, 'get', 'secrets', namespace, name);
      say(world, cnpg, 'get', 'secrets', namespace, 'pg-superuser');
      say(world, cnpg, 'get', 'secrets', namespace, 'pg-app');
      for (const name of ['pg-ca', 'pg-replication', 'pg-server']) say(world, cnpg, 'get', 'secrets', namespace, name);
      say(world, strimzi, 'get', 'secrets', 'kafka', 'cluster-ca');
      say(world, strimzi, 'list', 'secrets', 'kafka', '', { query: 'labelSelector=strimzi.io%2Fcluster%3Dmain' });
      yield world.between(1, 6) * MINUTE;
    }
  }

  function* commanding(): Story {
    for (;;) {
      const namespace = world.pick(homes);
      say(world, percona, 'get', 'secrets', 'percona', 'internal-cluster1');
      yield* stream(
        world,
        percona,
        'create',
        'pods/exec',
        'percona',
        `cluster1-pxc-${world.count(0, 2)}`,
        world.between(0.3, 2) * SECOND,
        {
          query:
            'command=%2Fbin%2Fbash&command=-c&command=mysql+-Nse+%22SELECT+%40%40GLOBAL.wsrep_on%22&container=pxc&stderr=true&stdout=true',
          code: 101,
        },
      );
      if (world.chance(0.2))
        yield* stream(
          world,
          zalando,
          'create',
          'pods/exec',
          namespace,
          `postgres-${world.count(0, 1)}`,
          world.between(0.3, 2) * SECOND,
          {
            query:
              'command=bash&command=-c&command=df+-T+%2Fhome%2Fpostgres%2Fpgdata&container=postgres&stderr=true&stdout=true',
            code: 101,
          },
        );
      yield world.between(5, 15) * MINUTE;
    }
  }
}
