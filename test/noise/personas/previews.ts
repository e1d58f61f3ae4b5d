import { workingPause, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { account } from '../who.ts';
import type { ControlPlane } from './control-plane.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

const CONTENTS =
  'pods services endpoints secrets configmaps serviceaccounts deployments replicasets jobs ingresses roles rolebindings events'.split(
    ' ',
  );

/**
 * Preview environments: for each merge request a pipeline makes a namespace, binds its team to it, copies a pull secret from a namespace
 * of its own, and installs the chart with Helm; when the request is closed the namespace goes, and the namespace controller
 * empties it kind by kind, secrets with the rest.
 */
export function previews(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  const pipeline = account(world, 'previews', 'previews', 'deployer', '198.51.100.43', 'Helm/3.16.3');
  const collector = plane.controller('namespace-controller');
  world.spawn(requests(), world.until(8));

  function* requests(): Story {
    for (let number = 4_000; ; number += 1) {
      world.spawn(environment(`pr-${number}`));
      yield* workingPause(world, 15 * MINUTE, 90 * MINUTE);
    }
  }

  function* environment(namespace: string): Story {
    say(world, pipeline, 'create', 'namespaces', '', namespace, {
      body: { kind: 'Namespace', metadata: { name: namespace } },
    });
    say(world, pipeline, 'create', 'rolebindings', namespace, 'team', {
      body: {
        kind: 'RoleBinding',
        apiVersion: 'rbac.authorization.k8s.io/v1',
        metadata: { name: 'team', namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
        subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'developers' }],
      },
    });
    say(world, pipeline, 'get', 'secrets', 'previews', 'registry-pull');
    say(world, pipeline, 'create', 'secrets', namespace, 'registry-pull');
    for (let push = 0; push < world.count(1, 4); push += 1) {
      say(world, pipeline, 'list', 'secrets', namespace, '', { query: 'labelSelector=name%3Dapp%2Cowner%3Dhelm' });
      say(world, pipeline, 'create', 'secrets', namespace, `sh.helm.release.v1.app.v${push + 1}`);
      for (const resource of ['serviceaccounts', 'secrets', 'configmaps', 'services', 'deployments', 'ingresses']) {
        say(world, pipeline, 'get', resource, namespace, 'app', push === 0 ? { code: 404 } : {});
        say(world, pipeline, push === 0 ? 'create' : 'patch', resource, namespace, 'app');
      }
      yield world.between(20, 200) * SECOND;
      say(world, pipeline, 'update', 'secrets', namespace, `sh.helm.release.v1.app.v${push + 1}`);
      yield world.between(0.2, 2) * HOUR;
    }
    say(world, pipeline, 'delete', 'namespaces', '', namespace);
    yield 2 * SECOND;
    for (const kind of CONTENTS) {
      say(world, collector, 'deletecollection', kind, namespace);
      say(world, collector, 'list', kind, namespace);
    }
    say(world, collector, 'update', 'namespaces/finalize', '', namespace);
  }
}
