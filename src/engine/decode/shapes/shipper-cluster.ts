import type { JsonView } from '../json-view.ts';
import { asClusterName } from './cluster-name.ts';

/**
 * Where shippers and their documentation put the name of the cluster: ECS first, then the attribute of OpenTelemetry, then what
 * people add with a filter, at the top or under the member that their shipper keeps for it. Names come before identifiers.
 */
const PLACES: readonly (readonly string[])[] = [
  ['orchestrator', 'cluster', 'name'],
  ['orchestrator.cluster.name'],
  ['k8s.cluster.name'],
  ['cluster_name'],
  ['cluster'],
  ['fields', 'k8s.cluster.name'],
  ['fields', 'cluster_name'],
  ['fields', 'cluster'],
  ['labels', 'cluster_name'],
  ['labels', 'cluster'],
  ['openshift', 'cluster_id'],
  ['orchestrator', 'cluster', 'id'],
  ['cluster_id'],
  ['cluster_uuid'],
];

/** Members at the top of a record that may lead to the name. */
export const CLUSTER_MARKS: readonly string[] = [...new Set(PLACES.map(([first]) => first!))];

/** The cluster by the word of whoever ships the record. */
export function shipperCluster(value: JsonView): string | undefined {
  for (const [first, ...rest] of PLACES) {
    // Most records have none of them.
    const member = value.members.get(first!);
    if (member === undefined) continue;
    const name = asClusterName(member.at(...rest)?.text);
    if (name !== undefined) return name;
  }
  return undefined;
}
