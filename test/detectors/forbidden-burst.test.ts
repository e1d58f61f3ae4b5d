import { forbiddenBurst } from '../../detectors/forbidden-burst.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const KINDS = ['secrets', 'pods', 'configmaps', 'nodes', 'serviceaccounts', 'services', 'endpoints', 'events'];
const FRONTEND: RawEvent = {
  user: {
    username: 'system:serviceaccount:web:frontend',
    uid: '8ce277bd',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:web', 'system:authenticated'],
  },
  userAgent: 'curl/7.88.1',
  sourceIPs: ['10.9.1.17'],
};
const DAVE: RawEvent = { user: { username: 'dave', groups: ['interns', 'system:authenticated'] } };

/** A refusal by the authorizer, told by number: other numbers ask for other things. */
function refused(second: number, number: number, over: RawEvent = {}): RawEvent {
  const resource = KINDS[number % KINDS.length]!;
  const namespace = `team-${Math.floor(number / KINDS.length)}`;
  return at(second, {
    verb: 'list',
    requestURI: `/api/v1/namespaces/${namespace}/${resource}`,
    objectRef: { resource, namespace, apiVersion: 'v1' },
    responseStatus: { code: 403, reason: 'Forbidden' },
    annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    level: 'Metadata',
    ...over,
  });
}
const many = (count: number, every: number, over: RawEvent = {}): RawEvent[] =>
  Array.from({ length: count }, (_, number) => refused(number * every, number, over));
const question = (second: number): RawEvent =>
  at(second, {
    ...FRONTEND,
    verb: 'create',
    requestURI: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    objectRef: { resource: 'selfsubjectrulesreviews', apiGroup: 'authorization.k8s.io', apiVersion: 'v1' },
    responseStatus: { code: 201 },
  });
const login = (second: number, path: string): RawEvent =>
  at(second, {
    user: {},
    stage: 'ResponseStarted',
    verb: 'list',
    requestURI: path,
    userAgent: 'curl/7.88.1',
    responseStatus: { code: 401, reason: 'Unauthorized' },
    annotations: {},
  });
const stages = (events: readonly RawEvent[]): RawEvent[] =>
  events.flatMap((event) => [
    { ...event, stage: 'RequestReceived', responseStatus: undefined as never, annotations: {} },
    { ...event, stage: 'ResponseStarted' },
    event,
  ]);

const cases: readonly Case[] = [
  {
    name: 'a stolen service account token looks around with curl, after asking what it may do',
    kind: 'positive',
    events: [question(0), ...many(40, 0.1, FRONTEND).map((event) => event)],
    alerts: [
      {
        severity: 'high',
        action: 'forbidden-burst',
        count: 40,
        reason:
          /^Service account web:frontend was refused 40 times within 4 s from 10\.9\.1\.17: 40 different requests .* 1 question/,
      },
    ],
  },
  {
    name: 'a person tries many kinds in many namespaces',
    kind: 'positive',
    events: many(40, 1, DAVE),
    alerts: [{ severity: 'medium', count: 40 }],
  },
  {
    name: 'a controller credential in the hands of a person',
    kind: 'positive',
    events: many(24, 1, {
      user: { username: 'system:kube-scheduler', groups: ['system:authenticated'] },
      userAgent: 'curl/7.88.1',
    }),
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'one thing an hour is nothing, fifteen different things in one hour are probing',
    kind: 'positive',
    events: many(16, 200, { ...FRONTEND }),
    alerts: [{ severity: 'medium', action: 'forbidden-burst' }],
  },
  {
    name: 'failed logins from one address, over many paths',
    kind: 'positive',
    events: Array.from({ length: 30 }, (_, number) => login(number, `/api/v1/namespaces/ns-${number}/secrets`)),
    alerts: [
      {
        severity: 'low',
        action: 'login-failed-burst',
        count: 30,
        reason: /was not let in 30 times .* from 10\.0\.0\.9/,
      },
    ],
  },
  {
    name: 'nine failed logins are not ten',
    kind: 'edge',
    events: Array.from({ length: 9 }, (_, number) => login(number, `/api/v1/namespaces/ns-${number}/secrets`)),
    alerts: [],
  },
  {
    name: 'one path again and again',
    kind: 'edge',
    events: Array.from({ length: 10 }, (_, number) => login(number, '/api')),
    alerts: [{ severity: 'info', reason: /: 1 different request for 1 path \(\/api\)\.$/ }],
  },
  {
    name: 'some of it in namespaces, some cluster-wide',
    kind: 'edge',
    events: [
      ...many(3, 1, DAVE),
      ...many(3, 1, { ...DAVE, objectRef: { resource: 'nodes', apiVersion: 'v1' } }).map((_, number) =>
        refused(10 + number, number, {
          ...DAVE,
          objectRef: { resource: 'nodes', name: `n-${number}`, apiVersion: 'v1' },
        }),
      ),
    ],
    alerts: [{ severity: 'low', reason: /resource types in \d namespaces? and cluster-wide \(/ }],
  },
  { name: 'a person mistypes four times', kind: 'negative', events: many(4, 1, DAVE), alerts: [] },
  {
    name: 'kubectl get all without rights: ten kinds in one namespace',
    kind: 'negative',
    events: Array.from({ length: 10 }, (_, number) =>
      refused(number / 100, 0, {
        ...DAVE,
        requestURI: `/apis/x/v1/namespaces/web/kind${number}`,
        objectRef: { resource: `kind${number}`, namespace: 'web', apiVersion: 'v1' },
      }),
    ),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a controller without its role asks for the same three kinds for an hour',
    kind: 'negative',
    events: Array.from({ length: 360 }, (_, number) =>
      refused(number * 10, number % 3, {
        user: { ...FRONTEND.user!, extra: { 'authentication.kubernetes.io/pod-name': ['operator-0'] } },
        userAgent: 'operator/v1.2.3 (linux/amd64)',
      }),
    ),
    alerts: [],
  },
  {
    name: 'the scheduler at a start-up, before the default roles are there',
    kind: 'negative',
    events: many(16, 0.1, {
      user: { username: 'system:kube-scheduler', groups: ['system:authenticated'] },
      userAgent: 'kube-scheduler/v1.36.3 (linux/amd64) kubernetes/a1b2c3d/scheduler',
    }),
    alerts: [],
  },
  {
    name: 'a backend behind a proxy that says 403',
    kind: 'negative',
    events: Array.from({ length: 20 }, (_, number) =>
      refused(number, number, {
        ...FRONTEND,
        objectRef: {
          resource: 'services',
          subresource: 'proxy',
          namespace: 'web',
          name: `s${number}`,
          apiVersion: 'v1',
        },
        annotations: { 'authorization.k8s.io/decision': 'allow' },
      }),
    ),
    alerts: [],
  },
  {
    name: 'a controller that pod security refuses again and again',
    kind: 'negative',
    events: Array.from({ length: 20 }, (_, number) =>
      refused(number, 0, {
        user: {
          username: 'system:serviceaccount:kube-system:replicaset-controller',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
          uid: '7bab5f21',
        },
        verb: 'create',
        userAgent:
          'kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/a1b2c3d/system:serviceaccount:kube-system:replicaset-controller',

        annotations: { 'authorization.k8s.io/decision': 'allow' },
      }),
    ),
    alerts: [],
  },
  { name: 'five refusals are not six', kind: 'edge', events: many(5, 1, FRONTEND), alerts: [] },
  { name: 'six refusals are six', kind: 'edge', events: many(6, 1, FRONTEND), alerts: [{ severity: 'low', count: 6 }] },
  {
    name: 'the sixth comes as the first leaves the window',
    kind: 'edge',
    events: [...many(5, 1, FRONTEND), refused(300, 5, FRONTEND)],
    alerts: [],
  },
  {
    name: 'the sixth comes a microsecond before the first leaves the window',
    kind: 'edge',
    events: [...many(5, 1, FRONTEND), refused(299.999999, 5, FRONTEND)],
    alerts: [{ severity: 'low', count: 6 }],
  },
  {
    name: 'three and three across the full five minutes of a clock are six',
    kind: 'edge',
    events: [295, 297, 299, 301, 303, 305].map((second, number) => refused(second, number, FRONTEND)),
    alerts: [{ severity: 'low', count: 6 }],
  },
  {
    name: 'every stage of five requests is still five requests',
    kind: 'edge',
    events: stages(many(5, 1, FRONTEND)),
    alerts: [],
  },
  {
    name: 'every stage of six requests is six requests',
    kind: 'edge',
    events: stages(many(6, 1, FRONTEND)),
    alerts: [{ severity: 'low', count: 6 }],
  },
  {
    name: 'two actors with three refusals each are not one with six',
    kind: 'edge',
    events: [0, 1, 2, 3, 4, 5].map((number) => refused(number, number, number % 2 === 0 ? FRONTEND : DAVE)),
    alerts: [],
  },
  {
    name: 'two anonymous clients with three refusals each',
    kind: 'edge',
    events: [0, 1, 2, 3, 4, 5].map((number) =>
      refused(number, number, {
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
        sourceIPs: [`10.0.0.${number % 2}`],
      }),
    ),
    alerts: [],
  },
  {
    name: 'refusals by the authorizer and by admission are counted apart',
    kind: 'edge',
    events: many(6, 1, FRONTEND).map((event, number) =>
      number < 3 ? event : { ...event, annotations: { 'authorization.k8s.io/decision': 'allow' } },
    ),
    alerts: [],
  },
  {
    name: 'a burst after the quiet time is an alert of its own',
    kind: 'edge',
    events: [
      ...many(6, 1, FRONTEND),
      ...many(6, 1, FRONTEND).map((_, number) => refused(4_000 + number, number, FRONTEND)),
    ],
    alerts: [
      { severity: 'low', count: 6 },
      { severity: 'low', count: 6 },
    ],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: many(8, 1, { ...FRONTEND, verb: 'delete' }),
    alerts: [{ severity: 'low' }],
  },
];

table(forbiddenBurst, cases);
