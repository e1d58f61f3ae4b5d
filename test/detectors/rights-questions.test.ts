import { rightsQuestions } from '../../detectors/rights-questions.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const KUBECTL = 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d';
const account = (userAgent = KUBECTL): RawEvent => ({
  user: {
    username: 'system:serviceaccount:web:frontend',
    uid: '8ce277bd',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:web', 'system:authenticated'],
  },
  userAgent,
});
const question = (second: number, over: RawEvent = account(), resource = 'selfsubjectaccessreviews'): RawEvent =>
  at(second, {
    verb: 'create',
    requestURI: `/apis/authorization.k8s.io/v1/${resource}`,
    objectRef: { resource, apiGroup: 'authorization.k8s.io', apiVersion: 'v1' },
    responseStatus: { code: 201 },
    ...over,
  });
const questions = (count: number, every: number, over?: RawEvent, resource?: string): RawEvent[] =>
  Array.from({ length: count }, (_, number) => question(number * every, over, resource));
const RULES = 'selfsubjectrulesreviews';
/** An hour of work in each of two days, so that what is new says something. */
const habit = (over: RawEvent): RawEvent[] =>
  Array.from({ length: 30 }, (_, hour) =>
    at(hour * 3_600 - 40 * 3_600, {
      verb: 'list',
      requestURI: '/api/v1/pods',
      objectRef: { resource: 'pods', apiVersion: 'v1' },
      ...over,
    }),
  );

const cases: readonly Case[] = [
  {
    name: 'a service account is asked by hand what it may do',
    kind: 'positive',
    events: [question(0, account(), 'selfsubjectreviews'), ...questions(3, 1, account(), RULES), ...questions(16, 2)],
    alerts: [
      { severity: 'low', action: 'self-review', count: 20, reason: /^Service account web:frontend asked 20 times/ },
    ],
  },
  {
    name: 'by a script',
    kind: 'positive',
    events: [
      question(0, account('curl/8.5.0'), 'selfsubjectreviews'),
      ...questions(20, 1, account('curl/8.5.0'), RULES),
    ],
    alerts: [{ severity: 'medium', reason: /what it may do/ }],
  },
  {
    name: 'from an address that is unusual for it, one question is enough',
    kind: 'positive',
    events: [
      ...habit({ ...account('frontend/v1.0 (linux/amd64)'), sourceIPs: ['10.244.1.7'] }),
      question(0, { ...account(), sourceIPs: ['203.0.113.9'] }, RULES),
    ],
    alerts: [{ severity: 'medium', count: 1 }],
  },
  {
    name: 'a component credential in kubectl',
    kind: 'positive',
    events: questions(5, 1, { user: { username: 'system:kube-scheduler', groups: ['system:authenticated'] } }, RULES),
    alerts: [{ severity: 'medium' }],
  },
  { name: 'four questions are not five', kind: 'edge', events: questions(4, 1, account(), RULES), alerts: [] },
  {
    name: 'five are five',
    kind: 'edge',
    events: questions(5, 1, account(), RULES),
    alerts: [{ severity: 'info', count: 5 }],
  },
  {
    name: 'the fifth comes as the first leaves the window',
    kind: 'edge',
    events: [...questions(4, 1, account(), RULES), question(600, account(), RULES)],
    alerts: [],
  },
  {
    name: 'the fifth comes a microsecond before the first leaves the window',
    kind: 'edge',
    events: [...questions(4, 1, account(), RULES), question(599.999999, account(), RULES)],
    alerts: [{ severity: 'info', count: 5 }],
  },
  {
    name: 'a dashboard asks for every kind in every namespace',
    kind: 'negative',
    events: questions(300, 0.2, account('Mozilla/5.0 (X11; Linux) Headlamp')),
    alerts: [],
  },
  {
    name: 'a pipeline asks before it deploys, ten times an hour',
    kind: 'negative',
    events: questions(40, 360),
    alerts: [],
  },
  {
    name: 'a person asks kubectl',
    kind: 'negative',
    events: questions(30, 1, { userAgent: KUBECTL }, RULES),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: questions(8, 1, account('curl/8.5.0'), RULES),
    alerts: [{ severity: 'low' }],
  },
];

table(rightsQuestions, cases);
