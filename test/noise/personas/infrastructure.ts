import { namelessAgent, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { SECOND, type Story } from '../world.ts';

/**
 * What a cluster runs on: ingress controllers that cache the secrets of certificates, the autoscaler and KEDA (which reads the secrets
 * its triggers name), CSI drivers that read a storage secret to provision, a mesh's control plane, network and log agents of
 * every node.
 */
export function infrastructure(cluster: Cluster): void {
  const { world } = cluster;
  const make = (persona: string, namespace: string, account: string, agent: string, watches: string) =>
    cluster.operator({ persona, namespace, account, agent, watches: watches.split(',') });
  for (let replica = 0; replica < 3; replica += 1)
    make(
      'ingress',
      'ingress-nginx',
      'ingress-nginx',
      'nginx-ingress-controller/v1.11.3 (linux/amd64) ingress-nginx/0106de6',
      'secrets,configmaps,services,ingresses,ingressclasses,endpointslices',
    );
  make(
    'ingress',
    'traefik',
    'traefik',
    'traefik/v3.2.1 (linux/amd64) kubernetes/crd',
    'secrets,services,endpointslices,ingresses,ingressclasses,nodes',
  );
  const autoscaler = make(
    'autoscaling',
    'kube-system',
    'cluster-autoscaler',
    namelessAgent('cluster-autoscaler'),
    'nodes,pods,services,poddisruptionbudgets,persistentvolumes,persistentvolumeclaims,replicasets,statefulsets,jobs',
  );
  const keda = make(
    'autoscaling',
    'keda',
    'keda-operator',
    namelessAgent('keda'),
    'horizontalpodautoscalers,secrets keda,deployments',
  );
  const provisioner = make(
    'storage',
    'kube-system',
    'csi-provisioner',
    namelessAgent('csi-provisioner'),
    'persistentvolumes,persistentvolumeclaims,storageclasses,csinodes,nodes,volumeattachments',
  );
  const istiod = make(
    'mesh',
    'istio-system',
    'istiod',
    'pilot-discovery/1.24.1',
    'secrets,configmaps,namespaces,services,endpointslices,pods,nodes,serviceaccounts,virtualservices,gateways,destinationrules,sidecars,envoyfilters,mutatingwebhookconfigurations',
  );
  const linkerd = make('mesh', 'linkerd', 'linkerd-identity', namelessAgent('controller'), 'deployments,pods');
  const cilium = make(
    'network',
    'kube-system',
    'cilium',
    'cilium-agent/1.16.4 (linux/amd64) kubernetes/$Format',
    'pods,services,nodes,networkpolicies,endpointslices,namespaces,secrets cilium-secrets',
  );
  make('agents', 'logging', 'fluent-bit', '', 'pods,namespaces');
  make(
    'agents',
    'datadog',
    'datadog-cluster-agent',
    'datadog-cluster-agent/7.59.0',
    'pods,nodes,services,deployments,secrets datadog,configmaps datadog,namespaces,events',
  );
  make(
    'agents',
    'kube-system',
    'node-problem-detector',
    'node-problem-detector/v0.8.20 (linux/amd64) kubernetes/$Format',
    'nodes',
  );
  world.spawn(working());

  function* working(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      say(world, autoscaler, 'update', 'configmaps', 'kube-system', 'cluster-autoscaler-status');
      if (world.chance(0.1))
        say(world, autoscaler, 'create', 'pods/eviction', namespace, world.pick(cluster.apps).pods[0]);
      if (world.chance(0.3)) say(world, keda, 'get', 'secrets', namespace, 'smtp');
      if (world.chance(0.1)) {
        say(world, provisioner, 'get', 'secrets', 'kube-system', 'storage-admin');
        say(world, provisioner, 'create', 'persistentvolumes', '', `pvc-${world.suffix(9)}`);
      }
      say(world, istiod, 'create', 'tokenreviews');
      if (world.chance(0.2)) say(world, istiod, 'update', 'configmaps', namespace, 'istio-ca-root-cert');
      say(world, linkerd, 'create', 'tokenreviews');
      say(world, cilium, 'patch', 'nodes/status', '', world.pick(cluster.nodes));
      yield world.between(10, 30) * SECOND;
    }
  }
}
