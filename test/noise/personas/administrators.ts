import { workingPause, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';
import { Kubectl } from './kubectl.ts';

const binding = (name: string, role: string, subject: object, namespace = '') => ({
  kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
  apiVersion: 'rbac.authorization.k8s.io/v1',
  metadata: namespace === '' ? { name } : { name, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [subject],
});

/**
 * The platform team, cluster-admin by its group: looks after nodes and system pods all day, opens a shell in a broken system pod, brings
 * teams on board (a namespace with quota, a deploy account, "edit" and "view" for the team's groups, secrets), and now and then
 * installs an operator with roles over the whole cluster.
 */
export function administrators(cluster: Cluster): void {
  const { world } = cluster;
  const team = ['ibrahim', 'olu', 'sola', 'nneka'].map(
    (name, index) =>
      new Kubectl(world, 'administrators', `${name}@example.com`, ['platform-admins'], `10.8.9.${20 + index}`),
  );
  for (const person of team) world.spawn(day(person), world.until(7 + world.roll() * 2));
  world.spawn(onboarding(), world.until(10));
  world.spawn(installing(), world.until(14));

  function* day(person: Kubectl): Story {
    for (;;) {
      const roll = world.roll();
      if (roll < 0.4) for (const resource of ['nodes', 'pods', 'events']) person.get(resource, '');
      else if (roll < 0.6) person.describe('kube-system', `coredns-${world.suffix()}`);
      else if (roll < 0.7) yield* person.logs('kube-system', `coredns-9c46fb768-${world.suffix()}`, 40 * SECOND);
      else if (roll < 0.73)
        yield* person.exec('kube-system', 'cilium-7xk2p', 'cilium-agent', ['cilium', 'status'], 3 * SECOND);
      else if (roll < 0.76) {
        const app = world.pick(cluster.apps);
        yield* person.exec(app.namespace, app.pods[0]!, app.name, ['sh'], 5 * MINUTE, true);
      } else if (roll < 0.8) person.get('secrets', world.pick(cluster.tenants));
      else if (roll < 0.84) {
        const namespace = world.pick(cluster.tenants);
        person.get('secrets', namespace, world.pick(cluster.secretsOf(namespace)));
      } else if (roll < 0.86) person.get('clusterrolebindings', '');
      else person.get('deployments', world.pick(cluster.namespaces));
      yield* workingPause(world, 3 * MINUTE, 30 * MINUTE);
    }
  }

  function* onboarding(): Story {
    for (;;) {
      const person = world.pick(team);
      const namespace = `new-${world.suffix(4)}`;
      person.do('create', 'namespaces', '', namespace, 'create');
      for (const resource of ['resourcequotas', 'limitranges', 'networkpolicies', 'serviceaccounts'])
        person.do('create', resource, namespace, 'default-rules', 'client-side-apply');
      yield 20 * SECOND;
      const group = { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: `team-${namespace}` };
      person.do(
        'create',
        'rolebindings',
        namespace,
        'team-edit',
        'create',
        binding('team-edit', 'edit', group, namespace),
      );
      person.do(
        'create',
        'rolebindings',
        namespace,
        'team-view',
        'create',
        binding('team-view', 'view', { ...group, name: 'developers' }, namespace),
      );
      person.do(
        'create',
        'rolebindings',
        namespace,
        'deployer',
        'create',
        binding('deployer', 'edit', { kind: 'ServiceAccount', name: 'deployer', namespace }, namespace),
      );
      for (const name of ['registry-pull', 'api-keys']) person.do('create', 'secrets', namespace, name, 'create');
      cluster.namespaces.push(namespace);
      yield* workingPause(world, 3 * HOUR, 8 * HOUR);
    }
  }

  function* installing(): Story {
    for (;;) {
      const person = world.pick(team);
      const name = `${world.pick(['redis', 'kafka', 'minio', 'nats', 'tempo'])}-operator-${world.suffix(3)}`;
      person.do('create', 'namespaces', '', name, 'create');
      person.do('create', 'serviceaccounts', name, name, 'create');
      const rules = [
        {
          apiGroups: [''],
          resources: ['pods', 'services', 'configmaps', 'persistentvolumeclaims', 'events'],
          verbs: ['*'],
        },
        { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch', 'create', 'update'] },
        { apiGroups: ['apps'], resources: ['statefulsets', 'deployments'], verbs: ['*'] },
        { apiGroups: [`${name}.example.net`], resources: ['*'], verbs: ['*'] },
      ];
      const meta = { kind: 'ClusterRole', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } };
      person.do('create', 'clusterroles', '', name, 'create', { ...meta, rules });
      person.do(
        'create',
        'clusterrolebindings',
        '',
        name,
        'create',
        binding(name, name, { kind: 'ServiceAccount', name, namespace: name }),
      );
      person.do('create', 'deployments', name, name, 'create');
      yield 30 * SECOND;
      const operator = cluster.operator({
        persona: 'new operators',
        namespace: name,
        account: name,
        agent: 'manager/v0.0.0 (linux/amd64) kubernetes/$Format',
        watches: 'secrets configmaps pods services statefulsets'.split(' '),
      });
      say(world, operator, 'create', 'events', name, `started.${world.suffix()}`);
      yield world.between(20, 28) * HOUR;
    }
  }
}
