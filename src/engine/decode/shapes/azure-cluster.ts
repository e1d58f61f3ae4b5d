import type { JsonView } from '../json-view.ts';
import { asClusterName } from './cluster-name.ts';

/** AKS, and clusters elsewhere that are connected through Azure Arc. */
const CLUSTER =
  /\/providers\/microsoft\.(?:containerservice\/managedclusters|kubernetes\/connectedclusters)\/([^/]+)$/i;
const LONGEST_ID = 2048;

/**
 * The cluster of an Azure resource id: its last part. In small letters: to Azure the case means nothing, Event Hubs get the id in
 * capitals and other ways out of Azure do not.
 */
export function azureCluster(resourceId: JsonView | undefined): string | undefined {
  if (resourceId === undefined || resourceId.to - resourceId.from > LONGEST_ID) return undefined;
  return asClusterName(CLUSTER.exec(resourceId.text ?? '')?.[1]?.toLowerCase());
}
