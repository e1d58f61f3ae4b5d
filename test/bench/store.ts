import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CATEGORIES,
  DAY,
  SECOND,
  SEVERITIES,
  type Alert,
  type AlertQuery,
  type Checkpoint,
  type Row,
} from '../../src/model/index.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite.ts';

const START = 1_700_000_000_000_000;

/** One figure of the store; times in milliseconds of wall, what was measured in the name. */
export type StoreFigure = readonly [name: string, value: number, unit: string];

/**
 * Measures the SQLite store on the disk of the temporary folder: new rows, commits as the pipeline makes them, a start with many
 * rows, queries over many alerts. Takes a minute or two at a million each.
 */
export async function benchStore({ rows = 1_000_000, alerts = 1_000_000, commits = 500 } = {}): Promise<
  readonly StoreFigure[]
> {
  const path = mkdtempSync(join(tmpdir(), 'lapwing-bench-store-'));
  const retention = { age: 90 * DAY, bytes: 1024 ** 4 };
  const figures: StoreFigure[] = [];
  let store = openSqlite({ path, retention });
  const timed = async (name: string, work: () => unknown): Promise<void> => {
    const start = performance.now();
    await work();
    figures.push([name, performance.now() - start, 'ms']);
  };
  try {
    store.subscribe(['elastic']);
    figures.push(['new rows of 150 B, 10,000 a commit', rows / (await seconds(() => fillRows(store, rows))), 'rows/s']);
    figures.push(...(await commitLatency(store, commits, rows)));
    store.close();
    await timed(`open and load ${rows} rows`, () => {
      store = openSqlite({ path, retention });
      let count = 0;
      for (const { value } of store.load().rows) count += value === null ? 0 : 1;
      store.subscribe(['elastic']);
      if (count < rows) throw new Error(`loaded ${count} rows of ${rows}`);
    });
    figures.push([
      'new alerts of 2 KB, 5,000 a commit',
      alerts / (await seconds(() => fillAlerts(store, alerts))),
      'alerts/s',
    ]);
    for (const [name, query] of queriesOver(alerts)) await timed(`query ${name}`, () => mustFind(store, name, query));
    await timed('query the 50th page of 100', () => deepPage(store));
    await timed('outbox state with every alert pending', () => store.outbox());
    await timed('500 pending alerts', () => store.pending('elastic', 500, START));
    await timed('retain: drop 1,000', () => store.retain(START + 91 * DAY));
    await timed('mark 500 delivered', () => store.delivered('elastic', store.pending('elastic', 500, START), START));
    figures.push(['size of the file', statSync(join(path, 'lapwing.db')).size / 1024 ** 2, 'MiB']);
    return figures;
  } finally {
    store.close();
    rmSync(path, { recursive: true, force: true });
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const rowOf = (index: number, salt = ''): Row => ({
  space: `memory/secret-reads/${index % 4}`,
  key: hash(`${index}`).slice(0, 32),
  value: `${salt}${index}`.padEnd(100, 'v'),
});

const checkpoint = (parts: Partial<Checkpoint>): Checkpoint => ({
  positions: new Map(),
  rows: [],
  alerts: [],
  rejects: [],
  ...parts,
});

async function fillRows(store: SqliteStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += 10_000)
    await store.commit(
      checkpoint({ rows: Array.from({ length: Math.min(10_000, count - from) }, (_, index) => rowOf(from + index)) }),
    );
}

/** What 400 events change: as many rows at random places, a position, two alerts. */
async function commitLatency(store: SqliteStore, commits: number, rows: number): Promise<readonly StoreFigure[]> {
  const times: number[] = [];
  for (let commit = 0; commit < commits; commit += 1) {
    const changed = Array.from({ length: 400 }, (_, index) =>
      rowOf((commit * 7_919 + index * 104_729) % rows, `${commit}/`),
    );
    const alerts = [alertOf(commit, START), alertOf(commit + 1, START)];
    const start = performance.now();
    await store.commit(checkpoint({ positions: new Map([['kafka/audit/0', `${commit}`]]), rows: changed, alerts }));
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return [
    ['commit of 400 events, p50', at(0.5), 'ms'],
    ['commit of 400 events, p99', at(0.99), 'ms'],
    ['commit of 400 events, slowest', at(1), 'ms'],
  ];
}

async function fillAlerts(store: SqliteStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += 5_000)
    await store.commit(
      checkpoint({
        alerts: Array.from({ length: Math.min(5_000, count - from) }, (_, index) => alertOf(from + index, START)),
      }),
    );
}

const alertOf = (index: number, start: number): Alert => ({
  id: hash(`alert ${index}`),
  revision: 2,
  cluster: `cluster-${index % 12}`,
  key: `system:serviceaccount:team-${index % 1_000}:app`,
  // One in a thousand is critical, and most are activity.
  severity: index % 1_000 === 7 ? 'critical' : SEVERITIES[index % 3]!,
  reason: `Service account team-${index % 1_000}:app read ${index % 97} secrets in ${index % 13} namespaces within 5 minutes from 10.0.${index % 250}.7.`,
  rule: {
    id: `detector-${index % 40}`,
    name: 'Secrets read out of the ordinary',
    version: '1',
    description: 'An identity reads more, other or wider secrets than it does or should.',
    category: index % 5_000 === 7 ? 'evasion' : CATEGORIES[index % 8]!,
    reference: 'docs/detections.md',
    next: ['Find out where the credential is used from.'],
  },
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [{ id: 'T1552.007', name: 'Container API' }],
  action: 'secret-list',
  actions: ['secret-list'],
  eventCategory: ['iam'],
  eventType: ['access'],
  outcome: 'success',
  code: 200,
  count: 14,
  firstSeen: start + index * SECOND,
  lastSeen: start + index * SECOND,
  actor: {
    user: `system:serviceaccount:team-${index % 1_000}:app`,
    class: 'serviceaccount',
    groups: ['system:serviceaccounts'],
    claimedIps: [],
  },
  target: { namespace: `namespace-${index % 3_000}` },
  relatedUsers: [],
  relatedIps: [],
  observed: { secrets: index % 97 },
  threshold: { secrets: 5 },
  contributions: [],
  evidence: {
    total: 14,
    auditIds: Array.from({ length: 14 }, (_, each) => hash(`${index}/${each}`).slice(0, 36)),
    sample: [],
  },
});

const queriesOver = (alerts: number): readonly (readonly [string, AlertQuery])[] => [
  ['the newest 100', {}],
  ['the newest 100 of a user', { user: 'system:serviceaccount:team-7:app' }],
  ['the newest 100 of a namespace', { namespace: 'namespace-7' }],
  ['the newest 100 of high and up', { severity: 'high' }],
  ['10,000 of high and up (there are fewer)', { severity: 'high', limit: 10_000 }],
  ['all of a rare category (scan of the index)', { category: 'evasion', limit: 10_000 }],
  [
    'an hour in the middle',
    { since: START + (alerts / 2) * SECOND, until: START + (alerts / 2 + 3_600) * SECOND, limit: 5_000 },
  ],
  ['a text that is rare (scan of all)', { text: 'TEAM-777:app READ 42 secrets', limit: 10_000 }],
];

function mustFind(store: SqliteStore, name: string, query: AlertQuery): void {
  if (store.alerts(query).alerts.length === 0) throw new Error(`the query for ${name} found nothing`);
}

function deepPage(store: SqliteStore): void {
  let page = store.alerts({ limit: 5_000 - 100 });
  page = store.alerts({ limit: 100, cursor: page.next! });
  if (page.alerts.length !== 100) throw new Error('a page is short');
}
