import { namelessAgent, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';
import type { ControlPlane } from './control-plane.ts';

const rbac = 'rbac.authorization.k8s.io';

/**
 * Controllers whose work is roles: Crossplane's manager writes cluster roles for each provider and binds them to its account; OLM does so
 * for each operator it upgrades; CloudNativePG makes an account, a role and a binding for each database; a CRD's roles are
 * aggregated into view, edit and admin by the control plane.
 */
export function roleManagers(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  const make = (namespace: string, account: string, watches: string) =>
    cluster.operator({
      persona: 'role managers',
      namespace,
      account,
      agent: namelessAgent(account),
      watches: watches.split(' '),
    });
  const crossplane = make(
    'crossplane-system',
    'rbac-manager',
    'clusterroles clusterrolebindings customresourcedefinitions roles rolebindings',
  );
  const olm = make(
    'olm',
    'olm-operator',
    'clusterroles clusterrolebindings roles rolebindings serviceaccounts deployments customresourcedefinitions secrets',
  );
  const cnpg = make('cnpg-system', 'cnpg-controller', 'roles rolebindings serviceaccounts');
  world.spawn(providers(), 3 * HOUR);
  world.spawn(upgrades(), 5 * HOUR);
  world.spawn(clusters(), HOUR);

  const role = (kind: string, name: string, rules: readonly object[], labels: object = {}, namespace = '') => ({
    kind,
    apiVersion: `${rbac}/v1`,
    metadata: { name, labels, ...(namespace !== '' && { namespace }) },
    rules,
  });
  const bind = (kind: string, name: string, roleKind: string, subject: object, namespace = '') => ({
    kind,
    apiVersion: `${rbac}/v1`,
    metadata: { name, ...(namespace !== '' && { namespace }) },
    roleRef: { apiGroup: rbac, kind: roleKind, name },
    subjects: [subject],
  });

  function* providers(): Story {
    for (;;) {
      const name = `crossplane:provider:aws-${world.suffix()}`;
      const rules = [
        { apiGroups: [`${world.suffix(3)}.aws.upbound.io`], resources: ['*'], verbs: ['*'] },
        {
          apiGroups: ['', 'coordination.k8s.io'],
          resources: ['secrets', 'configmaps', 'events', 'leases'],
          verbs: ['*'],
        },
      ];
      say(world, crossplane, 'create', 'clusterroles', '', `${name}:system`, {
        body: role('ClusterRole', `${name}:system`, rules),
      });
      say(world, crossplane, 'create', 'clusterroles', '', `${name}:aggregate-to-edit`, {
        body: role('ClusterRole', `${name}:aggregate-to-edit`, rules.slice(0, 1), {
          'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
          'rbac.crossplane.io/aggregate-to-edit': 'true',
        }),
      });
      say(world, crossplane, 'create', 'clusterrolebindings', '', `${name}:system`, {
        body: bind('ClusterRoleBinding', `${name}:system`, 'ClusterRole', {
          kind: 'ServiceAccount',
          name: 'provider-aws',
          namespace: 'crossplane-system',
        }),
      });
      yield SECOND;
      for (const aggregated of ['admin', 'edit'])
        say(world, plane.controller('clusterrole-aggregation-controller'), 'patch', 'clusterroles', '', aggregated, {
          query: 'fieldManager=clusterrole-aggregation-controller&force=true',
          body: {
            apiVersion: `${rbac}/v1`,
            kind: 'ClusterRole',
            metadata: { name: aggregated },
            rules: [
              {
                apiGroups: [''],
                resources: ['pods/exec', 'pods/portforward', 'secrets'],
                verbs: ['get', 'list', 'watch', 'create'],
              },
              ...rules.slice(0, 1),
            ],
          },
        });
      yield world.between(14, 30) * HOUR;
    }
  }

  function* upgrades(): Story {
    for (;;) {
      const name = `${world.pick(['grafana', 'jaeger', 'kiali', 'tempo'])}-operator.v1.${world.count(1, 90)}-${world.suffix()}`;
      const rules = [
        {
          apiGroups: ['', 'apps', 'networking.k8s.io'],
          resources: ['pods', 'services', 'deployments', 'configmaps', 'secrets', 'ingresses'],
          verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
        },
      ];
      say(world, olm, 'create', 'serviceaccounts', 'operators', 'operator');
      say(world, olm, 'create', 'clusterroles', '', name, {
        body: role('ClusterRole', name, rules, { 'olm.owner': name }),
      });
      say(world, olm, 'create', 'clusterrolebindings', '', name, {
        body: bind('ClusterRoleBinding', name, 'ClusterRole', {
          kind: 'ServiceAccount',
          name: 'operator',
          namespace: 'operators',
        }),
      });
      yield world.between(12, 30) * HOUR;
    }
  }

  function* clusters(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      const name = `pg-${world.suffix(4)}`;
      const rules = [
        {
          apiGroups: [''],
          resources: ['configmaps', 'secrets'],
          resourceNames: [`${name}-ca`, `${name}-app`],
          verbs: ['get', 'watch'],
        },
        {
          apiGroups: ['postgresql.cnpg.io'],
          resources: ['clusters', 'clusters/status'],
          verbs: ['get', 'list', 'watch', 'patch', 'update'],
        },
      ];
      say(world, cnpg, 'create', 'serviceaccounts', namespace, name);
      say(world, cnpg, 'create', 'roles', namespace, name, { body: role('Role', name, rules, {}, namespace) });
      say(world, cnpg, 'create', 'rolebindings', namespace, name, {
        body: bind('RoleBinding', name, 'Role', { kind: 'ServiceAccount', name, namespace }, namespace),
      });
      yield world.between(60, 400) * MINUTE;
    }
  }
}
