import { Decoder } from '../../../src/engine/decode/decoder.ts';
import type { LazyEvent } from '../../../src/engine/decode/lazy-event.ts';
import type { Reject } from '../../../src/model/index.ts';

export const KEY = Uint8Array.from({ length: 16 }, (_, index) => index * 7);

/** What came out of one record: events with their fingerprints, and rejects. */
export interface Decoded {
  readonly events: readonly LazyEvent[];
  readonly prints: readonly string[];
  readonly sizes: readonly number[];
  readonly rejects: readonly Reject[];
}

/** Decodes a record with a decoder of its own, or with the one given. */
export function decode(input: string | Uint8Array, decoder?: { decoder: Decoder; rejects: Reject[] }): Decoded {
  const { decoder: used, rejects } = decoder ?? freshDecoder();
  const before = rejects.length;
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  used.open({ bytes, origin: { source: 'test', cluster: 'east', position: 'here' } });
  const events: LazyEvent[] = [];
  const prints: string[] = [];
  const sizes: number[] = [];
  while (used.next()) {
    const print = used.fingerprint();
    prints.push([print.idHigh, print.idLow, print.requestHash, print.contentHash].join(':'));
    sizes.push(used.bytes);
    events.push(used.event(false) as LazyEvent);
  }
  return { events, prints, sizes, rejects: rejects.slice(before) };
}

export function freshDecoder(): { decoder: Decoder; rejects: Reject[] } {
  const rejects: Reject[] = [];
  return { decoder: new Decoder({ key: KEY, cluster: 'home', onReject: (reject) => rejects.push(reject) }), rejects };
}

/** An event as the API server's log writes it, parts replaced or (undefined) left out. */
export const rawEvent = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: '1c0ad2ca-1736-42af-9cad-4226f6720e14',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/dev/pods/web-0',
  verb: 'get',
  user: {
    username: 'system:serviceaccount:dev:gitops',
    uid: '8da86540-079e-41ce-ba97-b6ed7f467c03',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=8486b421-229f-4f4c-9e52-d82f3a094f6a'] },
  },
  sourceIPs: ['10.9.8.7', '127.66.0.11'],
  userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
  objectRef: { resource: 'pods', namespace: 'dev', name: 'web-0', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: '2026-11-21T10:20:10.003863Z',
  stageTimestamp: '2026-11-21T10:20:10.010471Z',
  annotations: {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': 'RBAC: allowed by RoleBinding "edit/dev" of ClusterRole "edit" to User "gitops"',
  },
  ...over,
});

export const line = (over: Readonly<Record<string, unknown>> = {}): string => JSON.stringify(rawEvent(over));

/** Everything that an event tells, as plain data. */
export const told = (event: LazyEvent): unknown => ({
  time: event.time,
  auditId: event.auditId,
  stage: event.stage,
  level: event.level,
  verb: event.verb,
  uri: event.uri,
  code: event.code,
  statusReason: event.statusReason,
  statusMessage: event.statusMessage,
  user: userOf(event.user),
  impersonated: event.impersonated && userOf(event.impersonated),
  sourceIps: event.sourceIps,
  peer: event.peer,
  userAgent: event.userAgent,
  object: event.object,
  resource: event.resource,
  decision: event.decision,
  decisionReason: event.decisionReason,
  outcome: event.outcome,
  denial: event.denial,
  final: event.final,
  annotations: [...event.annotations],
});

const userOf = (user: LazyEvent['user']): unknown => ({ ...user, extra: [...user.extra] });
