import { CONTROL_PLANE_IP, namelessAgent, type Cluster } from '../cluster.ts';
import { ask, say } from '../request.ts';
import { user } from '../who.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * What is not right, and has not been for a year: a portal that asks every minute for things it may not list, a service that wants
 * config maps at each start, a controller whose lease is refused every ten seconds, a sidecar that lost its role; a load
 * balancer's health check that nobody logs in for; a job that reads an optional secret that is not there.
 */
export function misfits(cluster: Cluster): void {
  const { world } = cluster;
  const make = (namespace: string, account: string, agent: string) =>
    cluster.operator({ persona: 'misfits', namespace, account, agent, watches: [] });
  const portal = make('portal', 'backstage', 'node-fetch/1.0');
  const spring = make('reports-prod', 'default', 'okhttp/4.12.0');
  const elector = make('mail-prod', 'scheduler', namelessAgent('scheduler'));
  const lost = make('search-prod', 'indexer', namelessAgent('main'));
  const balancer = user(world, 'misfits', 'system:anonymous', [], CONTROL_PLANE_IP, 'ELB-HealthChecker/2.0', {});
  const anonymous = { ...balancer, json: balancer.json.replace('system:authenticated', 'system:unauthenticated') };
  world.spawn(portalRounds());
  world.spawn(springStarts(), MINUTE);
  world.spawn(electing(), MINUTE);
  world.spawn(losing(), MINUTE);
  world.spawn(checking(), MINUTE);

  function* portalRounds(): Story {
    for (;;) {
      for (const kind of [
        'pods',
        'services',
        'configmaps',
        'deployments',
        'replicasets',
        'horizontalpodautoscalers',
        'ingresses',
        'jobs',
        'cronjobs',
        'statefulsets',
        'daemonsets',
        'limitranges',
      ])
        say(world, portal, 'list', kind, '', '', {
          query: 'labelSelector=backstage.io%2Fkubernetes-id%3Dshop',
          code: 403,
        });
      for (const kind of ['pods.metrics']) say(world, portal, 'list', kind, '', '', { code: 403 });
      yield MINUTE;
    }
  }

  function* springStarts(): Story {
    for (;;) {
      for (const kind of ['configmaps', 'secrets', 'services', 'pods', 'endpoints'])
        say(world, spring, 'list', kind, 'reports-prod', '', { code: 403 });
      say(world, spring, 'get', 'secrets', 'reports-prod', 'optional', { code: 404 });
      yield world.between(10, 50) * MINUTE;
    }
  }

  function* electing(): Story {
    for (;;) {
      say(world, elector, 'get', 'leases', 'mail-prod', 'scheduler-leader', { code: 403 });
      yield 10 * SECOND;
    }
  }

  function* losing(): Story {
    for (;;) {
      for (const kind of ['secrets', 'nodes', 'pods'])
        say(world, lost, 'list', kind, '', '', { query: 'limit=500&resourceVersion=0', code: 403 });
      yield world.between(20, 60) * SECOND;
    }
  }

  function* checking(): Story {
    for (;;) {
      ask(world, anonymous, '/readyz');
      if (world.chance(0.02)) ask(world, anonymous, '/', 403);
      yield 30 * SECOND;
    }
  }
}
