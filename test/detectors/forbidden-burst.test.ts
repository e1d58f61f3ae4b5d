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
const stages = (events: readonly RawEvent[]): RawEvent[] =>
  events.flatMap((event) => [
    { ...event, stage: 'RequestReceived', responseStatus: undefined as never, annotations: {} },
    { ...event, stage: 'ResponseStarted' },
    event,
  ]);

/** Everything in these kinds and namespaces, listed one after the other. */
const sweep = (kinds: number, namespaces: number, every: number, over: RawEvent = {}): RawEvent[] =>
  Array.from({ length: kinds * namespaces }, (_, number) => {
    const [resource, namespace] = [`kind${number % kinds}`, `team-${Math.floor(number / kinds)}`];
    return refused(number * every, number, {
      requestURI: `/apis/x/v1/namespaces/${namespace}/${resource}`,
      objectRef: { resource, namespace, apiVersion: 'v1' },
      ...over,
    });
  });
/** By name or to change it, as a deployment does. */
const named = (second: number, verb: string, resource: string, namespace: string, over: RawEvent = {}): RawEvent =>
  refused(second, 0, {
    ...over,
    verb,
    requestURI: `/apis/x/v1/namespaces/${namespace}/${resource}/it?${second}`,
    objectRef: { resource, namespace, name: 'it', apiVersion: 'v1' },
  });
const from = (agent: string, user: RawEvent = FRONTEND): RawEvent => ({ ...user, userAgent: agent });
const KUBECTL = 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d';
const LENS = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) OpenLens/6.5.2';
const ARGO = 'argocd-application-controller/v0.0.0 (linux/amd64) kubernetes/$Format';
const OPERATOR: RawEvent = {
  user: { ...FRONTEND.user!, extra: { 'authentication.kubernetes.io/pod-name': ['operator-0'] } },
  userAgent: 'operator/v1.2.3 (linux/amd64)',
};
const CHART = ['deployments', 'services', 'configmaps', 'secrets', 'serviceaccounts', 'roles', 'rolebindings', 'jobs'];
const HOURS = 3_600;
const impersonation = (second: number, other: string, over: RawEvent = DAVE): RawEvent =>
  refused(second, 0, {
    ...over,
    responseStatus: {
      code: 403,
      reason: 'Forbidden',
      message: `users "${other}" is forbidden: User "dave" cannot impersonate resource "users" in API group "" at the cluster scope`,
    },
    annotations: {},
  });
const listed = (second: number, resource: string, over: RawEvent = FRONTEND): RawEvent =>
  at(second, { ...over, verb: 'list', requestURI: `/api/v1/${resource}`, objectRef: { resource, apiVersion: 'v1' } });

const cases: readonly Case[] = [
  {
    name: 'a stolen service account token looks around with curl, after asking what it may do',
    kind: 'positive',
    events: [question(0), ...many(40, 0.1, FRONTEND).map((event) => event)],
    alerts: [
      {
        severity: 'high',
        action: 'forbidden-burst',
        count: 41,
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
    alerts: [{ severity: 'info', reason: /resource types in \d namespaces? and cluster-wide \(/ }],
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
    alerts: [{ severity: 'info' }],
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
    name: 'slow and patient: one refusal every ten minutes, over many kinds, for hours',
    kind: 'positive',
    events: sweep(12, 3, 600, from(KUBECTL)),
    alerts: [{ severity: 'medium', count: 36, reason: /36 times within 350 min/ }],
  },
  {
    name: 'fourteen things in a day are not fifteen',
    kind: 'edge',
    events: sweep(14, 1, 5_400, from(KUBECTL)),
    alerts: [],
  },
  {
    name: 'fifteen things in a day are fifteen, and all of them are evidence',
    kind: 'edge',
    events: sweep(15, 1, 5_400, from(KUBECTL)),
    alerts: [{ severity: 'low', count: 15 }],
  },
  {
    name: 'the fifteenth comes as the first leaves the day',
    kind: 'edge',
    events: [...sweep(14, 1, 5_400, from(KUBECTL)), named(24 * HOURS, 'list', 'other', 'x', from(KUBECTL))],
    alerts: [],
  },
  {
    name: 'asking before, in between and after is evidence, and weighs',
    kind: 'positive',
    events: [question(0), question(1), ...many(20, 1, FRONTEND), question(30), question(600)],
    alerts: [{ severity: 'medium', count: 24, reason: /with 2 questions about its own rights/ }],
  },
  {
    name: 'a question long after is not evidence any more',
    kind: 'edge',
    events: [...many(20, 1, FRONTEND), question(2 * HOURS)],
    alerts: [{ severity: 'medium', count: 20 }],
  },
  {
    name: 'some is allowed between the refusals',
    kind: 'positive',
    events: [
      ...many(24, 1, FRONTEND),
      ...['pods', 'services', 'nodes', 'events', 'jobs'].map((kind, number) => listed(5.5 + number, kind)),
      refused(40, 30, FRONTEND),
    ],
    alerts: [{ severity: 'medium', reason: /it was allowed to list pods, services, nodes and more meanwhile/ }],
  },
  {
    name: 'someone tries whom it may act as',
    kind: 'positive',
    events: Array.from({ length: 8 }, (_, number) => impersonation(number, `admin-${number}`)),
    alerts: [
      { severity: 'low', count: 8, reason: /User dave .* 8 different requests for 1 resource type \(impersonation\)/ },
    ],
  },
  {
    name: 'a machine tries whom it may act as, with a script',
    kind: 'positive',
    events: Array.from({ length: 12 }, (_, number) => impersonation(number, `admin-${number}`, FRONTEND)),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'one person who acts as many: by hand it is one actor',
    kind: 'edge',
    events: many(12, 1, DAVE).map((event, number) => ({
      ...event,
      impersonatedUser: { username: `user-${number % 6}` },
    })),
    alerts: [{ severity: 'info', count: 12 }],
  },
  {
    name: 'a proxy that acts as many people: each answers for itself',
    kind: 'edge',
    events: many(12, 1, from('rancher/v2.8.0')).map((event, number) => ({
      ...event,
      impersonatedUser: { username: `user-${number % 6}`, groups: ['system:authenticated'] },
    })),
    alerts: [],
  },
  {
    name: 'spread over addresses and user agents',
    kind: 'positive',
    events: many(40, 1, FRONTEND).map((event, number) => ({
      ...event,
      sourceIPs: [`10.9.${number}.1`],
      userAgent: ['curl/8.5.0', 'python-requests/2.31.0', KUBECTL, 'okhttp/4.12.0'][number % 4]!,
    })),
    alerts: [{ severity: 'high', count: 40, reason: /from 10\.9\.32\.1, 10\.9\.33\.1, 10\.9\.34\.1 and more/ }],
  },
  {
    name: 'among the polling of its own controller',
    kind: 'positive',
    events: [
      ...Array.from({ length: 200 }, (_, number) => named(number, 'list', `own-${number % 2}`, 'web', OPERATOR)),
      ...many(40, 1, FRONTEND),
    ].toSorted((a, b) => (a.stageTimestamp! < b.stageTimestamp! ? -1 : 1)),
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'shuffled within a second, and every event twice',
    kind: 'edge',
    events: [3, 0, 5, 1, 4, 2].flatMap((number) => {
      const event = refused(number / 10, number, FRONTEND);
      return [event, event];
    }),
    alerts: [{ severity: 'low', count: 6 }],
  },
  {
    name: 'Lens polls what its user may not see, again and again',
    kind: 'negative',
    events: [0, 600, 1_200].flatMap((later) =>
      sweep(30, 10, 0.2, from(LENS, DAVE)).map((event, number) =>
        named(
          later + number / 5,
          'list',
          String(event.objectRef!['resource']),
          String(event.objectRef!['namespace']),
          from(LENS, DAVE),
        ),
      ),
    ),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'and its user tries this and that in a terminal',
    kind: 'negative',
    events: [
      ...sweep(30, 10, 0.2, from(LENS, DAVE)),
      named(61, 'get', 'secrets', 'team-1', DAVE),
      named(62, 'delete', 'pods', 'team-1', DAVE),
      named(63, 'list', 'pods', 'team-1', DAVE),
    ],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'k9s without rights, over all kinds of all namespaces',
    kind: 'negative',
    events: sweep(30, 10, 0.2, from('k9s/v0.32.4 (darwin/arm64) kubernetes/$Format', DAVE)),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a dashboard with a service account of its own',
    kind: 'negative',
    events: sweep(30, 10, 0.2, from(LENS)),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'the same dashboard in the hands of somebody who also writes',
    kind: 'positive',
    events: [
      ...sweep(30, 10, 0.2, from(LENS)),
      ...CHART.map((kind, number) => named(60 + number, 'create', kind, 'web', from(LENS))),
      named(70, 'create', 'pods/exec', 'web', from(LENS)),
      named(71, 'create', 'serviceaccounts/token', 'web', from(LENS)),
    ],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'kubectl get all in five namespaces',
    kind: 'negative',
    events: sweep(9, 5, 1, DAVE),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a controller of everything, without its role',
    kind: 'negative',
    events: [
      ...sweep(60, 1, 0.1, from(ARGO)),
      ...CHART.map((kind, number) => named(7 + number, 'patch', kind, 'web', from(ARGO))),
    ],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'an operator in thirty namespaces that may not write its events',
    kind: 'negative',
    events: Array.from({ length: 300 }, (_, number) =>
      named(
        number,
        ['create', 'update', 'list'][number % 3]!,
        ['events', 'leases', 'secrets'][number % 3]!,
        `n-${number % 30}`,
        OPERATOR,
      ),
    ),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a script that looks after three kinds in thirty namespaces',
    kind: 'negative',
    events: sweep(3, 30, 1, FRONTEND),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a pipeline that applies a chart without its rights, in two namespaces',
    kind: 'negative',
    events: ['web', 'shop'].flatMap((namespace, index) =>
      CHART.flatMap((kind, number) => [
        named(60 * index + number, 'get', kind, namespace, from(KUBECTL)),
        named(60 * index + number + 0.1, 'patch', kind, namespace, from(KUBECTL)),
      ]),
    ),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'kubelets ask for what belonged to pods that are gone',
    kind: 'negative',
    events: Array.from({ length: 60 }, (_, number) =>
      named(number, 'get', ['secrets', 'configmaps', 'persistentvolumeclaims'][number % 3]!, `n-${number % 12}`, {
        user: { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] },
        userAgent: 'kubelet/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
      }),
    ),
    alerts: [],
  },
  {
    name: 'a node credential in kubectl',
    kind: 'positive',
    events: Array.from({ length: 12 }, (_, number) =>
      refused(number, number, {
        user: { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] },
        userAgent: KUBECTL,
      }),
    ),
    alerts: [{ severity: 'medium', reason: /^Node n1 / }],
  },
  {
    name: 'an anonymous client asks for objects',
    kind: 'positive',
    events: many(8, 1, {
      user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      userAgent: 'curl/8.5.0',
    }),
    alerts: [{ severity: 'low', reason: /^Anonymous client 10\.0\.0\.9 / }],
  },
  {
    name: 'what a controller was refused for three hours is known, and quiet',
    kind: 'edge',
    // From the eleventh hour on: five kinds, each every minute, and nothing is told of them.
    events: Array.from({ length: 600 }, (_, number) =>
      named(60 * number, 'create', `kind-${number % 5}`, 'web', from(KUBECTL)),
    ),
    params: { window: '10m', refusals: 5 },
    alerts: [{ severity: 'info', count: 180 }],
  },
  {
    name: 'a change of what it is refused is news',
    kind: 'edge',
    events: [
      ...Array.from({ length: 600 }, (_, number) => named(60 * number, 'list', 'plain', 'web', OPERATOR)),
      ...sweep(8, 1, 1, OPERATOR).map((_, number) => named(36_000 + number, 'list', `new-${number}`, 'web', OPERATOR)),
    ],
    alerts: [{ severity: 'info', reason: /8 different requests/ }],
  },
  {
    name: 'another client has nothing known',
    kind: 'edge',
    events: [
      ...Array.from({ length: 600 }, (_, number) => named(60 * number, 'list', `kind-${number % 8}`, 'web', OPERATOR)),
      ...sweep(8, 1, 1, FRONTEND).map((_, number) => named(36_000 + number, 'list', `kind-${number}`, 'web', FRONTEND)),
    ],
    alerts: [{ severity: 'low', count: 8, reason: /from 10\.9\.1\.17/ }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: many(8, 1, { ...FRONTEND, verb: 'delete' }),
    alerts: [{ severity: 'low' }],
  },
];

table(forbiddenBurst, cases);
