/** Where resources live: "version" of the core group, or "group/version". */
const PLACES: Readonly<Record<string, string>> = {
  v1: 'pods services endpoints secrets configmaps namespaces nodes serviceaccounts events persistentvolumes persistentvolumeclaims resourcequotas limitranges replicationcontrollers podtemplates',
  'apps/v1': 'deployments replicasets statefulsets daemonsets controllerrevisions',
  'batch/v1': 'jobs cronjobs',
  'networking.k8s.io/v1': 'ingresses ingressclasses networkpolicies',
  'policy/v1': 'poddisruptionbudgets',
  'rbac.authorization.k8s.io/v1': 'roles rolebindings clusterroles clusterrolebindings',
  'autoscaling/v2': 'horizontalpodautoscalers',
  'coordination.k8s.io/v1': 'leases',
  'discovery.k8s.io/v1': 'endpointslices',
  'storage.k8s.io/v1': 'storageclasses volumeattachments csinodes csidrivers csistoragecapacities',
  'admissionregistration.k8s.io/v1': 'validatingwebhookconfigurations mutatingwebhookconfigurations',
  'apiextensions.k8s.io/v1': 'customresourcedefinitions',
  'apiregistration.k8s.io/v1': 'apiservices',
  'scheduling.k8s.io/v1': 'priorityclasses',
  'node.k8s.io/v1': 'runtimeclasses',
  'certificates.k8s.io/v1': 'certificatesigningrequests',
  'authentication.k8s.io/v1': 'tokenreviews',
  'authorization.k8s.io/v1': 'subjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews',
  'events.k8s.io/v1': 'events.k8s',
  'metrics.k8s.io/v1beta1': 'pods.metrics nodes.metrics',
  'argoproj.io/v1alpha1': 'applications applicationsets appprojects rollouts workflows',
  'source.toolkit.fluxcd.io/v1': 'gitrepositories helmrepositories helmcharts ocirepositories',
  'kustomize.toolkit.fluxcd.io/v1': 'kustomizations',
  'helm.toolkit.fluxcd.io/v2': 'helmreleases',
  'cert-manager.io/v1': 'certificates certificaterequests issuers clusterissuers',
  'acme.cert-manager.io/v1': 'orders challenges',
  'external-secrets.io/v1beta1': 'externalsecrets secretstores clustersecretstores',
  'bitnami.com/v1alpha1': 'sealedsecrets',
  'velero.io/v1': 'backups schedules restores backupstoragelocations podvolumebackups',
  'aquasecurity.github.io/v1alpha1': 'vulnerabilityreports configauditreports exposedsecretreports',
  'monitoring.coreos.com/v1': 'prometheuses servicemonitors podmonitors prometheusrules alertmanagers',
  'kyverno.io/v1': 'clusterpolicies policies updaterequests',
  'constraints.gatekeeper.sh/v1beta1': 'k8srequiredlabels',
  'networking.istio.io/v1': 'virtualservices gateways destinationrules sidecars envoyfilters',
  'tekton.dev/v1': 'pipelineruns taskruns pipelines tasks',
  'postgresql.cnpg.io/v1': 'clusters',
  'elasticsearch.k8s.elastic.co/v1': 'elasticsearches',
  'management.cattle.io/v3': 'projects users clusterroletemplatebindings projectroletemplatebindings',
  'backstage.example.com/v1': 'catalogs',
};

export interface Place {
  /** "/api/v1" or "/apis/group/version". */
  readonly root: string;
  /** The resource's own name: two groups may share one. */
  readonly name: string;
  /** The end of objectRef. */
  readonly ref: string;
  readonly group: string;
}

const KNOWN = new Map<string, Place>(
  Object.entries(PLACES).flatMap(([place, names]) =>
    names.split(' ').map((key): [string, Place] => {
      const [group = '', version] = place.includes('/') ? place.split('/') : ['', place];
      const name = key.split('.', 1)[0]!;
      const ref = `${group === '' ? '' : `"apiGroup":"${group}",`}"apiVersion":"${version}"`;
      return [key, { root: group === '' ? `/api/${version}` : `/apis/${group}/${version}`, name, ref, group }];
    }),
  ),
);

/** Where that resource lives; throws for one that nobody has written down. */
export function placeOf(resource: string): Place {
  const place = KNOWN.get(resource);
  if (place === undefined) throw new Error(`no such resource: ${resource}`);
  return place;
}

/** Discovery paths of every group, as clients walk them. */
export const DISCOVERY: readonly string[] = Object.keys(PLACES).map((place) =>
  place.includes('/') ? `/apis/${place}` : `/api/${place}`,
);
