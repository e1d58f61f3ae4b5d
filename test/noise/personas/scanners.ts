import type { Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * The Trivy operator: for each workload it reads the service account and the pull secrets it names, makes a secret and a job for the
 * scan, reads the log, and clears both away; of nodes it reads the kubelet's configuration through the proxy.
 */
export function scanners(cluster: Cluster): void {
  const { world } = cluster;
  const namespace = 'trivy-system';
  const trivy = cluster.operator({
    persona: 'Trivy',
    namespace,
    account: 'trivy-operator',
    agent: 'trivy-operator/v0.24.1 (linux/amd64) kubernetes/$Format',
    watches:
      'pods replicasets deployments statefulsets daemonsets jobs cronjobs services configmaps roles rolebindings clusterroles nodes vulnerabilityreports configauditreports'.split(
        ' ',
      ),
    lease: 'trivyoperator-lock',
  });
  world.spawn(scanning());
  world.spawn(nodes(), HOUR);

  function* scanning(): Story {
    for (;;) {
      const app = world.pick(cluster.apps);
      const job = `scan-vulnerabilityreport-${world.suffix(9)}`;
      say(world, trivy, 'get', 'serviceaccounts', app.namespace, app.account);
      say(world, trivy, 'get', 'secrets', app.namespace, 'registry-pull');
      say(world, trivy, 'create', 'secrets', namespace, job);
      say(world, trivy, 'create', 'jobs', namespace, job);
      yield world.between(10, 60) * SECOND;
      say(world, trivy, 'list', 'pods', namespace, '', { query: `labelSelector=job-name%3D${job}` });
      say(world, trivy, 'get', 'pods/log', namespace, `${job}-${world.suffix()}`);
      say(world, trivy, 'create', 'vulnerabilityreports', app.namespace, `replicaset-${app.name}`);
      say(world, trivy, 'delete', 'jobs', namespace, job);
      say(world, trivy, 'delete', 'secrets', namespace, job);
      yield world.between(1, 4) * MINUTE;
    }
  }

  function* nodes(): Story {
    for (;;) {
      for (const node of world.some(cluster.nodes, 5)) say(world, trivy, 'get', 'nodes/proxy/configz', '', node);
      yield 6 * HOUR;
    }
  }
}
