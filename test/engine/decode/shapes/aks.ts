import { line } from '../decoding.ts';

/** What Azure writes for a cluster, in capitals. */
export const RESOURCE_ID =
  '/SUBSCRIPTIONS/1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/TEST-AKS';

/** A record of the diagnostic settings of AKS, parts replaced or (undefined) left out. */
export const aksRecord = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  category: 'kube-audit',
  operationName: 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read',
  time: '2026-11-21T10:20:10.0000000Z',
  resourceId: RESOURCE_ID,
  properties: { log: `${line()}\n`, stream: 'stdout', pod: 'kube-apiserver-0' },
  ...over,
});
