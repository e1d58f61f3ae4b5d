/** An entry of Cloud Audit Logs as GKE writes it, parts of it and of its payload replaced or (undefined) left out. */
export const gkeEntry = (
  payload: Readonly<Record<string, unknown>> = {},
  over: Readonly<Record<string, unknown>> = {},
): string =>
  JSON.stringify({
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      authenticationInfo: { principalEmail: 'dev@example.org' },
      authorizationInfo: [{ granted: true, permission: 'io.k8s.core.v1.secrets.get', resource: 'core/v1/secrets' }],
      methodName: 'io.k8s.core.v1.secrets.get',
      requestMetadata: { callerIp: '203.0.113.7', callerSuppliedUserAgent: 'kubectl/v1.30.2' },
      resourceName: 'core/v1/namespaces/prod/secrets/db',
      serviceName: 'k8s.io',
      status: { code: 0 },
      ...payload,
    },
    insertId: 'entry-1',
    resource: {
      type: 'k8s_cluster',
      labels: { cluster_name: 'test-cluster', location: 'europe-west1', project_id: 'p' },
    },
    timestamp: '2026-11-21T10:20:10.010471Z',
    labels: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    logName: 'projects/p/logs/cloudaudit.googleapis.com%2Fdata_access',
    operation: { id: 'entry-1', producer: 'k8s.io', first: true, last: true },
    ...over,
  });
