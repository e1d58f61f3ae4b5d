import { namelessAgent, type Cluster } from '../cluster.ts';
import { ask, say, stream } from '../request.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Operators that live on secrets. external-secrets caches all of them and writes those it syncs. A home-made one in Python pages
 * through all of them every few minutes and watches in between (no informers there). A Java service lists the secrets of the
 * namespaces it looks after. Sealed Secrets reads its keys by label and writes what it unseals. Reloader and Reflector watch all.
 */
export function secretOperators(cluster: Cluster): void {
  const { world } = cluster;
  const external = cluster.operator({
    persona: 'external-secrets',
    namespace: 'external-secrets',
    account: 'external-secrets',
    agent: 'external-secrets/v0.10.5 (linux/amd64) kubernetes/$Format/external-secrets',
    watches: 'secrets externalsecrets secretstores clustersecretstores'.split(' '),
    lease: 'external-secrets-controller',
  });
  const python = cluster.operator({
    persona: 'secret sync in Python',
    namespace: 'platform',
    account: 'vault-sync',
    agent: 'OpenAPI-Generator/31.0.0/python',
    watches: [],
  });
  const java = cluster.operator({
    persona: 'secret reader in Java',
    namespace: 'platform',
    account: 'config-broker',
    agent: 'fabric8-kubernetes-client/6.13.4',
    watches: [],
  });
  const sealed = cluster.operator({
    persona: 'Sealed Secrets',
    namespace: 'kube-system',
    account: 'sealed-secrets-controller',
    agent: namelessAgent('controller'),
    watches: ['sealedsecrets'],
  });
  cluster.operator({
    persona: 'Reloader',
    namespace: 'platform',
    account: 'reloader',
    agent: namelessAgent('manager'),
    watches: 'secrets configmaps'.split(' '),
  });
  world.spawn(syncing());
  world.spawn(paging(), MINUTE);
  world.spawn(brokering(), MINUTE);
  world.spawn(unsealing(), MINUTE);

  function* syncing(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      const name = world.pick(cluster.secretsOf(namespace).slice(2, 5));
      say(world, external, 'get', 'secrets', namespace, 'store-credentials');
      if (world.chance(0.2)) say(world, external, 'create', 'serviceaccounts/token', namespace, 'secret-store');
      say(world, external, 'update', 'secrets', namespace, name);
      say(world, external, 'update', 'externalsecrets/status', namespace, name);
      yield world.between(1, 5) * MINUTE;
    }
  }

  function* paging(): Story {
    for (;;) {
      for (let page = 0; page < 6; page += 1) {
        say(world, python, 'list', 'secrets', '', '', {
          query: page === 0 ? 'limit=50' : `continue=eyJ2IjoibWV0YS5rOHMuaW8v${page}&limit=50`,
        });
        yield SECOND / 5;
      }
      for (const namespace of world.some(cluster.tenants, 3))
        say(world, python, 'get', 'secrets', namespace, world.pick(cluster.secretsOf(namespace).slice(0, 5)));
      yield* stream(world, python, 'watch', 'secrets', '', '', 4 * MINUTE, { query: 'timeoutSeconds=240&watch=true' });
      yield world.between(5, 20) * SECOND;
    }
  }

  function* brokering(): Story {
    const mine = cluster.tenants.slice(0, 6);
    for (;;) {
      for (const namespace of mine)
        say(world, java, 'list', 'secrets', namespace, '', { query: 'labelSelector=config-broker%3Dtrue' });
      for (const namespace of world.some(mine, 2)) say(world, java, 'get', 'secrets', namespace, 'api-keys');
      yield 10 * MINUTE;
    }
  }

  function* unsealing(): Story {
    ask(world, sealed, '/apis/bitnami.com/v1alpha1');
    for (;;) {
      say(world, sealed, 'list', 'secrets', 'kube-system', '', {
        query: 'labelSelector=sealedsecrets.bitnami.com%2Fsealed-secrets-key',
      });
      for (const namespace of world.some(cluster.tenants, 4)) {
        const name = world.pick(cluster.secretsOf(namespace));
        say(world, sealed, 'get', 'secrets', namespace, name);
        if (world.chance(0.1)) say(world, sealed, 'update', 'secrets', namespace, name);
        say(world, sealed, 'update', 'sealedsecrets/status', namespace, name);
      }
      yield 30 * MINUTE;
    }
  }
}
