import { namelessAgent, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Vault: the server reviews the tokens of pods that log in and labels its own pods; the injector looks after its webhook and its
 * certificate's secret; the secrets operator asks for tokens of the tenants' service accounts, logs in with them, and writes
 * secrets.
 */
export function vault(cluster: Cluster): void {
  const { world } = cluster;
  const make = (account: string, agent: string, watches: readonly string[]) =>
    cluster.operator({ persona: 'Vault', namespace: 'vault', account, agent, watches });
  const server = make('vault', 'Go-http-client/2.0', []);
  const injector = make('vault-agent-injector', namelessAgent('vault-k8s'), [
    'mutatingwebhookconfigurations',
    'secrets vault',
    'pods vault',
  ]);
  const operator = make('vault-secrets-operator', namelessAgent('vault-secrets-operator'), [
    'secrets',
    'serviceaccounts',
    'deployments',
  ]);
  world.spawn(logins());
  world.spawn(syncing(), 20 * SECOND);

  function* logins(): Story {
    for (;;) {
      say(world, server, 'create', 'tokenreviews');
      if (world.chance(0.1)) say(world, server, 'patch', 'pods', 'vault', 'vault-0');
      if (world.chance(0.05))
        say(world, injector, 'patch', 'mutatingwebhookconfigurations', '', 'vault-agent-injector-cfg');
      yield world.between(10, 60) * SECOND;
    }
  }

  function* syncing(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      say(world, operator, 'create', 'serviceaccounts/token', namespace, 'vault-login', {
        notes: { 'authentication.kubernetes.io/issued-credential-id': `JTI=${world.uuid()}` },
      });
      say(world, operator, 'update', 'secrets', namespace, 'smtp');
      yield world.between(2, 10) * MINUTE;
    }
  }
}
