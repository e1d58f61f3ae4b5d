import type { Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { HOUR, MINUTE, type Story } from '../world.ts';

/**
 * cert-manager: each of its control loops names itself; it caches all secrets, reads and writes those of its certificates, and
 * the CA injector reads secrets and writes bundles into webhooks and CRDs. The webhook serves from a secret of its own.
 */
export function certificates(cluster: Cluster): void {
  const { world } = cluster;
  const agent = (loop: string) => `cert-manager-${loop}/v1.16.2 (linux/amd64) cert-manager/0e0bd8c`;
  const namespace = 'cert-manager';
  const controller = cluster.operator({
    persona: 'cert-manager',
    namespace,
    account: 'cert-manager',
    agent: agent('certificates-issuing'),
    watches:
      'secrets certificates certificaterequests issuers clusterissuers orders challenges ingresses pods services'.split(
        ' ',
      ),
    lease: 'cert-manager-controller',
  });
  const injector = cluster.operator({
    persona: 'cert-manager',
    namespace,
    account: 'cert-manager-cainjector',
    agent: agent('cainjector'),
    watches:
      'secrets certificates validatingwebhookconfigurations mutatingwebhookconfigurations customresourcedefinitions apiservices'.split(
        ' ',
      ),
    lease: 'cert-manager-cainjector-leader-election',
  });
  const webhook = cluster.operator({
    persona: 'cert-manager',
    namespace,
    account: 'cert-manager-webhook',
    agent: agent('webhook'),
    watches: ['secrets cert-manager'],
  });
  world.spawn(renewals(), MINUTE);

  function* renewals(): Story {
    for (;;) {
      const tenant = world.pick(cluster.tenants);
      const name = `${tenant.split('-')[0]}-tls`;
      say(world, controller, 'create', 'certificaterequests', tenant, `${name}-1`);
      yield world.between(5, 40) * 1e6;
      say(world, controller, 'get', 'secrets', tenant, `${name}-key`);
      say(world, controller, 'get', 'secrets', tenant, name);
      say(world, controller, 'update', 'secrets', tenant, name, {
        query: 'fieldManager=cert-manager-certificates-issuing',
      });
      say(world, controller, 'delete', 'secrets', tenant, `${name}-key`);
      say(world, controller, 'update', 'certificates/status', tenant, name);
      if (world.chance(0.2))
        say(world, injector, 'update', 'validatingwebhookconfigurations', '', 'cert-manager-webhook');
      if (world.chance(0.2)) say(world, webhook, 'create', 'subjectaccessreviews');
      yield world.between(0.2, 1) * HOUR;
    }
  }
}
