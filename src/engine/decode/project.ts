import { formatTime, type AuditEvent, type User } from '../../model/index.ts';

const WORKLOADS: ReadonlySet<string> = new Set([
  'pods',
  'podtemplates',
  'replicationcontrollers',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
]);

/**
 * Whether the request and response objects of an event are kept while it waits: those of RBAC, of workloads and of ephemeral
 * containers, which facts and detectors read. Subresources such as pods/status or pods/exec are no workload.
 */
export function keepsBodies(event: AuditEvent): boolean {
  const { object } = event;
  if (object === undefined) return false;
  if (object.apiGroup === 'rbac.authorization.k8s.io' || object.subresource === 'ephemeralcontainers') return true;
  return object.subresource === '' && WORKLOADS.has(object.resource);
}

/**
 * A waiting event as compact, redacted audit JSON, which the decoder reads back into an equal event (but for the bodies that
 * `keepsBodies` leaves out, and what is not in the bytes: cluster, receipt, reused Audit-ID).
 */
export function project(event: AuditEvent & { readonly annotations?: ReadonlyMap<string, string> }): string {
  const { object } = event;
  const bodies = keepsBodies(event);
  const plain = JSON.stringify({
    level: orNone(event.level),
    auditID: orNone(event.auditId),
    stage: orNone(event.stage),
    requestURI: orNone(event.uri),
    verb: orNone(event.verb),
    sourceIPs: event.sourceIps.length > 0 ? event.sourceIps : undefined,
    userAgent: orNone(event.userAgent),
    objectRef: object && {
      resource: orNone(object.resource),
      namespace: orNone(object.namespace),
      name: orNone(object.name),
      apiGroup: orNone(object.apiGroup),
      apiVersion: orNone(object.apiVersion),
      subresource: orNone(object.subresource),
    },
    responseStatus: statusOf(event),
    requestObject: bodies ? event.requestObject : undefined,
    responseObject: bodies ? event.responseObject : undefined,
    stageTimestamp: formatTime(event.time),
  });
  const impersonated = event.impersonated === undefined ? '' : `,"impersonatedUser":${userText(event.impersonated)}`;
  return `${plain.slice(0, -1)},"user":${userText(event.user)}${impersonated},"annotations":${annotationsText(event)}}`;
}

const orNone = (text: string): string | undefined => (text === '' ? undefined : text);

/** Users and annotations are read once for many events, and written once, too. */
const TEXTS = new WeakMap<object, string>();

function userText(user: User): string {
  const known = TEXTS.get(user);
  if (known !== undefined) return known;
  const { name, uid, groups, extra } = user;
  const text = JSON.stringify({
    username: orNone(name),
    uid: orNone(uid),
    groups: groups.length > 0 ? groups : undefined,
    extra: extra.size > 0 ? bare(extra) : undefined,
  });
  TEXTS.set(user, text);
  return text;
}

function statusOf({ statusMessage, statusReason, code }: AuditEvent): object | undefined {
  if (statusMessage === '' && statusReason === '' && code === 0) return undefined;
  return {
    message: orNone(statusMessage),
    reason: orNone(statusReason),
    code: code === 0 ? undefined : code,
  };
}

/** All annotations where the event can list them, else the two that every event is judged by. */
function annotationsText(event: AuditEvent & { readonly annotations?: ReadonlyMap<string, string> }): string {
  const names = ['authorization.k8s.io/decision', 'authorization.k8s.io/reason'];
  const all = event.annotations ?? new Map(names.map((name) => [name, event.annotation(name)]));
  const known = TEXTS.get(all);
  if (known !== undefined) return known;
  const text = JSON.stringify(bare(all));
  TEXTS.set(all, text);
  return text;
}

/** Members whose names are the sender's to choose: no name of them means anything to JavaScript. */
function bare<V>(entries: ReadonlyMap<string, V>): object {
  const members = Object.create(null) as Record<string, V>;
  for (const [name, value] of entries) members[name] = value;
  return members;
}
