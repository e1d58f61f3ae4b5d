import { aksDiagnostics } from './aks-diagnostics.ts';
import { aksEventhub } from './aks-eventhub.ts';
import { aksKlog } from './aks-klog.ts';
import { aksObject } from './aks-object.ts';
import { aksRecord } from './aks-record.ts';
import { aksResourceSpecific } from './aks-resource-specific.ts';
import { eksCloudwatch } from './eks-cloudwatch.ts';
import { eksControlMessage } from './eks-control-message.ts';
import { gcpNotK8s } from './gcp-not-k8s.ts';
import { gkeCloudAudit } from './gke-cloud-audit.ts';
import { pubsub } from './pubsub.ts';
import { rancher } from './rancher.ts';
import { cri } from './cri.ts';
import { datadog } from './datadog.ts';
import { elasticAgent } from './elastic-agent.ts';
import { elasticsearchHit } from './elasticsearch-hit.ts';
import { fluentbit } from './fluentbit.ts';
import { klog } from './klog.ts';
import { openshiftNodelogs } from './openshift-nodelogs.ts';
import { openshift } from './openshift.ts';
import { otlp } from './otlp.ts';
import { splunkHec } from './splunk-hec.ts';
import { syslog } from './syslog.ts';
import { v1alpha1 } from './v1alpha1.ts';
import { vectorMerged } from './vector-merged.ts';
import { vector } from './vector.ts';
import type { Shape } from './shape.ts';

/** Every wrapper that events arrive in, in the order in which they are tried. */
export const SHAPES: readonly Shape[] = [
  aksEventhub,
  aksRecord,
  aksObject,
  aksKlog,
  aksResourceSpecific,
  aksDiagnostics,
  eksCloudwatch,
  eksControlMessage,
  pubsub,
  gkeCloudAudit,
  gcpNotK8s,
  rancher,
  elasticsearchHit,
  otlp,
  elasticAgent,
  openshift,
  datadog,
  v1alpha1,
  vectorMerged,
  splunkHec,
  fluentbit,
  vector,
  klog,
  syslog,
  cri,
  openshiftNodelogs,
];

/** By the name of a member the shapes that it marks, as bits in the order of the table. */
const MARKED = new Map<string, number>();
for (const [index, { marks }] of SHAPES.entries())
  for (const mark of marks) MARKED.set(mark, (MARKED.get(mark) ?? 0) | (1 << index));

/** The shapes that a value with these members may have, as bits in the order of the table. */
export function markedBy(members: Iterable<string>): number {
  let marked = 0;
  for (const name of members) marked |= MARKED.get(name) ?? 0;
  return marked;
}

/** Forms that need no unwrapping: the reader of events tells them by itself. */
export const PLAIN_SHAPES = ['raw-event', 'v1beta1', 'eventlist', 'jsonl', 'array'] as const;
