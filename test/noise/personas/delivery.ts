import { workingPause, type Cluster } from '../cluster.ts';
import { ask, say, stream } from '../request.ts';
import { account } from '../who.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Delivery from outside. Spinnaker runs kubectl all day with a long-lived token and lists every kind of every namespace to keep its
 * picture of the cluster. AWX runs Ansible's Python client: reads and patches whatever a playbook names, secrets as well, and runs
 * a migration in a pod.
 */
export function delivery(cluster: Cluster): void {
  const { world } = cluster;
  const spinnaker = account(
    world,
    'Spinnaker',
    'spinnaker',
    'spinnaker',
    '198.51.100.60',
    'kubectl/v1.22.17 (linux/amd64) kubernetes/a7736ea',
    'spinnaker-token-c4x9k',
  );
  const awx = account(
    world,
    'AWX',
    'platform',
    'awx',
    '198.51.100.61',
    'OpenAPI-Generator/29.0.0/python',
    'awx-token-m2k8d',
  );
  world.spawn(caching(), MINUTE);
  world.spawn(playbooks(), world.until(8));

  function* caching(): Story {
    for (;;) {
      for (const kind of [
        'namespaces',
        'pods',
        'replicasets',
        'deployments',
        'statefulsets',
        'daemonsets',
        'services',
        'ingresses',
        'configmaps',
        'secrets',
        'jobs',
        'networkpolicies',
      ])
        say(world, spinnaker, 'list', kind, '', '', { query: 'limit=500' });
      yield 5 * MINUTE;
    }
  }

  function* playbooks(): Story {
    for (;;) {
      for (const path of ['/version', '/api', '/apis']) ask(world, awx, path);
      for (const namespace of world.some(cluster.tenants, 5)) {
        for (const [resource, name] of [
          ['deployments', 'api'],
          ['configmaps', 'api-config'],
          ['secrets', 'api-keys'],
          ['secrets', 'smtp'],
        ] as const) {
          say(world, awx, 'get', resource, namespace, name);
          say(world, awx, 'patch', resource, namespace, name);
        }
        yield 3 * SECOND;
      }
      const app = world.pick(cluster.apps.filter((each) => each.name === 'api'));
      yield* stream(world, awx, 'get', 'pods/exec', app.namespace, app.pods[0]!, 9 * SECOND, {
        query: 'command=%2Fapp%2Fbin%2Fmigrate&command=up&stderr=True&stdin=False&stdout=True&tty=False',
        code: 101,
      });
      yield* workingPause(world, HOUR, 4 * HOUR);
    }
  }
}
