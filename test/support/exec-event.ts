import { createHash } from 'node:crypto';

/** One request that leads to exactly one alert, exec-into-pod's: its user, address and namespace are nobody else's. */
export const execEvent = (serial: string, millis: number): string => {
  const time = `${new Date(millis).toISOString().slice(0, -1)}000Z`;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `crash-${serial}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/dev-${serial}/pods/shell/exec?command=id&container=shell&stdout=true`,
    verb: 'create',
    user: { username: `user-${serial}`, groups: ['developers', 'system:authenticated'] },
    sourceIPs: [addressOf(serial)],
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    objectRef: { resource: 'pods', namespace: `dev-${serial}`, name: 'shell', apiVersion: 'v1', subresource: 'exec' },
    responseStatus: { metadata: {}, code: 101 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
};

/** As the audit webhook sends them. */
export const eventList = (events: readonly string[]): string =>
  `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`;

/** An IPv6 address of its own for each serial. */
const addressOf = (serial: string): string =>
  `fd00:0:0:0:${createHash('sha256')
    .update(serial)
    .digest('hex')
    .slice(0, 16)
    .replace(/.{4}(?=.)/g, '$&:')}`;
