import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareSeverity, toDocument, type Alert, type Severity } from '../../src/model/index.ts';
import type { AlertView } from '../recall/scene.ts';
import { crowd } from '../sequences/variants.ts';
import { MINUTE } from '../noise/world.ts';
import { runLine, STORES } from './line.ts';
import { root } from './root.ts';

const samples = join(root, 'samples', 'captures');
const CHUNK = 1 << 20;

/** What became of an attack among so many identities that are seen once. */
export interface Crowded {
  readonly events: number;
  readonly seconds: number;
  readonly before: number;
  readonly peak: number;
  readonly evictions: number;
  readonly refused: number;
  readonly found: number;
  readonly of: number;
  readonly gravest: Severity;
}

/**
 * So many made-up users, namespaces and programs, each seen once, and one real attack spread among them over five minutes; into SQLite,
 * as a service would.
 */
export async function crowded(attack: string, identities: number): Promise<Crowded> {
  const lines = readFileSync(join(samples, `${attack}.ndjson`), 'utf8')
    .split('\n')
    .filter(Boolean);
  const labels = JSON.parse(readFileSync(join(samples, `${attack}.labels.json`), 'utf8')) as {
    readonly malicious_lines: readonly number[];
  };
  const wanted = new Set(
    labels.malicious_lines.map((line) => (JSON.parse(lines[line - 1]!) as { auditID: string }).auditID),
  );
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = 0;
  const began = process.cpuUsage();
  const alerts = new Map<string, Alert>();
  const store = STORES.sqlite();
  const commit = store.commit.bind(store);
  store.commit = (checkpoint) => {
    for (const alert of checkpoint.alerts) alerts.set(alert.id, alert);
    return commit(checkpoint);
  };
  const { engine } = await runLine(mixed(lines, identities), store, () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  });
  const { user, system } = process.cpuUsage(began);
  const stats = [...engine.clusters.values()].flatMap((cluster) => cluster.stats());
  const told = [...alerts.values()].map((alert) => toDocument(alert) as unknown as AlertView);
  const seen = new Set(told.flatMap(({ lapwing }) => lapwing.evidence.audit_ids).filter((id) => wanted.has(id)));
  const about = told.filter(({ lapwing }) => lapwing.evidence.audit_ids.some((id) => wanted.has(id)));
  return {
    events: engine.counters.events,
    seconds: (user + system) / 1e6,
    before,
    peak,
    evictions: stats.reduce((sum, each) => sum + each.evictions, 0),
    refused: stats.reduce((sum, each) => sum + each.refused, 0),
    found: seen.size,
    of: wanted.size,
    gravest:
      about.toSorted((a, b) => compareSeverity(b.lapwing.severity, a.lapwing.severity))[0]?.lapwing.severity ?? 'info',
  };
}

/** The attack's lines, evenly among the crowd, which is spread over their time and a minute around it. */
function* mixed(lines: readonly string[], identities: number): Generator<Buffer> {
  const times = lines.map(timeOf);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const stretch = (5 * MINUTE) / Math.max(1, last - first);
  const rest = lines.map((line, index) => {
    const time = Math.round(first + (times[index]! - first) * stretch);
    return { time, line: moved(line, time - times[index]!) };
  });
  let text = '';
  for (const { line, time } of crowd(identities, first - MINUTE, 7 * MINUTE)) {
    while (rest.length > 0 && rest[0]!.time <= time) text += `${rest.shift()!.line}\n`;
    text += `${line}\n`;
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}${rest.map(({ line }) => line).join('\n')}\n`);
}

const TIME = /"stageTimestamp":"([^"]+)"/;
const microsOf = (text: string): number => Date.parse(text) * 1_000 + Number(text.slice(23, 26));
const timeOf = (line: string): number => microsOf(TIME.exec(line)![1]!);

const moved = (line: string, by: number): string =>
  line.replaceAll(/("(?:stageTimestamp|requestReceivedTimestamp)":")([^"]+)"/g, (_, name: string, time: string) => {
    const micros = microsOf(time) + by;
    const text = new Date(Math.floor(micros / 1_000)).toISOString().slice(0, 23);
    return `${name}${text}${String(micros % 1_000).padStart(3, '0')}Z"`;
  });
