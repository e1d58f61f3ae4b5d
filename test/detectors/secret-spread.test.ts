import { secretSpread } from '../../detectors/secret-spread.ts';
import { table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';
import { ALICE, IN_POD, secrets, serviceAccount } from '../support/secret-event.ts';

const HOUR = 3_600;
const DAY = 86_400;

/** So many accounts that read two secrets each, one account every few seconds. */
const accounts = (count: number, every: number, over: (n: number) => RawEvent, namespace = (n: number) => `ns-${n}`) =>
  Array.from({ length: count }, (_, n) =>
    ['a', 'b'].map((name, k) =>
      secrets(n * every + k, 'get', namespace(n), `${name}-${n}`, {
        user: serviceAccount(`ns-${n}`, 'app'),
        ...over(n),
      }),
    ),
  ).flat();
const from = (address: string) => (): RawEvent => ({ sourceIPs: [address] });
const everywhere = (n: number): RawEvent => ({ sourceIPs: [`10.${n}.0.9`] });
const person = (n: number): RawEvent => ({
  user: { username: `person-${n}`, groups: ['system:authenticated'] },
  sourceIPs: [`10.${n}.0.9`],
});

const cases: readonly Case[] = [
  {
    name: 'fifty stolen accounts from one address',
    kind: 'positive',
    events: accounts(50, 10, from('192.0.2.9')),
    alerts: [
      {
        severity: 'high',
        count: 100,
        reason:
          /^50 different readers that had not done so before read secrets from 192\.0\.2\.9 within \d+ .*: system:serviceaccount:ns-0:app, /,
      },
    ],
  },
  {
    name: 'fifty accounts from fifty addresses in one namespace',
    kind: 'positive',
    events: accounts(50, 10, everywhere, () => 'payments'),
    alerts: [{ severity: 'high', reason: /in namespace payments/ }],
  },
  {
    name: 'fifty accounts from fifty addresses in fifty namespaces',
    kind: 'positive',
    events: accounts(50, 10, everywhere),
    alerts: [{ severity: 'high', reason: /all over the cluster/ }],
  },
  {
    name: 'fifty accounts spread over a day, from one address',
    kind: 'positive',
    events: accounts(50, 0.45 * HOUR, from('192.0.2.9')),
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'fifty people in an hour, in one namespace',
    kind: 'positive',
    events: accounts(50, 60, person, () => 'payments'),
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'one who puts on twenty names',
    kind: 'positive',
    events: accounts(20, 10, (n) => ({
      ...ALICE,
      impersonatedUser: serviceAccount(`ns-${n}`, 'app'),
      sourceIPs: [`10.${n}.0.9`],
    })),
    alerts: [{ severity: 'high', reason: /put on by alice/ }],
  },
  {
    name: 'two hundred applications restart and read their own secrets by their libraries',
    kind: 'negative',
    events: accounts(200, 1, (n) => ({
      user: serviceAccount(`ns-${n}`, 'app', IN_POD),
      sourceIPs: [`10.244.${n % 9}.${n}`],
      userAgent: 'okhttp/4.12.0',
    })),
    alerts: [],
  },
  {
    name: 'jobs read the secrets of their own namespace with kubectl, each in its pod',
    kind: 'negative',
    events: accounts(60, 50, (n) => ({
      user: serviceAccount(`ns-${n}`, 'app', IN_POD),
      sourceIPs: [`10.244.${n % 9}.${n}`],
    })),
    alerts: [],
  },
  {
    name: 'jobs of one namespace read its secrets with kubectl, each with an account and a pod of its own',
    kind: 'negative',
    events: accounts(
      60,
      50,
      (n) => ({ user: serviceAccount('builds', `job-${n}`, IN_POD), sourceIPs: [`10.244.${n % 9}.${n}`] }),
      () => 'builds',
    ),
    alerts: [],
  },
  {
    name: 'twelve people at work',
    kind: 'negative',
    events: accounts(12, 200, person, () => 'web'),
    alerts: [],
  },
  {
    name: 'a runner that deploys for fifty teams, one a day since long, all in one night',
    kind: 'negative',
    events: [
      ...accounts(50, DAY / 4, from('10.9.0.4')),
      ...accounts(50, 10, from('10.9.0.4')).map((event, n) => {
        const { requestReceivedTimestamp: _, stageTimestamp: __, ...rest } = event;
        return { ...secrets(13 * DAY + n, 'get', 'x', 'x', rest), objectRef: event.objectRef! };
      }),
    ],
    alerts: [],
  },
  { name: 'four accounts', kind: 'edge', events: accounts(4, 10, from('192.0.2.9')), alerts: [] },
  { name: 'five accounts', kind: 'edge', events: accounts(5, 10, from('192.0.2.9')), alerts: [{ severity: 'low' }] },
  { name: 'nine accounts', kind: 'edge', events: accounts(9, 10, from('192.0.2.9')), alerts: [{ severity: 'low' }] },
  { name: 'ten accounts', kind: 'edge', events: accounts(10, 10, from('192.0.2.9')), alerts: [{ severity: 'medium' }] },
  {
    name: 'ten accounts, the first as it leaves the hour',
    kind: 'edge',
    events: accounts(10, 400, from('192.0.2.9')).filter((_, index) => index % 2 === 0),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'ten accounts, the last a little earlier',
    kind: 'edge',
    events: accounts(10, 399.9, from('192.0.2.9')).filter((_, index) => index % 2 === 0),
    alerts: [{ severity: 'medium' }],
  },
  { name: 'names', kind: 'hostile', events: accounts(30, 10, from('192.0.2.9')), alerts: [{ severity: 'high' }] },
];

table(secretSpread, cases);
