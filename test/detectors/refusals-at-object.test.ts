import { refusalsAtObject } from '../../detectors/refusals-at-object.ts';
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
    name: 'credential after credential is tried at one secret',
    kind: 'positive',
    events: Array.from({ length: 8 }, (_, number) =>
      refused(number * 60, { ...account(number), sourceIPs: [`10.0.1.${number}`] }),
    ),
    alerts: [{ severity: 'medium', count: 8, reason: /^8 identities were refused at secrets db in payments/ }],
  },
  {
    name: 'one an hour',
    kind: 'positive',
    events: Array.from({ length: 8 }, (_, number) => refused(number * 3_600, account(number))),
    alerts: [{ severity: 'medium', count: 8 }],
  },
  {
    name: 'one person who acts as one after the other',
    kind: 'positive',
    events: Array.from({ length: 6 }, (_, number) =>
      refused(number, {
        impersonatedUser: {
          username: `system:serviceaccount:team-${number}:app`,
          groups: ['system:serviceaccounts', `system:serviceaccounts:team-${number}`],
        },
      }),
    ),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'four are not five',
    kind: 'edge',
    events: [0, 1, 2, 3].map((number) => refused(number, account(number))),
    alerts: [],
  },
  {
    name: 'five are five',
    kind: 'edge',
    events: [0, 1, 2, 3, 4].map((number) => refused(number, account(number))),
    alerts: [{ severity: 'medium', count: 5 }],
  },
  {
    name: 'the fifth comes as the first leaves the day',
    kind: 'edge',
    events: [0, 1, 2, 3, 86_400].map((second, number) => refused(second, account(number))),
    alerts: [],
  },
  {
    name: 'each at another object',
    kind: 'edge',
    events: [0, 1, 2, 3, 4, 5].map((number) =>
      refused(number, {
        ...account(number),
        objectRef: { resource: 'secrets', namespace: 'payments', name: `db-${number}`, apiVersion: 'v1' },
      }),
    ),
    alerts: [],
  },
  {
    name: 'a role was taken away from fifty workloads',
    kind: 'negative',
    events: Array.from({ length: 100 }, (_, number) =>
      refused(number, account(number % 50, `app-${number % 50}/v1.0`)),
    ),
    alerts: [],
  },
  {
    name: 'a team follows instructions',
    kind: 'negative',
    events: Array.from({ length: 12 }, (_, number) => refused(number * 60, person(number))),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'what is not sensitive',
    kind: 'negative',
    events: Array.from({ length: 12 }, (_, number) =>
      refused(number, { ...account(number), objectRef: { resource: 'pods', namespace: 'web', apiVersion: 'v1' } }),
    ),
    alerts: [],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: Array.from({ length: 8 }, (_, number) => refused(number, account(number, 'curl/8.5.0'))),
    alerts: [{ severity: 'low' }],
  },
];

table(refusalsAtObject, cases);
