import { workingPause, type Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { account, acting, type Who } from '../who.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Access bridges: with Teleport and its like nobody has a credential of the cluster; an agent in it acts as whoever logged in there, all
 * day, from one address: reads, logs, shells in one's own pods, a secret now and then. GitLab's agent acts as the job that a
 * pipeline runs.
 */
export function bridges(cluster: Cluster): void {
  const { world } = cluster;
  const teleport = cluster.operator({
    persona: 'access bridges',
    namespace: 'teleport',
    account: 'teleport-kube-agent',
    agent: 'kubectl/v1.32.0 (darwin/arm64) kubernetes/70d3cc9',
    watches: [],
  });
  const agent = account(
    world,
    'access bridges',
    'gitlab-agent',
    'gitlab-agent',
    '10.244.3.77',
    'gitlab-agent/v17.6.0/1c0ffee',
  );
  for (const [index, name] of ['aisha', 'bayo', 'dele', 'enitan', 'fola', 'gbenga'].entries()) {
    const team = cluster.tenants[3 * index]!.split('-')[0]!;
    world.spawn(engineer(`${name}@example.com`, team), world.until(8 + world.roll()));
  }
  world.spawn(jobs(), world.until(7));

  function* engineer(name: string, team: string): Story {
    for (;;) {
      const who: Who = acting(teleport, {
        username: name,
        groups: [`team-${team}`, 'system:authenticated'],
        extra: { 'teleport.dev/session': [world.uuid()] },
      });
      const namespace = `${team}-${world.pick(['dev', 'prod'])}`;
      const app = world.pick(cluster.apps.filter((each) => each.namespace === namespace));
      const roll = world.roll();
      say(world, who, 'list', 'pods', namespace, '', { query: 'limit=500' });
      if (roll < 0.3) say(world, who, 'get', 'pods/log', namespace, app.pods[0], { query: 'tailLines=100' });
      else if (roll < 0.45)
        yield* stream(world, who, 'get', 'pods/exec', namespace, app.pods[0]!, world.between(10, 300) * SECOND, {
          query: `command=${world.pick(['sh', 'bash', 'env', 'ls'])}&container=${app.name}&stdin=true&stdout=true&tty=true`,
          code: 101,
        });
      else if (roll < 0.5) say(world, who, 'get', 'secrets', namespace, cluster.secretsOf(namespace)[0]);
      else if (roll < 0.6)
        say(world, who, 'patch', 'deployments', namespace, app.name, { query: 'fieldManager=kubectl-rollout' });
      else if (roll < 0.65) say(world, who, 'list', 'nodes', '', '', { code: 403 });
      yield* workingPause(world, 3 * MINUTE, 40 * MINUTE);
    }
  }

  function* jobs(): Story {
    for (;;) {
      const project = world.count(100, 110);
      const who = acting(agent, {
        username: `gitlab:ci_job:${world.count(10_000, 99_999)}`,
        groups: ['gitlab:ci_job', `gitlab:project:${project}`, 'system:authenticated'],
      });
      const namespace = cluster.tenants[project - 100]!;
      for (const resource of ['deployments', 'services', 'configmaps', 'secrets']) {
        say(world, who, 'get', resource, namespace, 'api-keys');
        say(world, who, 'patch', resource, namespace, 'api-keys', { query: 'fieldManager=kubectl-client-side-apply' });
      }
      yield* workingPause(world, 10 * MINUTE, 60 * MINUTE);
    }
  }
}
