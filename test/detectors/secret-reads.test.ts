import { expect, test } from 'vitest';
import { secretReads } from '../../detectors/secret-reads.ts';
import { judge, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';
import {
  ALICE,
  days,
  ETL,
  gets,
  IN_POD,
  MISSING,
  OPERATOR,
  PIPELINE,
  REFUSED,
  secrets,
  serviceAccount,
  watch,
} from '../support/secret-event.ts';

const cases: readonly Case[] = [
  {
    name: 'a stolen service account token lists everything and reads secrets across namespaces',
    kind: 'positive',
    events: [secrets(0, 'list', '', '', ETL), ...gets(12, 1, { ...ETL, userAgent: 'curl/8.5.0' })],
    alerts: [
      {
        severity: 'high',
        count: 13,
        reason:
          /^Service account data:etl listed or watched every secret in the cluster and read 12 secrets in 5 namespaces within 11 s from 10\.66\.0\.9, last with curl/,
      },
    ],
  },
  {
    name: 'a service account lists everything with kubectl, once',
    kind: 'positive',
    events: [secrets(0, 'list', '', '', ETL)],
    alerts: [{ severity: 'medium', action: 'secret-list' }],
  },
  {
    name: 'a watch by curl counts as it begins',
    kind: 'positive',
    events: watch(0, { ...ETL, userAgent: 'curl/8.5.0' }).slice(0, 1),
    alerts: [{ severity: 'medium', action: 'secret-watch' }],
  },
  {
    name: 'a person reads many secrets over many namespaces',
    kind: 'positive',
    events: gets(20, 2, ALICE),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'someone who impersonates lists everything',
    kind: 'positive',
    events: [
      secrets(0, 'list', '', '', { ...ALICE, impersonatedUser: { username: 'root', groups: ['system:masters'] } }),
    ],
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'a controller credential in the hands of a person',
    kind: 'positive',
    events: [
      secrets(0, 'list', '', '', {
        user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] },
        userAgent: 'curl/8.5.0',
      }),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'an operator pages through, watches and gets single secrets',
    kind: 'negative',
    events: [
      ...[0, 60, 120].flatMap((second) => [
        secrets(second, 'list', '', '', { ...OPERATOR, requestURI: '/api/v1/secrets?limit=500' }),
        secrets(second + 1, 'list', '', '', { ...OPERATOR, requestURI: '/api/v1/secrets?continue=abc&limit=500' }),
      ]),
      ...watch(2, OPERATOR),
      ...gets(10, 3, OPERATOR),
    ],
    alerts: [],
  },
  {
    name: 'the same operator with a token that is bound to no pod',
    kind: 'negative',
    events: [
      secrets(0, 'list', '', '', { ...OPERATOR, user: serviceAccount('platform', 'secret-operator') }),
      ...gets(10, 3, { ...OPERATOR, user: serviceAccount('platform', 'secret-operator') }),
    ],
    alerts: [{ severity: 'low' }],
  },
  {
    name: "the control plane's informers",
    kind: 'negative',
    events: watch(0, {
      user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] },
      userAgent: 'kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    }),
    alerts: [],
  },
  {
    name: 'a kubelet reads the secrets of its pods',
    kind: 'negative',
    events: gets(60, 0.1, {
      user: { username: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] },
      userAgent: 'kubelet/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    }),
    alerts: [],
  },
  {
    name: 'Helm reads its releases',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) =>
      secrets(number, 'get', `ns-${number % 9}`, `sh.helm.release.v1.app.v${number}`, {
        ...ALICE,
        userAgent: 'Helm/3.15.2',
      }),
    ),
    alerts: [],
  },
  {
    name: 'a deployment reads each secret and writes it',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) => [
      secrets(number, 'get', 'web', `s-${number}`, { ...ETL, user: serviceAccount('ci', 'deployer') }),
      secrets(number + 0.5, 'patch', 'web', `s-${number}`, { ...ETL, user: serviceAccount('ci', 'deployer') }),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'a deployment to six namespaces reads each secret and writes it',
    kind: 'negative',
    events: Array.from({ length: 18 }, (_, number) => [
      secrets(number, 'get', `ns-${number % 6}`, `s-${number}`, { user: serviceAccount('ci', 'deployer') }),
      secrets(number + 0.5, 'patch', `ns-${number % 6}`, `s-${number}`, { user: serviceAccount('ci', 'deployer') }),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'an administrator lists everything once with kubectl',
    kind: 'negative',
    events: [secrets(0, 'list', '', '', ALICE)],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'secrets that are not there, as kubectl apply asks before it creates',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) => [
      secrets(number, 'get', 'web', `s-${number}`, { ...ETL, ...MISSING }),
      secrets(number + 0.1, 'create', 'web', `s-${number}`, { ...ETL, responseStatus: { code: 201 } }),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'names that are guessed in vain',
    kind: 'negative',
    events: gets(30, 1, { ...ETL, ...MISSING, userAgent: 'curl/8.5.0' }),
    alerts: [{ severity: 'low', action: 'secret-read', reason: /asked in vain for \d+ secrets/ }],
  },
  {
    name: 'kubectl waits for what it deleted',
    kind: 'negative',
    events: Array.from({ length: 30 }, (_, number) => [
      secrets(number, 'delete', 'web', `s-${number}`, ETL),
      secrets(number + 0.1, 'get', 'web', `s-${number}`, { ...ETL, ...MISSING }),
    ]).flat(),
    alerts: [],
  },
  {
    name: 'refused attempts alone are left to forbidden-burst',
    kind: 'negative',
    events: gets(20, 1, { ...ETL, ...REFUSED, userAgent: 'curl/8.5.0' }),
    alerts: [{ severity: 'low', action: 'secret-read-refused' }],
  },
  {
    name: 'a resource of that name in another API group',
    kind: 'negative',
    events: [
      secrets(0, 'list', '', '', {
        ...ETL,
        objectRef: { resource: 'secrets', apiGroup: 'vault.example.org', apiVersion: 'v1' },
      }),
    ],
    alerts: [],
  },
  {
    name: 'a write in a dry run does not excuse a read',
    kind: 'edge',
    events: Array.from({ length: 12 }, (_, number) => [
      secrets(number, 'get', `ns-${number % 6}`, `s-${number}`, ETL),
      secrets(number + 0.5, 'patch', `ns-${number % 6}`, `s-${number}`, {
        ...ETL,
        requestURI: `/api/v1/namespaces/ns-${number % 6}/secrets/s-${number}?dryRun=All`,
      }),
    ]).flat(),
    alerts: [{ severity: 'high' }],
  },
  { name: 'two secrets pass without remark', kind: 'edge', events: gets(2, 1, ETL), alerts: [] },
  {
    name: 'what was read leaves the window: four reads, each ten minutes apart, are one',
    kind: 'edge',
    events: gets(8, 600, ETL),
    alerts: [],
  },
  {
    name: 'the same reads a microsecond closer make pairs, still too few',
    kind: 'edge',
    events: gets(8, 599.999999, ETL),
    alerts: [],
  },
  {
    name: 'four secrets in four namespaces with the last a microsecond within the window',
    kind: 'edge',
    events: [...gets(3, 1, ETL), secrets(599.999999, 'get', 'ns-3', 's-3', ETL)],
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'four secrets in four namespaces with the last as the first leaves the window',
    kind: 'edge',
    events: [...gets(3, 1, ETL), secrets(600, 'get', 'ns-3', 's-3', ETL)],
    alerts: [],
  },
  {
    name: 'the end of a watch says nothing new',
    kind: 'edge',
    events: watch(0, { ...ETL, userAgent: 'curl/8.5.0' }),
    alerts: [{ severity: 'medium', count: 1 }],
  },
  {
    name: 'a watch whose beginning the policy leaves out is told when it ends',
    kind: 'edge',
    events: watch(0, { ...ETL, userAgent: 'curl/8.5.0' }).slice(1),
    alerts: [{ severity: 'medium', count: 1 }],
  },
  {
    name: 'names',
    kind: 'hostile',
    events: [secrets(0, 'list', '', '', ETL), ...gets(6, 1, ETL)],
    alerts: [{ severity: 'high' }],
  },
];

const byTime = (a: RawEvent, b: RawEvent): number => (String(a.stageTimestamp) < String(b.stageTimestamp) ? -1 : 1);

/** Five days in which the operator watches all secrets, and nothing else. */
const KNOWN = days(5, (second) => [secrets(second, 'watch', '', '', { ...OPERATOR, auditID: `watch-${second}` })]);
const THEN = 5 * 86_400 + 60;
const DAY = 86_400;
/** Every night the same ten secrets in ten namespaces, and somebody else at work in between. */
const nightly = (night: number, over: RawEvent = PIPELINE): RawEvent[] => [
  ...gets(10, 2, over, 10, night * DAY),
  ...Array.from({ length: 28 }, (_, n) => secrets(night * DAY + 100 + n * 3_000, 'get', 'web', 'own', ALICE)),
];

const unusual: readonly Case[] = [
  {
    name: "an operator's token with another client, one secret",
    kind: 'positive',
    events: [...KNOWN, secrets(THEN, 'get', 'web', 'db', { ...OPERATOR, userAgent: 'kubectl/v1.36.3' })],
    alerts: [{ severity: 'medium', reason: /with an unusual client.*usual for it: .*secret-operator/ }],
  },
  {
    name: "an operator's token from elsewhere lists everything with the operator's own client",
    kind: 'positive',
    events: [...KNOWN, secrets(THEN, 'list', '', '', { ...OPERATOR, sourceIPs: ['192.0.2.9'] })],
    alerts: [{ severity: 'medium', reason: /from an unusual network/ }],
  },
  {
    name: "an operator's token, used like it but one by one where it only watched",
    kind: 'positive',
    events: [...KNOWN, ...gets(15, 2, OPERATOR, 5, THEN)],
    alerts: [{ severity: 'medium', reason: /it had not read secrets one by one before/ }],
  },
  {
    name: "an operator's token with curl from elsewhere lists everything",
    kind: 'positive',
    events: [
      ...KNOWN,
      secrets(THEN, 'list', '', '', { ...OPERATOR, userAgent: 'curl/8.5.0', sourceIPs: ['192.0.2.9'] }),
    ],
    alerts: [{ severity: 'high' }],
  },
  {
    name: 'one read and an hour of patience do not teach a new way',
    kind: 'positive',
    events: [
      ...KNOWN,
      secrets(THEN, 'get', 'web', 'db', OPERATOR),
      ...gets(30, 0.1, { ...OPERATOR, ...MISSING }, 5, THEN + 7_000),
      ...gets(15, 2, OPERATOR, 5, THEN + 7_200),
    ],
    alerts: [{ severity: 'high', reason: /it had not read secrets one by one before/ }],
  },
  {
    name: 'refused attempts do not teach a new way',
    kind: 'positive',
    events: [
      ...days(5, (second) => [secrets(second, 'get', 'data', 'own', ETL)]),
      secrets(THEN, 'list', '', '', { ...ETL, ...REFUSED }),
      ...days(1, (second) => [secrets(5 * DAY + 3_600 + second, 'get', 'data', 'own', ETL)]),
      secrets(THEN + DAY, 'list', '', '', ETL),
    ],
    alerts: [{ severity: 'medium', reason: /by list or watch before/ }],
  },
  {
    name: 'an operator that restarts lists what it watched, from another pod of the same network',
    kind: 'negative',
    events: [...KNOWN, secrets(THEN, 'list', '', '', { ...OPERATOR, sourceIPs: ['10.244.9.9'] })],
    alerts: [],
  },
  {
    name: 'an operator in a new version',
    kind: 'negative',
    events: [
      ...KNOWN,
      secrets(THEN, 'list', '', '', { ...OPERATOR, userAgent: 'secret-operator/v0.9.2 (linux/amd64) kubernetes/b' }),
      ...gets(3, 1, OPERATOR, 3, THEN + 5),
    ],
    alerts: [],
  },
  {
    name: "an operator's first list of all secrets, after days of other work",
    kind: 'positive',
    events: [
      ...days(5, (second) => [
        secrets(second, 'get', 'platform', 'own', { ...OPERATOR, userAgent: 'scanner/v1 (linux/amd64) kubernetes/a' }),
      ]),
      ...[0, 3_600, 7_200].map((later) =>
        secrets(THEN + later, 'list', '', '', { ...OPERATOR, userAgent: 'scanner/v1 (linux/amd64) kubernetes/a' }),
      ),
    ],
    alerts: [
      { severity: 'medium', count: 1, reason: /it had not read secrets by list or watch before/ },
      ...[1, 2].map(() => ({ severity: 'low', reason: /told before/ }) as const),
    ],
  },
  {
    name: 'days of patience do not teach that a list of everything is usual',
    kind: 'edge',
    events: [
      ...days(6, (second) => [secrets(second, 'get', 'data', 'own', ETL)]),
      secrets(6 * DAY, 'list', '', '', ETL),
    ],
    alerts: [{ severity: 'medium', reason: /by list or watch before/ }],
  },
  {
    name: 'a pipeline that reads ten secrets in ten namespaces every night is told once, then low',
    kind: 'edge',
    events: [0, 1, 2, 3].flatMap((night) => nightly(night)),
    alerts: [{ severity: 'medium' }, ...[1, 2, 3].map(() => ({ severity: 'low', reason: /told before/ }) as const)],
  },
  {
    name: 'its token in other hands is told again: another program',
    kind: 'edge',
    events: [...nightly(0), ...nightly(1, { ...PIPELINE, userAgent: 'curl/8.5.0' })],
    alerts: [{ severity: 'medium' }, { severity: 'high' }],
  },
  {
    name: 'its token in other hands is told again: another network',
    kind: 'edge',
    events: [...nightly(0), ...nightly(1, { ...PIPELINE, sourceIPs: ['192.0.2.9'] })],
    alerts: [{ severity: 'medium' }, { severity: 'medium' }],
  },
  {
    name: 'its token in other hands is told again: other secrets',
    kind: 'edge',
    events: [
      ...nightly(0),
      ...Array.from({ length: 10 }, (_, n) => secrets(DAY + n, 'get', `ns-${n % 5}`, `other-${n}`, PIPELINE)),
    ],
    alerts: [{ severity: 'medium' }, { severity: 'medium' }],
  },
  {
    name: 'one more secret than was told is not worth telling',
    kind: 'edge',
    events: [...nightly(0), ...nightly(1), secrets(DAY + 60, 'get', 'ns-3', 'new', PIPELINE)].toSorted(byTime),
    alerts: [{ severity: 'medium' }, { severity: 'low' }],
  },
  {
    name: 'a person who travels reads a secret from elsewhere',
    kind: 'negative',
    events: [
      ...days(5, (second) => [secrets(second, 'get', 'web', 'own', ALICE)]),
      secrets(THEN, 'get', 'web', 'other', { ...ALICE, sourceIPs: ['192.0.2.9'] }),
    ],
    alerts: [],
  },
];

const doors: readonly Case[] = [
  {
    name: 'the pages of a list are one list',
    kind: 'edge',
    events: Array.from({ length: 30 }, (_, page) =>
      secrets(page, 'list', 'web', '', ALICE, page === 0 ? 'limit=10' : `continue=p${page}&limit=10`),
    ),
    alerts: [],
  },
  {
    name: 'a list of one by its name is a read of one',
    kind: 'edge',
    events: Array.from({ length: 5 }, (_, n) => ({
      ...secrets(n, 'list', 'web', 'db', ETL),
      requestURI: '/api/v1/namespaces/web/secrets?fieldSelector=metadata.name%3Ddb',
    })),
    alerts: [],
  },
  {
    name: 'deletecollection answers with what it deletes',
    kind: 'positive',
    events: Array.from({ length: 3 }, (_, n) => secrets(n, 'deletecollection', `ns-${n}`, '', ETL)),
    alerts: [{ severity: 'medium', action: 'secret-deletecollection' }],
  },
  {
    name: 'a watch of everything by the old path',
    kind: 'positive',
    events: [{ ...secrets(0, 'watch', '', '', ETL), requestURI: '/api/v1/watch/secrets' }],
    alerts: [{ severity: 'medium', action: 'secret-watch' }],
  },
  {
    name: 'a label that must be there leaves something out',
    kind: 'negative',
    events: [secrets(0, 'list', '', '', ETL, 'labelSelector=app%3Dweb')],
    alerts: [],
  },
  {
    name: 'many labels, one after another',
    kind: 'positive',
    events: Array.from({ length: 6 }, (_, n) => secrets(n, 'list', '', '', ETL, `labelSelector=app%3Dweb-${n}`)),
    alerts: [{ severity: 'medium', reason: /listed secrets by 6 labels/ }],
  },
  ...[
    'labelSelector=app%21%3Dweb',
    'labelSelector=%21nothing',
    'labelSelector=app+notin+%28web%29',
    'labelSelector=&labelSelector=owner%3Dhelm',
    'label%53elector=&labelSelector=owner%3Dhelm',
    'labelSelector=owner%21%3Dhelm',
    'labelSelector=owner%3Dhelm%zz&labelSelector=',
    'fieldSelector=type%21%3Dhelm.sh%2Frelease.v1',
    'x=labelSelector=owner=helm',
  ].map((query): Case => ({
    name: `a selector that may cover everything: ${query}`,
    kind: 'positive',
    events: [secrets(0, 'list', '', '', ETL, query)],
    alerts: [{ severity: 'medium' }],
  })),
  ...[
    'labelSelector=owner%3Dhelm',
    'labelSelector=name%3Dshop%2Cowner%3Dhelm',
    'labelSelecto%72=owner%3Dhelm',
    'fieldSelector=type%3Dhelm.sh%2Frelease.v1',
  ].map((query): Case => ({
    name: `Helm looks for its releases: ${query}`,
    kind: 'negative',
    events: [secrets(0, 'list', '', '', ETL, query)],
    alerts: [],
  })),
  {
    name: 'tokens weigh more',
    kind: 'positive',
    events: ['deployer-token-x7k2p', 'bootstrap-token-abcdef', 'a', 'b', 'c'].map((name, n) =>
      secrets(n, 'get', 'kube-system', name, ETL),
    ),
    alerts: [{ severity: 'medium' }],
  },
  {
    name: 'nobody logged in and reads a secret',
    kind: 'positive',
    events: [
      secrets(0, 'get', 'web', 'db', { user: { username: 'system:anonymous', groups: ['system:unauthenticated'] } }),
    ],
    alerts: [{ severity: 'high' }],
  },
];

const plain: readonly Case[] = [
  {
    name: 'two hundred applications restart and read two secrets each, each by its library',
    kind: 'negative',
    events: Array.from({ length: 200 }, (_, n) =>
      ['a', 'b'].map((name, k) =>
        secrets(n * 0.5 + k * 0.1, 'get', `ns-${n % 20}`, `app-${n}-${name}`, {
          user: serviceAccount(`ns-${n % 20}`, 'default', IN_POD),
          sourceIPs: [`10.244.${n % 40}.${n}`],
          userAgent: 'okhttp/4.12.0',
        }),
      ),
    ).flat(),
    alerts: [],
  },
  {
    name: 'a backup lists every namespace and reads some secrets of each, by its library',
    kind: 'negative',
    events: Array.from({ length: 24 }, (_, n) => [
      secrets(n * 8, 'list', n === 0 ? 'kube-system' : `ns-${n}`, '', OPERATOR, 'limit=500'),
      secrets(n * 8 + 1, 'get', n === 0 ? 'kube-system' : `ns-${n}`, 'store', OPERATOR),
    ]).flat(),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'a person walks through eight namespaces with Lens',
    kind: 'negative',
    events: Array.from({ length: 8 }, (_, n) =>
      secrets(n * 20, 'list', `ns-${n}`, '', { ...ALICE, userAgent: 'Mozilla/5.0 OpenLens/6.5.2' }, 'limit=500'),
    ),
    alerts: [{ severity: 'low' }],
  },
  {
    name: 'an administrator with k9s lists everything and opens five in three namespaces',
    kind: 'negative',
    events: [
      secrets(0, 'list', '', '', { ...ALICE, userAgent: 'k9s/v0.32.4' }),
      ...gets(5, 4, { ...ALICE, userAgent: 'k9s/v0.32.4' }, 3, 1),
    ],
    alerts: [{ severity: 'low' }],
  },
];

table(secretReads, [...cases, ...unusual, ...doors, ...plain]);

const burst = [secrets(0, 'list', '', '', ETL), ...gets(15, 1, ETL)];
const told = (events: readonly RawEvent[]) =>
  judge(secretReads, events).map(({ severity, reason, count, contributions }) => ({
    severity,
    reason,
    count,
    contributions,
  }));

test('what arrives twice, or within a second out of order, tells the same', () => {
  expect(told(burst)).not.toEqual([]);
  expect(told(burst.flatMap((event) => [event, event]))).toEqual(told(burst));
  const shuffled = burst.map((_, index) => burst[index ^ 1]!);
  expect(told(shuffled).map(({ severity, count }) => [severity, count])).toEqual(
    told(burst).map(({ severity, count }) => [severity, count]),
  );
});

test('a reader is found among ten thousand others', () => {
  const crowd = Array.from({ length: 10_000 }, (_, n) =>
    secrets(n / 1_000, 'get', `ns-${n % 50}`, `s-${n % 90}`, {
      user: { username: `made-up-${n}`, groups: ['system:authenticated'] },
    }),
  );
  const alerts = judge(secretReads, [...crowd, ...burst].toSorted(byTime));
  expect(alerts.map(({ actor, severity }) => [actor.user, severity])).toEqual([
    ['system:serviceaccount:data:etl', 'high'],
  ]);
});

test('an alert says what is usual, and how long it was watched', () => {
  const [alert] = judge(secretReads, unusual[0]!.events);
  expect(alert?.baseline).toMatchObject({ usual: expect.stringContaining('from 10.244.0.0/16') });
  expect(alert?.baseline?.events).toBeGreaterThan(100);
  expect(alert?.contributions).toContainEqual({ what: 'with an unusual client', points: 20 });
});
