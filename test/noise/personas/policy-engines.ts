import { namelessAgent, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { MINUTE, type Story } from '../world.ts';

/**
 * Policy engines: Kyverno's controllers watch what their rules name, secrets with them, review rights, and generate objects such as pull
 * secrets and bindings in new namespaces. Gatekeeper's audit lists every kind in turn, again and again.
 */
export function policyEngines(cluster: Cluster): void {
  const { world } = cluster;
  const make = (account: string, agent: string, watches: string, namespace = 'kyverno') =>
    cluster.operator({ persona: 'policy engines', namespace, account, agent, watches: watches.split(' ') });
  const admission = make(
    'kyverno-admission-controller',
    namelessAgent('kyverno'),
    'clusterpolicies policies namespaces configmaps roles rolebindings clusterroles clusterrolebindings',
  );
  const background = make(
    'kyverno-background-controller',
    namelessAgent('background-controller'),
    'updaterequests clusterpolicies namespaces',
  );
  const gatekeeper = make(
    'gatekeeper-admin',
    namelessAgent('manager'),
    'namespaces pods k8srequiredlabels',
    'gatekeeper-system',
  );
  world.spawn(admitting());
  world.spawn(generating(), MINUTE);
  world.spawn(auditing(), MINUTE);

  function* admitting(): Story {
    for (;;) {
      say(world, admission, 'create', 'subjectaccessreviews');
      if (world.chance(0.05)) say(world, admission, 'get', 'secrets', 'kyverno', 'kyverno-svc.kyverno-tls-pair');
      if (world.chance(0.05))
        say(
          world,
          admission,
          'update',
          'validatingwebhookconfigurations',
          '',
          'kyverno-resource-validating-webhook-cfg',
        );
      yield world.between(0.5, 2) * MINUTE;
    }
  }

  function* generating(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      say(world, background, 'get', 'secrets', 'kyverno', 'registry-pull');
      say(world, background, 'update', 'secrets', namespace, 'registry-pull');
      say(world, background, 'get', 'networkpolicies', namespace, 'default-deny');
      yield world.between(10, 40) * MINUTE;
    }
  }

  function* auditing(): Story {
    const kinds =
      'pods services secrets configmaps deployments ingresses namespaces roles rolebindings clusterrolebindings networkpolicies'.split(
        ' ',
      );
    for (;;) {
      for (const kind of kinds) say(world, gatekeeper, 'list', kind, '', '', { query: 'limit=500' });
      say(world, gatekeeper, 'update', 'k8srequiredlabels/status', '', 'all-must-have-owner');
      yield 10 * MINUTE;
    }
  }
}
