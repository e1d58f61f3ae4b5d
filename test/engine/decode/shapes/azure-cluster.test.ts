import { describe, expect, it } from 'vitest';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { azureCluster } from '../../../../src/engine/decode/shapes/azure-cluster.ts';

const clusterOf = (value: unknown): string | undefined => {
  const bytes = Buffer.from(JSON.stringify(value));
  return azureCluster(new JsonView(bytes, 0, bytes.length));
};
const AKS = '/providers/Microsoft.ContainerService/managedClusters/';

describe('azureCluster', () => {
  it.each([
    [`/SUBSCRIPTIONS/1/RESOURCEGROUPS/RG${AKS.toUpperCase()}PROD-1`, 'prod-1'],
    [`/subscriptions/1/resourceGroups/rg${AKS}Prod-1`, 'prod-1'],
    ['/subscriptions/1/resourceGroups/rg/providers/Microsoft.Kubernetes/connectedClusters/edge', 'edge'],
    [`/subscriptions/1/resourceGroups/rg${AKS}a/agentPools/b`, undefined],
    [`/subscriptions/1/resourceGroups/rg${AKS}`, undefined],
    [`${AKS}a b`, undefined],
    [`${AKS}${'a'.repeat(3000)}`, undefined],
    ['/subscriptions/1/resourceGroups/rg/providers/Microsoft.Sql/servers/db', undefined],
    ['', undefined],
    [7, undefined],
    [{}, undefined],
  ])('of %j is %j', (id, name) => expect(clusterOf(id)).toBe(name));

  it('is none without a resource id', () => expect(azureCluster(undefined)).toBeUndefined());
});
