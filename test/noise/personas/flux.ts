import { namelessAgent, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { acting } from '../who.ts';
import { MINUTE, type Story } from '../world.ts';

/**
 * Flux: the source controller fetches with credentials from secrets that its sources name; the kustomize controller applies each
 * kustomization every ten minutes, first as a dry run, and in multi-tenant set-ups acts as the tenant's service account; the helm
 * controller keeps release records as secrets; the notification controller reads the secrets of its providers.
 */
export function flux(cluster: Cluster): void {
  const { world } = cluster;
  const make = (account: string, watches: string) =>
    cluster.operator({
      persona: 'Flux',
      namespace: 'flux-system',
      account,
      agent: namelessAgent(account),
      watches: watches.split(' '),
      lease: `${account}-leader-election`,
    });
  const source = make('source-controller', 'gitrepositories helmrepositories helmcharts ocirepositories');
  const kustomize = make('kustomize-controller', 'kustomizations gitrepositories');
  const helm = make('helm-controller', 'helmreleases helmcharts');
  const notification = make('notification-controller', 'helmreleases kustomizations');
  for (const namespace of cluster.tenants) world.spawn(tenant(namespace), world.roll() * 10 * MINUTE);

  function* tenant(namespace: string): Story {
    const name = 'reconciler';
    for (;;) {
      say(world, source, 'get', 'secrets', namespace, 'git-deploy-key');
      say(world, source, 'patch', 'gitrepositories/status', namespace, 'app');
      yield 0.5 * MINUTE;
      const tenantApplier = acting(kustomize, {
        username: `system:serviceaccount:${namespace}:${name}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      });
      for (const resource of ['deployments', 'services', 'configmaps', 'ingresses'])
        for (const query of ['dryRun=All&fieldManager=kustomize-controller', 'fieldManager=kustomize-controller'])
          say(world, tenantApplier, 'patch', resource, namespace, 'web', { query });
      if (world.chance(0.5))
        say(world, tenantApplier, 'patch', 'secrets', namespace, 'smtp', {
          query: 'fieldManager=kustomize-controller',
        });
      say(world, kustomize, 'patch', 'kustomizations/status', namespace, 'app');
      yield 0.5 * MINUTE;
      if (world.chance(0.3)) {
        const release = namespace.split('-')[0]!;
        say(world, helm, 'list', 'secrets', namespace, '', { query: `labelSelector=name%3D${release}%2Cowner%3Dhelm` });
        say(world, helm, 'get', 'secrets', namespace, `sh.helm.release.v1.${release}.v7`);
        say(world, helm, 'get', 'secrets', namespace, 'helm-values');
        say(world, helm, 'patch', 'helmreleases/status', namespace, release);
      }
      if (world.chance(0.3)) say(world, notification, 'get', 'secrets', namespace, 'chat-webhook');
      yield world.between(9, 10) * MINUTE;
    }
  }
}
