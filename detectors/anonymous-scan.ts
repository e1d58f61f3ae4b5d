import { z } from 'zod';
import type { AuditEvent, Facts, Finding, Memory, Micros } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  DAY,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  listed,
  pathOf,
  sentence,
} from '../src/model/index.ts';

const params = z.object({
  paths: z
    .int()
    .min(2)
    .max(100)
    .default(5)
    .describe('Different paths of one address within the window that make a scan'),
  window: duration('10m').describe('The span in which paths are counted'),
  slowPaths: z.int().min(2).max(100).default(8).describe('Different paths within a day that count although slow'),
  addresses: z
    .int()
    .min(2)
    .max(1_000)
    .default(8)
    .describe('Addresses that try telling paths within an hour: one scan from many places'),
});

const SCALE = { low: 15, medium: 45, high: 80 };
/** What probes and kubectl ask for before anybody logs in. */
const HEALTH = /^\/(healthz|livez|readyz|version|ping)(\/|$)/;
/** What gives something away: what there is, how it is doing, what it holds in memory. */
const TELLING = /^\/(apis?|metrics|debug|logs|openapi|swagger|configz|pods|stats|runningpods|exec|run)\b/;
const MOST = 64;
const EVIDENCE = 32;
/** All addresses together; none is called so. */
const ALL = '*';

/** Somebody who is not logged in goes through the paths of the API server: what answers, what is open? */
export const anonymousScan = defineDetector<z.output<typeof params>>({
  id: 'anonymous-scan',
  version: '1',
  name: 'Paths scanned without login',
  description: 'A client that is not logged in tries one path of the API server after the other.',
  category: 'anonymous',
  eventCategory: ['api', 'web'],
  eventType: ['access', 'denied'],
  tactics: [
    { id: 'TA0043', name: 'Reconnaissance' },
    { id: 'TA0007', name: 'Discovery' },
  ],
  techniques: [
    { id: 'T1595', name: 'Active Scanning' },
    { id: 'T1613', name: 'Container and Resource Discovery' },
  ],
  needs:
    'Level Metadata for paths that are no resources, also refused ones and those of anonymous clients; stage ResponseComplete.',
  falsePositives: [
    'Load balancers and probes: /, /healthz, /livez, /readyz and /version do not count.',
    'A scanner of your own that looks for open services.',
    'A scraper without its token: one path, /metrics.',
  ],
  blindSpots: [
    'An API server that refuses anonymous requests answers 401: see failed-logins.',
    'Behind a proxy all strangers share its address.',
  ],
  next: [
    'Find out whether the address is outside: an API server need not be reachable from there.',
    'If a path was answered, see which binding lets system:anonymous or system:unauthenticated in, and remove it.',
    'Look for what the same address did logged in.',
  ],
  quiet: HOUR,
  params,
  wants: [
    { resources: [''], outcome: 'refused', final: true, by: 'anonymous' },
    { resources: [''], verbs: ['get'], outcome: 'success', final: true, by: 'anonymous' },
  ],
  on(event, memory, facts, { paths, window, slowPaths, addresses }) {
    if (facts.classOf(event.user) !== 'anonymous' || event.impersonated !== undefined) return [];
    const path = pathOf(event.uri);
    if (path === '/' || HEALTH.test(path)) return [];
    const from = event.peer || 'no address';
    const isTelling = TELLING.test(path);
    add(event, memory, from, path, window);
    if (isTelling) {
      add(event, memory, ALL, path, HOUR);
      memory.distinct('addresses', ALL, from, HOUR, MOST);
    }
    const isFast = memory.size('fast', from, window) >= paths;
    if (isFast || memory.size('slow', from, DAY) >= slowPaths)
      return tell(event, memory, facts, from, isFast ? window : DAY, isFast ? paths : slowPaths);
    const isWide = memory.size('addresses', ALL, HOUR) >= addresses && memory.size('fast', ALL, HOUR) >= paths;
    return isTelling && isWide ? tell(event, memory, facts, ALL, HOUR, paths) : [];
  },
});

/** Remembers the path, also for a day; and whether it was answered. */
function add(event: AuditEvent, memory: Memory, from: string, path: string, window: Micros): void {
  memory.distinct('fast', from, path, window, MOST);
  memory.distinct('slow', from, path, DAY, MOST);
  memory.count('requests', from, DAY, EVIDENCE);
  if (event.outcome === 'success') memory.distinct('open', from, path, DAY, 16);
}

function tell(
  event: AuditEvent,
  memory: Memory,
  facts: Facts,
  from: string,
  span: Micros,
  needed: number,
): readonly Finding[] {
  const tried = memory.members(span === DAY ? 'slow' : 'fast', from, span);
  const open = memory.members('open', from, span);
  const telling = tried.filter((path) => TELLING.test(path));
  const { severity, contributions } = addUp(
    [
      [counted(tried.length, 'path', MOST), Math.min(30, 2 * tried.length)],
      [`${counted(telling.length, 'path')} that may give something away`, Math.min(20, 4 * telling.length)],
      [`${counted(open.length, 'path')} answered`, Math.min(30, 15 * open.length)],
      ['by a script', ['script', 'bare'].includes(facts.client(event)) ? 5 : 0],
    ],
    SCALE,
  );
  const isFirst = memory.size('told', from, HOUR) === 0;
  memory.distinct('told', from, '', HOUR, 1);
  const reason = sentence(
    from === ALL
      ? `Anonymous clients at ${memory.size('addresses', ALL, HOUR)} addresses`
      : clip(facts.identity(event).label),
    `tried ${counted(tried.length, 'path', MOST)} within ${formatDuration(span)}:`,
    listed(telling.length > 0 ? telling : tried),
    open.length > 0 && `; answered: ${listed(open)}`,
  );
  const requests = isFirst ? memory.count('requests', from, DAY, EVIDENCE).evidence : [];
  return [
    {
      key: from,
      severity,
      reason: () => reason,
      evidence: requests.filter(({ time }) => time > event.time - span),
      window: formatDuration(span),
      observed: { paths: tried.length, telling: telling.length, open: open.length },
      threshold: { paths: needed },
      contributions,
      target: null,
    },
  ];
}
