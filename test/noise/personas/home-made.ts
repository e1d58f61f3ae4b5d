import type { Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { account } from '../who.ts';
import { DAY, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Home-made and bought helpers without informers: a kopf operator (Python, aiohttp), a Node.js one that gives no name and fetches secrets
 * one by one in every namespace, Robusta, which runs a command in a pod that fails, and a cloud's posture scanner that lists all it may
 * once a day from outside.
 */
export function homeMade(cluster: Cluster): void {
  const { world } = cluster;
  const make = (namespace: string, name: string, agent: string) =>
    cluster.operator({ persona: 'home-made operators', namespace, account: name, agent, watches: [] });
  const kopf = make('tenancy', 'tenant-operator', 'kopf/1.37.2');
  const node = make('mail-prod', 'dkim-rotator', '');
  const robusta = make('robusta', 'robusta-runner', 'OpenAPI-Generator/26.1.0/python');
  const posture = account(
    world,
    'posture scanner',
    'posture',
    'connector',
    '198.51.100.99',
    'Go-http-client/2.0',
    'connector-token-b7d2s',
  );
  world.spawn(watching());
  world.spawn(rotating(), MINUTE);
  world.spawn(helping(), 2 * MINUTE);
  world.spawn(scanning(), world.until(4));

  function* watching(): Story {
    for (;;) {
      say(world, kopf, 'list', 'secrets');
      yield* stream(world, kopf, 'watch', 'secrets', '', '', world.between(5, 10) * MINUTE, {
        query: 'resourceVersion=881234&watch=true',
      });
      say(world, kopf, 'patch', 'secrets', world.pick(cluster.tenants), 'tenant-credentials');
    }
  }

  function* rotating(): Story {
    for (;;) {
      for (const namespace of cluster.tenants) {
        say(world, node, 'get', 'secrets', namespace, 'dkim', namespace.endsWith('dev') ? { code: 404 } : {});
        yield SECOND;
      }
      yield 2 * 60 * MINUTE;
    }
  }

  function* helping(): Story {
    for (;;) {
      const app = world.pick(cluster.apps);
      say(world, robusta, 'get', 'pods', app.namespace, app.pods[0]);
      say(world, robusta, 'get', 'pods/log', app.namespace, app.pods[0]);
      yield* stream(world, robusta, 'get', 'pods/exec', app.namespace, app.pods[0]!, 2 * SECOND, {
        query: `command=bash&command=-c&command=df+-h&container=${app.name}&stderr=True&stdout=True`,
        code: 101,
      });
      yield world.between(20, 200) * MINUTE;
    }
  }

  function* scanning(): Story {
    for (;;) {
      for (const kind of [
        'nodes',
        'namespaces',
        'pods',
        'deployments',
        'daemonsets',
        'statefulsets',
        'cronjobs',
        'services',
        'ingresses',
        'networkpolicies',
        'serviceaccounts',
        'roles',
        'rolebindings',
        'clusterroles',
        'clusterrolebindings',
        'configmaps',
        'persistentvolumes',
      ])
        say(world, posture, 'list', kind, '', '', { query: 'limit=500' });
      say(world, posture, 'list', 'secrets', '', '', { query: 'limit=500', code: 403 });
      yield DAY;
    }
  }
}
