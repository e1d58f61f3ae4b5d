import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY, MINUTE, SECOND, formatTime, type Micros } from '../../src/model/index.ts';
import { busyCluster } from '../noise/busy-cluster.ts';
import { root } from './root.ts';

/** Real lines in copies, each with an Audit-ID and a time of its own, so that nothing is a repeat. */
export interface Corpus {
  readonly name: string;
  readonly texts: readonly string[];
  /** The same lines as chunks of about a mebibyte, as the file source hands them on. */
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

const CHUNK = 1024 * 1024;
/** About a day of the generated cluster, in events. */
const ONE_DAY = 700_000;
const TIMES = /("(?:stageTimestamp|requestReceivedTimestamp)":")[^"]+"/g;
const START = Date.parse('2026-11-21T10:00:00Z') * 1_000;
/** Longer silences of the log are shortened to this. */
const SILENCE = SECOND;
/** Between two copies, so that no window of a few minutes holds the same person's work twice. */
const RESPITE = 5 * MINUTE;

/** The addresses that the intruder of the demo's log comes from. */
const INTRUDER = /"sourceIPs":\["127\.(?:66\.|10\.1\.17")/;
/** Captures of a real cluster, by what goes on in them. */
const WORK = ['02-developer', '03-ci', '04-controllers-secrets', '05-typo', '07-maintenance'];
const SETUP = ['01-startup', '01b-cluster-setup'];

/**
 * Ordinary work: the recorded days of developers, a pipeline, controllers and administrators of a real cluster. Dense work: the demo's log
 * without its intruder, in which much more is written; under attack: with the intruder. A busy cluster: the generated one of the noise gate,
 * from its second day. A cluster's first minutes: every role and binding is written, over and over.
 */
export const CORPORA = [
  'ordinary work',
  'dense work',
  'under attack',
  'a busy cluster',
  "a cluster's first minutes",
] as const;
export type CorpusName = (typeof CORPORA)[number];

export function makeCorpus(name: CorpusName, events: number): Corpus {
  if (name === 'a busy cluster') return { name, ...piecesOf(busyLines(events)) };
  const base = linesOf(name);
  const offsets = offsetsOf(base);
  const period = offsets.at(-1)! + RESPITE;
  const texts = Array.from({ length: events }, (_, index) => {
    const copy = Math.floor(index / base.length);
    const place = index % base.length;
    return moved(base[place]!, copy, START + copy * period + offsets[place]!);
  });
  return { name, ...piecesOf(texts) };
}

function linesOf(name: CorpusName): readonly string[] {
  const read = (...path: readonly string[]): readonly string[] =>
    readFileSync(join(root, 'samples', ...path), 'utf8')
      .split('\n')
      .filter(Boolean);
  if (name === 'ordinary work' || name === "a cluster's first minutes")
    return (name === 'ordinary work' ? WORK : SETUP).flatMap((each) => read('captures', `benign-${each}.ndjson`));
  const log = read('demo', 'audit.ndjson');
  return name === 'under attack' ? log : log.filter((line) => !INTRUDER.test(line));
}

/** So many lines of the generated cluster, after a day of it. */
function busyLines(events: number): readonly string[] {
  const texts: string[] = [];
  let day = 0;
  for (const chunk of busyCluster(1).run(10 * DAY)) {
    const lines = chunk.toString('latin1').trimEnd().split('\n');
    day += lines.length;
    if (day < ONE_DAY) continue;
    texts.push(...lines);
    if (texts.length >= events) break;
  }
  return texts.slice(0, events);
}

function piecesOf(texts: readonly string[]): Omit<Corpus, 'name'> {
  const chunks = chunksOf(texts);
  return { texts, chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}

/** Lines as chunks of about a mebibyte. */
export function chunksOf(texts: readonly string[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let lines: string[] = [];
  let size = 0;
  for (const text of texts) {
    lines.push(text);
    size += text.length + 1;
    if (size < CHUNK) continue;
    chunks.push(Buffer.from(`${lines.join('\n')}\n`));
    [lines, size] = [[], 0];
  }
  if (lines.length > 0) chunks.push(Buffer.from(`${lines.join('\n')}\n`));
  return chunks;
}

/** How long after the first line each one comes, in microseconds. */
function offsetsOf(lines: readonly string[]): readonly Micros[] {
  const times = lines.map((line) => Date.parse(/"stageTimestamp":"([^"]+)"/.exec(line)![1]!) * 1_000);
  let offset = 0;
  return times.map((time, index) => {
    offset += Math.min(SILENCE, Math.max(0, time - (times[index - 1] ?? time)));
    return offset;
  });
}

/** The line at another time, with an Audit-ID of its own. */
function moved(line: string, copy: number, at: Micros): string {
  const id = copy.toString(16).padStart(8, '0');
  return line.replace(/("auditID":")[0-9a-f]{8}/, `$1${id}`).replaceAll(TIMES, `$1${formatTime(at)}"`);
}
