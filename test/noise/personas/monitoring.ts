import type { Cluster } from '../cluster.ts';
import { namelessAgent } from '../cluster.ts';
import { ask, say } from '../request.ts';
import { MINUTE, type Story } from '../world.ts';

/**
 * Monitoring: the Prometheus operator writes its configuration as a secret and watches the secrets of its namespace; Prometheus reads
 * kubelets through the node proxy where it may not reach them; kube-state-metrics watches every kind; Grafana's sidecar, in
 * Python, watches labelled config maps and secrets everywhere; metrics-server and the adapter review tokens and rights.
 */
export function monitoring(cluster: Cluster): void {
  const { world } = cluster;
  const namespace = 'monitoring';
  const make = (account: string, agent: string, watches: string, where = namespace) =>
    cluster.operator({
      persona: 'monitoring',
      namespace: where,
      account,
      agent,
      watches: watches === '' ? [] : watches.split(','),
    });
  const operator = make(
    'prometheus-operator',
    'PrometheusOperator/0.78.2',
    'prometheuses,servicemonitors,podmonitors,prometheusrules,alertmanagers,secrets monitoring,configmaps monitoring,statefulsets monitoring,namespaces',
  );
  const prometheus = make('prometheus-k8s', 'Prometheus/2.55.1', 'endpoints,services,pods,nodes');
  make(
    'kube-state-metrics',
    'kube-state-metrics/v2.14.0 (linux/amd64) kube-state-metrics/$Format',
    'secrets,configmaps,pods,nodes,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,ingresses,certificatesigningrequests,namespaces,services,persistentvolumes,persistentvolumeclaims',
  );
  const sidecar = make('grafana', 'OpenAPI-Generator/31.0.0/python', '');
  const metrics = make(
    'metrics-server',
    'metrics-server/v0.7.2 (linux/amd64) kubernetes/fd20ee9',
    'nodes,pods',
    'kube-system',
  );
  const adapter = make('prometheus-adapter', namelessAgent('adapter'), 'nodes,configmaps kube-system');
  world.spawn(scraping());
  world.spawn(reconciling());

  function* scraping(): Story {
    for (;;) {
      for (const node of cluster.nodes.slice(0, 40)) {
        say(world, prometheus, 'get', `nodes/proxy/metrics${world.pick(['', '/cadvisor', '/probes'])}`, '', node);
      }
      ask(world, prometheus, '/metrics');
      ask(world, prometheus, '/metrics/slis');
      say(world, metrics, 'create', 'subjectaccessreviews');
      if (world.chance(0.2)) say(world, adapter, 'create', 'tokenreviews');
      yield 5 * MINUTE;
    }
  }

  function* reconciling(): Story {
    for (;;) {
      for (const secret of [
        'prometheus-k8s',
        'alertmanager-main',
        'alertmanager-main-generated',
        'additional-scrape-configs',
        'thanos-objstore',
      ])
        say(world, operator, 'get', 'secrets', namespace, secret);
      say(world, operator, 'update', 'secrets', namespace, 'prometheus-k8s');
      for (const resource of ['configmaps', 'secrets'])
        say(world, sidecar, 'list', resource, '', '', { query: 'labelSelector=grafana_dashboard%3D1' });
      yield world.between(4, 20) * MINUTE;
    }
  }
}
