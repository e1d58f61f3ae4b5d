import { namelessAgent, workingPause, type Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { account, acting, user, type Who } from '../who.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

const LENS =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Lens/2024.11.2 Chrome/126.0 Electron/31 Safari/537.36';
const KINDS =
  'pods deployments daemonsets statefulsets replicasets jobs cronjobs configmaps secrets resourcequotas limitranges horizontalpodautoscalers poddisruptionbudgets services endpoints ingresses networkpolicies persistentvolumeclaims serviceaccounts roles rolebindings';

/**
 * Dashboards. Lens asks for the rights in every namespace when it starts and then lists and watches whatever its user looks at, across
 * the cluster where it may, else namespace by namespace, refusals and all. k9s asks before each view. Rancher's server works as
 * cattle, which may do anything: it acts as its users, and writes a role binding for each member of each project. The old dashboard
 * lists twenty kinds to draw one page, with the token of whoever logged in.
 */
export function dashboards(cluster: Cluster): void {
  const { world } = cluster;
  for (const [index, name] of ['bola', 'femi', 'kemi', 'sade'].entries()) {
    const team = cluster.tenants[4 * index]!.split('-')[0]!;
    const lens = user(
      world,
      'Lens',
      `${name}@example.com`,
      [`team-${team}`, 'developers'],
      `10.8.1.${60 + index}`,
      LENS,
    );
    world.spawn(lensDay(lens, team), world.until(8 + world.roll()));
    const k9s = user(
      world,
      'k9s',
      `${name}@example.com`,
      [`team-${team}`, 'developers'],
      `10.8.1.${60 + index}`,
      namelessAgent('k9s').replace('v0.0.0 (linux/amd64)', 'v0.32.7 (darwin/arm64)'),
    );
    world.spawn(k9sDay(k9s, team), world.until(9 + world.roll()));
  }
  const admin = user(world, 'Lens', 'nneka@example.com', ['platform-admins'], '10.8.9.23', LENS);
  world.spawn(adminDay(admin), world.until(9));
  const cattle = cluster.operator({
    persona: 'Rancher',
    namespace: 'cattle-system',
    account: 'cattle',
    agent: namelessAgent('rancher'),
    watches:
      'secrets configmaps namespaces nodes pods services deployments clusterroles clusterrolebindings roles rolebindings serviceaccounts users projects clusterroletemplatebindings projectroletemplatebindings'.split(
        ' ',
      ),
    lease: 'cattle-controllers',
  });
  world.spawn(rancherPages(), MINUTE);
  world.spawn(rancherMembers(), world.until(9));
  world.spawn(oldDashboard(), world.until(10));

  function* lensDay(who: Who, team: string): Story {
    for (;;) {
      for (const namespace of cluster.tenants)
        say(world, who, 'create', 'selfsubjectrulesreviews', '', '', {
          body: { kind: 'SelfSubjectRulesReview', spec: { namespace } },
        });
      yield SECOND;
      for (let view = 0; view < world.count(4, 14); view += 1) {
        const kind = world.pick(KINDS.split(' '));
        say(world, who, 'list', kind, '', '', { query: 'limit=500', code: 403 });
        for (const stage of ['dev', 'prod']) {
          say(world, who, 'list', kind, `${team}-${stage}`, '', { query: 'limit=500' });
          world.spawn(stream(world, who, 'watch', kind, `${team}-${stage}`, '', 4 * MINUTE, { query: 'watch=true' }));
        }
        yield world.between(10, 200) * SECOND;
      }
      yield* workingPause(world, HOUR, 4 * HOUR);
    }
  }

  function* k9sDay(who: Who, team: string): Story {
    for (;;) {
      for (let view = 0; view < world.count(3, 10); view += 1) {
        const kind = world.pick(KINDS.split(' '));
        for (const verb of ['list', 'watch'])
          say(world, who, 'create', 'selfsubjectaccessreviews', '', '', {
            body: { spec: { resourceAttributes: { verb, resource: kind, namespace: `${team}-dev` } } },
          });
        say(world, who, 'list', kind, `${team}-dev`, '', { query: 'limit=500' });
        world.spawn(stream(world, who, 'watch', kind, `${team}-dev`, '', MINUTE, { query: 'watch=true' }));
        if (world.chance(0.1)) {
          const app = world.pick(cluster.apps.filter((each) => each.namespace === `${team}-dev`));
          // k9s starts kubectl for a shell.
          world.spawn(
            stream(world, who, 'get', 'pods/exec', app.namespace, app.pods[0]!, 2 * MINUTE, {
              query: `command=sh&command=-c&command=command+-v+bash+%3E%2Fdev%2Fnull+%26%26+exec+bash+%7C%7C+exec+sh&container=${app.name}&stdin=true&stdout=true&tty=true`,
              code: 101,
            }),
          );
        }
        yield world.between(5, 90) * SECOND;
      }
      yield* workingPause(world, HOUR, 4 * HOUR);
    }
  }

  // Someone who may see everything, and clicks through it.
  function* adminDay(who: Who): Story {
    for (;;) {
      for (const kind of [
        'nodes',
        'pods',
        'deployments',
        'events',
        ...(world.chance(0.2) ? ['secrets'] : []),
        'configmaps',
      ]) {
        say(world, who, 'list', kind, '', '', { query: 'limit=1000' });
        world.spawn(stream(world, who, 'watch', kind, '', '', 5 * MINUTE, { query: 'watch=true' }));
        yield world.between(10, 90) * SECOND;
      }
      yield* workingPause(world, HOUR, 5 * HOUR);
    }
  }

  function* rancherPages(): Story {
    for (;;) {
      const id = `u-${world.pick(['b4qkh', 'mo773', 'x7f2k', 'p9d4s'])}`;
      const member = acting(cattle, {
        username: id,
        groups: ['system:authenticated', 'system:cattle:authenticated'],
        extra: { principalid: [`local://${id}`] },
      });
      for (const kind of world.some(
        KINDS.split(' ').filter((each) => each !== 'secrets'),
        5,
      ))
        say(world, member, 'list', kind, world.pick(cluster.tenants.slice(0, 4)), '', { query: 'limit=500' });
      if (world.chance(0.1)) say(world, member, 'list', 'secrets', cluster.tenants[0]!, '', { query: 'limit=500' });
      yield* workingPause(world, MINUTE, 12 * MINUTE);
    }
  }

  function* rancherMembers(): Story {
    for (;;) {
      const id = `u-${world.suffix()}`;
      for (const namespace of cluster.tenants.slice(0, 4)) {
        const name = `rb-${world.suffix(10)}`;
        say(world, cattle, 'create', 'rolebindings', namespace, name, {
          body: {
            kind: 'RoleBinding',
            apiVersion: 'rbac.authorization.k8s.io/v1',
            metadata: { name, namespace },
            roleRef: {
              apiGroup: 'rbac.authorization.k8s.io',
              kind: 'ClusterRole',
              name: world.pick(['project-member', 'edit', 'view']),
            },
            subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: id }],
          },
        });
      }
      yield* workingPause(world, 2 * HOUR, 6 * HOUR);
    }
  }

  function* oldDashboard(): Story {
    const viewer = account(world, 'old dashboard', 'kubernetes-dashboard', 'viewer', '10.244.9.9', 'dashboard/v2.7.0');
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      for (const kind of KINDS.split(' '))
        say(world, viewer, 'list', kind, namespace, '', kind === 'secrets' ? { code: 403 } : {});
      for (const kind of ['nodes', 'clusterroles', 'persistentvolumes'])
        say(world, viewer, 'list', kind, '', '', { code: 403 });
      yield* workingPause(world, 10 * MINUTE, 90 * MINUTE);
    }
  }
}
