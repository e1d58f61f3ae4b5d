import type { AuditEvent } from '../model/index.ts';

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
const PODS: ReadonlySet<string> = new Set([
  'pods',
  'pods/ephemeralcontainers',
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'jobs',
  'cronjobs',
]);

/** What detectors look for in an event of its kind, and what is not in this one; a phrase each. */
export function absentIn(event: AuditEvent): readonly string[] {
  const { code, stage, verb, level, decision } = event;
  const isAnswered = code !== 0 && code !== 401;
  return [
    event.user.name === '' && code !== 401 && 'user',
    verb === '' && 'verb',
    stage === '' && 'stage',
    level === '' && 'level',
    code === 0 && stage !== 'RequestReceived' && stage !== 'Panic' && 'status code',
    event.peer === '' && 'source address',
    event.userAgent === '' && 'user agent',
    isAnswered && decision === '' && "the authorizer's decision",
    lacksGrant(event) === true && 'what was granted',
    lacksPod(event) === true && 'what the pod may do',
  ].filter((part) => part !== false);
}

/** Whether the write of a role or binding does not show what it gives; undefined for anything else. */
export function lacksGrant(event: AuditEvent): boolean | undefined {
  if (!WRITES.has(event.verb) || event.object?.apiGroup !== 'rbac.authorization.k8s.io') return undefined;
  return isBare(event);
}

/** Whether the write of a pod or workload does not show what it may do; undefined for anything else. */
export const lacksPod = (event: AuditEvent): boolean | undefined =>
  WRITES.has(event.verb) && PODS.has(event.resource) ? isBare(event) : undefined;

/** Its level leaves the bodies out, or whoever passed it on has. */
const isBare = ({ level, stage }: AuditEvent): boolean =>
  stage !== 'RequestReceived' && level !== 'Request' && level !== 'RequestResponse';
