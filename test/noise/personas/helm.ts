import { workingPause, type Cluster } from '../cluster.ts';
import { ask, say } from '../request.ts';
import { account, user, type Who } from '../who.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Helm, by a pipeline with a deploy token of each namespace and by people: reads its release records by label and by name, then each
 * object of the chart (secrets among them) before it patches it, and writes a new record. `helm list -A` reads all records.
 */
export function helm(cluster: Cluster): void {
  const { world } = cluster;
  const agent = 'Helm/3.16.3';
  for (const namespace of cluster.tenants) {
    const deployer = account(world, 'Helm', namespace, 'deployer', '198.51.100.40', agent);
    world.spawn(pipeline(deployer, namespace), world.until(7 + world.roll() * 11));
  }
  const people = ['olu', 'sola'].map((name) =>
    user(world, 'Helm', `${name}@example.com`, ['platform-admins'], '10.8.9.21', agent),
  );
  world.spawn(listing(people), world.until(9));

  function upgrade(who: Who, namespace: string): void {
    const release = namespace.split('-')[0]!;
    ask(world, who, '/version');
    say(world, who, 'list', 'secrets', namespace, '', { query: `labelSelector=name%3D${release}%2Cowner%3Dhelm` });
    say(world, who, 'get', 'secrets', namespace, `sh.helm.release.v1.${release}.v7`);
    say(world, who, 'create', 'secrets', namespace, `sh.helm.release.v1.${release}.v8`);
    for (const [resource, name] of [
      ['serviceaccounts', 'api'],
      ['secrets', `${release}-db`],
      ['secrets', 'api-keys'],
      ['secrets', 'smtp'],
      ['configmaps', 'api-config'],
      ['services', 'api'],
      ['deployments', 'api'],
      ['deployments', 'web'],
      ['roles', 'api'],
      ['rolebindings', 'api'],
    ] as const) {
      say(world, who, 'get', resource, namespace, name);
      if (resource !== 'roles' && resource !== 'rolebindings')
        say(world, who, 'patch', resource, namespace, name, { query: 'fieldManager=helm' });
    }
    say(world, who, 'update', 'secrets', namespace, `sh.helm.release.v1.${release}.v8`);
    say(world, who, 'update', 'secrets', namespace, `sh.helm.release.v1.${release}.v7`);
  }

  function* pipeline(who: Who, namespace: string): Story {
    for (;;) {
      upgrade(who, namespace);
      yield* workingPause(world, HOUR, 7 * HOUR);
    }
  }

  function* listing(admins: readonly Who[]): Story {
    for (;;) {
      const who = world.pick(admins);
      say(world, who, 'list', 'secrets', '', '', { query: 'labelSelector=owner%3Dhelm&limit=500' });
      yield 10 * SECOND;
      if (world.chance(0.5)) upgrade(who, world.pick(cluster.tenants));
      yield* workingPause(world, 30 * MINUTE, 5 * HOUR);
    }
  }
}
