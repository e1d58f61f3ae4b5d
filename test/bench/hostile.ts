import { formatTime } from '../../src/model/index.ts';
import { chunksOf } from './corpus.ts';

const VERBS = [
  ['get', 'configmaps', '/x'],
  ['list', 'pods', ''],
  ['watch', 'services', ''],
  ['update', 'leases', '/x'],
  ['patch', 'deployments', '/x/status'],
  ['create', 'events', ''],
] as const;
const START = Date.parse('2026-11-21T10:00:00Z') * 1_000;

/** Each event with a user, an agent, a namespace and an address that no other has; let in, or refused. */
export function strangers(events: number, refused: boolean): readonly Buffer[] {
  return chunksOf(Array.from({ length: events }, (_, index) => JSON.stringify(stranger(index, refused))));
}

function stranger(index: number, refused: boolean): object {
  const [verb, resource, tail] = VERBS[index % VERBS.length]!;
  const id = index.toString(16).padStart(12, '0');
  const time = formatTime(START + index * 1_000);
  const user = `user-${index}@example.com`;
  const said = `${resource} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in the namespace "ns-${index}"`;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `9fc2bbde-d493-4c33-8277-${id}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/ns-${index}/${resource}${tail}`,
    verb,
    user: { username: user, uid: `8da86540-079e-41ce-ba97-${id}`, groups: ['staff', 'system:authenticated'] },
    sourceIPs: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
    userAgent: `agent-${index}/v1.36.3 (linux/amd64) kubernetes/a1b2c3d`,
    objectRef: { resource, namespace: `ns-${index}`, ...(tail !== '' && { name: 'x' }), apiVersion: 'v1' },
    responseStatus: {
      metadata: {},
      ...(refused && { status: 'Failure', message: said, reason: 'Forbidden' }),
      code: refused ? 403 : 200,
    },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: {
      'authorization.k8s.io/decision': refused ? 'forbid' : 'allow',
      'authorization.k8s.io/reason': refused
        ? ''
        : `RBAC: allowed by RoleBinding "edit/ns-${index}" of ClusterRole "edit" to User "${user}"`,
    },
  };
}
