import { anonymousScan } from '../../detectors/anonymous-scan.ts';
import { at, table, type Case } from '../support/detector.ts';
import type { RawEvent } from '../support/event.ts';

const path = (second: number, requestURI: string, code = 403, over: RawEvent = {}): RawEvent =>
  at(second, {
    user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    requestURI,
    userAgent: 'curl/8.5.0',
    responseStatus: { code },
    annotations: { 'authorization.k8s.io/decision': code === 403 ? 'forbid' : 'allow' },
    ...over,
  });
const PATHS = ['/api', '/apis', '/metrics', '/debug/pprof/', '/swagger.json', '/logs', '/openapi/v2', '/configz'];
const paths = (count: number, every = 1, over: RawEvent = {}): RawEvent[] =>
  Array.from({ length: count }, (_, number) => path(number * every, PATHS[number] ?? `/p-${number}`, 403, over));

const cases: readonly Case[] = [
  {
    name: 'path after path',
    kind: 'positive',
    events: paths(8),
    alerts: [
      { severity: 'low', count: 8, reason: /^Anonymous client 10\.0\.0\.9 tried 8 paths within 10m: \/api, \/apis/ },
    ],
  },
  {
    name: 'and some answer',
    kind: 'positive',
    events: [path(0, '/api', 200), path(1, '/apis', 200), ...paths(8)],
    alerts: [{ severity: 'medium', reason: /answered: \/api and \/apis/ }],
  },
  { name: 'a long list of paths', kind: 'positive', events: paths(30), alerts: [{ severity: 'medium', count: 30 }] },
  { name: 'one an hour', kind: 'positive', events: paths(8, 3_600), alerts: [{ severity: 'low', count: 8 }] },
  {
    name: 'from an address for each path',
    kind: 'positive',
    events: paths(8).map((event, number) => ({ ...event, sourceIPs: [`10.0.1.${number}`] })),
    alerts: [{ severity: 'low', count: 8, reason: /^Anonymous clients at 8 addresses tried 8 paths/ }],
  },
  { name: 'four paths are not five', kind: 'edge', events: paths(4), alerts: [] },
  { name: 'five are five', kind: 'edge', events: paths(5), alerts: [{ severity: 'low', count: 5 }] },
  {
    name: 'the fifth comes as the first leaves the window',
    kind: 'edge',
    events: [...paths(4), path(600, '/swagger.json')],
    alerts: [],
  },
  {
    name: 'the fifth comes a microsecond before the first leaves the window',
    kind: 'edge',
    events: [...paths(4), path(599.999999, '/swagger.json')],
    alerts: [{ severity: 'low', count: 5 }],
  },
  {
    name: 'the same path with other queries is one path',
    kind: 'edge',
    events: Array.from({ length: 20 }, (_, number) => path(number, `/metrics?x=${number}`)),
    alerts: [],
  },
  {
    name: 'whoever is logged in is not anonymous',
    kind: 'edge',
    events: paths(8, 1, { user: { username: 'alice', groups: ['system:authenticated'] } }),
    alerts: [],
  },
  {
    name: 'load balancers, probes and a scraper without its token',
    kind: 'negative',
    events: Array.from({ length: 600 }, (_, number) =>
      path(
        number,
        ['/', '/healthz', '/livez/ping', '/readyz?verbose', '/version', '/metrics'][number % 6]!,
        number % 6 === 5 ? 403 : 200,
      ),
    ),
    alerts: [],
  },
  {
    name: 'kubectl before its login',
    kind: 'negative',
    events: [path(0, '/api?timeout=32s'), path(1, '/apis?timeout=32s'), path(2, '/openapi/v2'), path(3, '/openapi/v3')],
    alerts: [],
  },
  {
    name: 'paths',
    kind: 'hostile',
    events: paths(8).map((event) => ({ ...event, requestURI: `${event.requestURI}/x` })),
    alerts: [{ severity: 'low' }],
  },
];

table(anonymousScan, cases);
