import { workingPause, type Cluster } from '../cluster.ts';
import { ask, say } from '../request.ts';
import { account } from '../who.ts';
import { HOUR, SECOND, type Story } from '../world.ts';

/**
 * Terraform with its Kubernetes provider, from a runner outside the cluster and with a long-lived token: every plan reads each object
 * it manages one by one, a secret in each of twenty namespaces with them; now and then it applies something.
 */
export function terraform(cluster: Cluster): void {
  const { world } = cluster;
  const who = account(
    world,
    'Terraform',
    'platform',
    'terraform',
    '198.51.100.52',
    'HashiCorp/1.0 Terraform/1.9.8',
    'terraform-token-9k2fx',
  );
  world.spawn(plans(), world.until(8));

  function* plans(): Story {
    for (;;) {
      for (const path of ['/api', '/apis', '/version']) ask(world, who, path);
      for (const namespace of cluster.tenants) {
        say(world, who, 'get', 'namespaces', '', namespace);
        for (const [resource, name] of [
          ['secrets', 'registry-pull'],
          ['configmaps', 'platform'],
          ['resourcequotas', 'default'],
          ['rolebindings', 'team-edit'],
          ['serviceaccounts', 'deployer'],
        ] as const)
          say(world, who, 'get', resource, namespace, name);
        yield SECOND / 3;
      }
      if (world.chance(0.3)) {
        const namespace = world.pick(cluster.tenants);
        say(world, who, 'patch', 'secrets', namespace, 'registry-pull', { query: 'fieldManager=Terraform' });
        say(world, who, 'patch', 'rolebindings', namespace, 'team-edit', {
          query: 'fieldManager=Terraform',
          body: [
            {
              op: 'replace',
              path: '/subjects',
              value: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: `team-${namespace}` }],
            },
          ],
        });
      }
      yield* workingPause(world, HOUR, 3 * HOUR);
    }
  }
}
