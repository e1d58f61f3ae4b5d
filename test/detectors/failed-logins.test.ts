import { failedLogins } from '../../detectors/failed-logins.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const KUBECTL = 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d';
const login = (second: number, path: string, userAgent = 'curl/8.5.0', ip = '10.0.0.9'): RawEvent =>
  at(second, {
    user: {},
    stage: 'ResponseStarted',
    verb: 'list',
    requestURI: path,
    userAgent,
    sourceIPs: [ip],
    responseStatus: { code: 401, reason: 'Unauthorized' },
    annotations: {},
  });
const logins = (count: number, every = 1, userAgent?: string): RawEvent[] =>
  Array.from({ length: count }, (_, number) =>
    login(number * every, `/api/v1/namespaces/ns-${number}/secrets`, userAgent),
  );
const letIn = (second: number, over: RawEvent = {}): RawEvent =>
  at(second, {
    verb: 'list',
    requestURI: '/api/v1/secrets',
    objectRef: { resource: 'secrets', apiVersion: 'v1' },
    userAgent: 'curl/8.5.0',
    ...over,
  });
const LENS = 'Mozilla/5.0 (Macintosh) OpenLens/6.5.2';

const cases: readonly Case[] = [
  {
    name: 'from one address, over many paths',
    kind: 'positive',
    events: logins(30),
    alerts: [
      {
        severity: 'low',
        action: 'login-failed-burst',
        count: 30,
        reason: /10\.0\.0\.9 was not let in 30 times within 29 s/,
      },
    ],
  },
  {
    name: 'and one is let in after that',
    kind: 'positive',
    events: [...logins(30), letIn(60)],
    alerts: [
      {
        severity: 'medium',
        action: 'login-after-failures',
        count: 31,
        reason: /User alice was let in from 10\.0\.0\.9 after/,
      },
    ],
  },
  {
    name: 'with many scripts, and one is let in',
    kind: 'positive',
    events: [
      ...[...logins(30)].map((event, number) => ({
        ...event,
        userAgent: ['curl/8.5.0', 'wget/1', 'python/3', 'httpie/3'][number % 4]!,
      })),
      letIn(60),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'thirty in a day by a script, one every half an hour',
    kind: 'positive',
    events: logins(30, 1_800),
    alerts: [{ severity: 'low', count: 30 }],
  },
  { name: 'twenty-nine in a day are not thirty', kind: 'edge', events: logins(29, 1_800), alerts: [] },
  { name: 'nine are not ten', kind: 'edge', events: logins(9), alerts: [] },
  { name: 'ten are ten', kind: 'edge', events: logins(10), alerts: [{ severity: 'low', count: 10 }] },
  {
    name: 'the tenth comes as the first leaves the window',
    kind: 'edge',
    events: [...logins(9), login(300, '/api')],
    alerts: [],
  },
  {
    name: 'the tenth comes a microsecond before the first leaves the window',
    kind: 'edge',
    events: [...logins(9), login(299.999999, '/api')],
    alerts: [{ severity: 'low', count: 10 }],
  },
  {
    name: 'two addresses with nine each',
    kind: 'edge',
    events: logins(18).map((event, number) => ({ ...event, sourceIPs: [`10.0.0.${number % 2}`] })),
    alerts: [],
  },
  {
    name: 'let in with another client: somebody else behind the same address',
    kind: 'edge',
    events: [...logins(30), letIn(60, { userAgent: KUBECTL })],
    alerts: [{ severity: 'low', action: 'login-failed-burst', count: 30 }],
  },
  {
    name: 'let in from another address',
    kind: 'edge',
    events: [...logins(30), letIn(60, { sourceIPs: ['10.0.0.10'] })],
    alerts: [{ severity: 'low', count: 30 }],
  },
  {
    name: 'the same user is told once',
    kind: 'edge',
    events: [...logins(30), letIn(60), letIn(61), letIn(62)],
    alerts: [{ severity: 'medium', count: 31 }],
  },
  {
    name: 'a pipeline with an expired token asks for the same again and again, then has a new one',
    kind: 'negative',
    events: [
      ...Array.from({ length: 60 }, (_, number) => login(number, '/api?timeout=32s', KUBECTL)),
      letIn(61, { userAgent: KUBECTL }),
    ],
    alerts: [{ severity: 'info' }],
  },
  {
    name: 'a dashboard polls on after its session ended, then its user logs in',
    kind: 'negative',
    events: [...logins(200, 1, LENS), letIn(201, { userAgent: LENS })],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'the signing key changed: every pod of a node is turned down at once',
    kind: 'negative',
    events: logins(200).map((event, number) => ({
      ...event,
      userAgent: `operator-${number % 20}/v1.0.0 (linux/amd64)`,
    })),
    alerts: [{ severity: 'low' }],
  },
  { name: 'somebody mistypes a token', kind: 'negative', events: logins(5), alerts: [] },
  { name: 'paths', kind: 'hostile', events: logins(12), alerts: [{ severity: 'low' }] },
];

table(failedLogins, cases);
