import { namelessAgent, type Cluster } from '../cluster.ts';
import { ask, say } from '../request.ts';
import { DISCOVERY } from '../resources.ts';
import { DAY, HOUR, MINUTE, SECOND, type Story } from '../world.ts';
import type { ControlPlane } from './control-plane.ts';
import { rollout } from './workloads.ts';

const CACHED =
  'applications appprojects secrets configmaps pods services endpoints serviceaccounts namespaces deployments replicasets statefulsets daemonsets jobs cronjobs ingresses networkpolicies roles rolebindings clusterroles clusterrolebindings persistentvolumeclaims customresourcedefinitions horizontalpodautoscalers poddisruptionbudgets';

/**
 * Argo CD: the application controller keeps a cache of every kind in the cluster (secrets and roles with it), compares, and
 * applies what differs by server-side patches; it walks discovery now and then. The server reads its own secrets (repositories,
 * clusters, its signing key), streams logs for people, and reviews rights. A chart that it deploys may bring roles.
 */
export function argoCd(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  const controller = cluster.operator({
    persona: 'Argo CD',
    namespace: 'argocd',
    account: 'argocd-application-controller',
    agent: namelessAgent('argocd-application-controller'),
    watches: CACHED.split(' '),
  });
  const server = cluster.operator({
    persona: 'Argo CD',
    namespace: 'argocd',
    account: 'argocd-server',
    agent: namelessAgent('argocd-server'),
    watches: ['applications', 'appprojects argocd', 'secrets argocd', 'configmaps argocd'],
  });
  world.spawn(syncing());
  world.spawn(serving());
  world.spawn(charts(), 0.3 * DAY);

  function* syncing(): Story {
    for (;;) {
      const app = world.pick(cluster.apps);
      if (world.chance(0.1)) for (const path of DISCOVERY) ask(world, controller, path);
      for (const [resource, name] of [
        ['deployments', app.name],
        ['services', app.name],
        ['configmaps', `${app.name}-config`],
        ['serviceaccounts', app.account],
      ] as const)
        say(world, controller, 'patch', resource, app.namespace, name, {
          query: 'fieldManager=argocd-controller&force=true',
        });
      if (world.chance(0.3))
        say(world, controller, 'patch', 'secrets', app.namespace, 'api-keys', {
          query: 'fieldManager=argocd-controller',
        });
      say(world, controller, 'patch', 'applications', 'argocd', `${app.namespace}-${app.name}`);
      if (world.chance(0.25)) world.spawn(rollout(cluster, plane, app), 3 * SECOND);
      yield world.between(1, 12) * MINUTE;
    }
  }

  function* serving(): Story {
    for (;;) {
      say(world, server, 'get', 'secrets', 'argocd', 'argocd-secret');
      say(world, server, 'list', 'secrets', 'argocd', '', {
        query: 'labelSelector=argocd.argoproj.io%2Fsecret-type%3Dcluster',
      });
      if (world.chance(0.2)) {
        const app = world.pick(cluster.apps);
        say(world, server, 'get', 'pods/log', app.namespace, app.pods[0], { query: 'container=api&tailLines=1000' });
      }
      yield world.between(2, 9) * MINUTE;
    }
  }

  // A chart with roles of its own: for a team's workload, and now and then for an operator.
  function* charts(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      const name = `app-${world.suffix()}`;
      const rules = [
        { apiGroups: [''], resources: ['configmaps', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] },
      ];
      say(world, controller, 'patch', 'roles', namespace, name, {
        query: 'fieldManager=argocd-controller&force=true',
        body: { kind: 'Role', metadata: { name, namespace }, rules },
      });
      say(world, controller, 'patch', 'rolebindings', namespace, name, {
        query: 'fieldManager=argocd-controller&force=true',
        body: {
          kind: 'RoleBinding',
          metadata: { name, namespace },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        },
      });
      yield world.between(3, 9) * HOUR;
    }
  }
}
