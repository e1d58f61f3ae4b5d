import type { RawEvent } from '../support/event.ts';
import { without } from './policies.ts';
import type { Rewrite } from './scene.ts';

const CREDENTIAL = 'authentication.kubernetes.io/credential-id';
const ISSUED = 'authentication.kubernetes.io/issued-credential-id';
const STREAMS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

const annotated = (event: RawEvent, keep: (name: string) => boolean): RawEvent => ({
  ...event,
  ...(event.annotations && {
    annotations: Object.fromEntries(Object.entries(event.annotations).filter(([name]) => keep(name))),
  }),
});

/** No credential ids in the user's extra, nor in what was issued: before 1.30. */
function withoutCredentials(event: RawEvent): RawEvent {
  const { user } = event;
  if (user?.extra === undefined) return annotated(event, (name) => name !== ISSUED);
  const extra = Object.fromEntries(Object.entries(user.extra).filter(([name]) => name !== CREDENTIAL));
  const { extra: _, ...rest } = user;
  return annotated(
    { ...event, user: Object.keys(extra).length > 0 ? { ...rest, extra } : rest },
    (name) => name !== ISSUED,
  );
}

/** SPDY: exec and its like are POSTs, as kubectl sent them before 1.30. */
const posted = (event: RawEvent): RawEvent =>
  STREAMS.has(String(event.objectRef?.['subresource'])) && event.verb === 'get' ? { ...event, verb: 'create' } : event;

const withAgent =
  (pattern: RegExp, agent: string): Rewrite =>
  (event) => [
    {
      ...event,
      ...(event.userAgent !== undefined && {
        userAgent: pattern.test(event.userAgent) ? agent : event.userAgent,
      }),
    },
  ];

function refusal(event: RawEvent, message: (text: string) => string): RawEvent {
  const text = event.responseStatus?.['message'];
  if (typeof text !== 'string') return event;
  return { ...event, responseStatus: { ...event.responseStatus, message: message(text) } };
}

/** How refusals were worded before 1.12, and the escalation check before 1.14. */
const inOldWords = (event: RawEvent): RawEvent =>
  refusal(event, (text) =>
    text
      .replace(
        /cannot (\S+) resource "([^"]+)" in API group "[^"]*" (in the namespace|at the cluster scope)/,
        'cannot $1 $2 $3',
      )
      .replace(
        /user "([^"]+)" \(groups=\[[^\]]*\]\) is attempting to grant RBAC permissions not currently held:[^]*/,
        'attempt to grant extra privileges: [PolicyRule{APIGroups:["*"], Resources:["*"], Verbs:["*"]}] user=&{$1  [system:authenticated] map[]} ownerrules=[] ruleResolutionErrors=[]',
      ),
  );

const then =
  (...rewrites: readonly ((event: RawEvent) => RawEvent)[]): Rewrite =>
  (event) => [rewrites.reduce((sum, each) => each(sum), event)];

/** Serialised with fields in an order, and with extras, that older writers left. */
const aged = (event: RawEvent): RawEvent => ({
  ...event,
  apiVersion: 'audit.k8s.io/v1beta1',
  metadata: { creationTimestamp: event.requestReceivedTimestamp },
  timestamp: event.requestReceivedTimestamp,
});

/** What older and newer parts of Kubernetes would have written of the same requests. */
export const VERSIONS: Readonly<Record<string, Rewrite>> = {
  'SPDY in place of websockets': then(posted),
  'no credential ids': then(withoutCredentials),
  'no legacy token annotations': then((event) =>
    annotated(event, (name) => !name.startsWith('authentication.k8s.io/legacy-token')),
  ),
  'kubectl 1.24': withAgent(/^kubectl\//, 'kubectl/v1.24.17 (linux/amd64) kubernetes/22a9682'),
  'kubectl on Windows': withAgent(/^kubectl\//, 'kubectl.exe/v1.27.3 (windows/amd64) kubernetes/25b4e43'),
  'kubectl on a Mac': withAgent(/^kubectl\//, 'kubectl1.30/v1.30.2 (darwin/arm64) kubernetes/3968350'),
  'audit.k8s.io/v1beta1': then(aged),
  'older words for refusals': then(inOldWords),
  'refusals without a message': then((event) =>
    Number(event.responseStatus?.['code']) === 403 ? { ...event, responseStatus: { metadata: {}, code: 403 } } : event,
  ),
  'no reasons of the authorizer': then((event) => annotated(event, (name) => !name.endsWith('/reason'))),
  'Kubernetes 1.22, all of it': then(posted, withoutCredentials, inOldWords, (event) => ({
    ...annotated(event, (name) => name.startsWith('authorization.k8s.io/')),
    ...(event.userAgent !== undefined && {
      userAgent: event.userAgent.replaceAll('v1.36.3', 'v1.22.17').replaceAll('a1b2c3d', 'a7736ea'),
    }),
  })),
  // Fields in another order, nothing that is not needed: projections of collectors.
  'a collector that keeps the bare fields': then((event) =>
    without(
      {
        ...Object.fromEntries(Object.entries(event).toReversed()),
        ...(event.objectRef && { objectRef: without(event.objectRef, 'uid', 'resourceVersion') }),
      },
      'requestReceivedTimestamp',
    ),
  ),
};
