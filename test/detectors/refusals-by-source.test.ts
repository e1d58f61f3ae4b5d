import { refusalsBySource } from '../../detectors/refusals-by-source.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const KUBECTL = 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d';
/** A service account, told by number. */
const account = (number: number, userAgent = 'curl/8.5.0'): RawEvent => ({
  user: {
    username: `system:serviceaccount:team-${number}:app`,
    uid: `uid-${number}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:team-${number}`, 'system:authenticated'],
  },
  userAgent,
});
const person = (number: number, userAgent = KUBECTL): RawEvent => ({
  user: { username: `person-${number}`, groups: ['system:authenticated'] },
  userAgent,
});

const refused = (second: number, over: RawEvent = {}): RawEvent =>
  at(second, {
    verb: 'get',
    requestURI: '/api/v1/namespaces/payments/secrets/db',
    objectRef: { resource: 'secrets', namespace: 'payments', name: 'db', apiVersion: 'v1' },
    responseStatus: { code: 403, reason: 'Forbidden' },
    annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    level: 'Metadata',
    ...over,
  });

const cases: readonly Case[] = [
  {
    name: 'a collection of stolen tokens is tried from one address',
    kind: 'positive',
    events: Array.from({ length: 12 }, (_, number) => refused(number * 10, account(number % 6))),
    alerts: [
      {
        severity: 'medium',
        count: 12,
        reason: /^6 different identities were refused at 10\.0\.0\.9 .*team-0:app, team-1:app/,
      },
    ],
  },
  {
    name: 'with kubectl, and other things for each',
    kind: 'positive',
    events: Array.from({ length: 6 }, (_, number) =>
      refused(number * 10, { ...account(number, KUBECTL), requestURI: `/api/v1/nodes/${number}` }),
    ),
    alerts: [{ severity: 'low', count: 6 }],
  },
  {
    name: 'slowly, one an hour',
    kind: 'positive',
    events: Array.from({ length: 12 }, (_, number) => refused(number * 3_600, account(number))),
    alerts: [{ severity: 'low', count: 12 }],
  },
  {
    name: 'three are not four',
    kind: 'edge',
    events: [0, 1, 2].map((number) => refused(number, account(number))),
    alerts: [],
  },
  {
    name: 'four are four',
    kind: 'edge',
    events: [0, 1, 2, 3].map((number) => refused(number, account(number))),
    alerts: [{ severity: 'medium', count: 4 }],
  },
  {
    name: 'the fourth comes as the first leaves the window',
    kind: 'edge',
    events: [0, 1, 2, 600].map((second, number) => refused(second, account(number))),
    alerts: [],
  },
  {
    name: 'the fourth comes a microsecond before the first leaves the window',
    kind: 'edge',
    events: [0, 1, 2, 599.999999].map((second, number) => refused(second, account(number))),
    alerts: [{ severity: 'medium', count: 4 }],
  },
  {
    name: 'each from an address of its own',
    kind: 'edge',
    events: [0, 1, 2, 3, 4, 5].map((number) =>
      refused(number, { ...account(number), sourceIPs: [`10.0.1.${number}`] }),
    ),
    alerts: [],
  },
  {
    name: 'one person acting as many is one identity',
    kind: 'edge',
    events: [0, 1, 2, 3, 4, 5].map((number) => refused(number, { impersonatedUser: { username: `other-${number}` } })),
    alerts: [],
  },
  {
    name: 'anonymous clients are no credentials',
    kind: 'edge',
    events: [0, 1, 2, 3, 4, 5].map((number) =>
      refused(number, {
        user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
        userAgent: `curl/${number}`,
      }),
    ),
    alerts: [],
  },
  {
    name: 'the pods of a node share its address',
    kind: 'negative',
    events: Array.from({ length: 60 }, (_, number) =>
      refused(number, account(number % 20, `operator-${number % 20}/v1.0`)),
    ),
    alerts: [],
  },
  {
    name: 'a bastion with people who mistype',
    kind: 'negative',
    events: Array.from({ length: 8 }, (_, number) => refused(number * 20, person(number))),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: Array.from({ length: 8 }, (_, number) => refused(number, person(number))),
    alerts: [{ severity: 'low' }],
  },
];

table(refusalsBySource, cases);
