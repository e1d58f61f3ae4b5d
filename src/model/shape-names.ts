import { z } from 'zod';

/** Forms in which events arrive, as configuration, counters and `lapwing decode` name them. docs/shapes.md tells of each. */
export const SHAPE_NAMES = [
  'raw-event',
  'v1beta1',
  'eventlist',
  'jsonl',
  'array',
  'aks-diagnostics',
  'aks-eventhub',
  'aks-klog',
  'aks-object',
  'aks-record',
  'aks-resource-specific',
  'cri',
  'datadog',
  'eks-cloudwatch',
  'eks-control-message',
  'elastic-agent',
  'elasticsearch-hit',
  'fluentbit',
  'gcp-not-k8s',
  'gke-cloud-audit',
  'klog',
  'openshift',
  'openshift-nodelogs',
  'otlp',
  'pubsub',
  'rancher',
  'splunk-hec',
  'syslog',
  'v1alpha1',
  'vector',
  'vector-merged',
] as const;

/** A source's setting `shape`: the only form to take. Without it each record tells its own. */
export const shapeSetting = () =>
  z
    .enum(SHAPE_NAMES)
    .optional()
    .describe('The one form that its records have (see docs/shapes.md); otherwise each record tells its own.');
