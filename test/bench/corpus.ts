import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTime } from '../../src/model/index.ts';

/** Real lines in copies, each with an Audit-ID and a time of its own, so that nothing is a repeat. */
export interface Corpus {
  readonly name: string;
  readonly texts: readonly string[];
  /** The same lines as chunks of about a mebibyte, as the file source hands them on. */
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

const CHUNK = 1024 * 1024;
const TIMES = /("(?:stageTimestamp|requestReceivedTimestamp)":")[^"]+"/g;
const START = Date.parse('2026-11-21T10:00:00Z') * 1_000;
const GAP = 5_000;

/** Ordinary work: what a cluster's log is nearly all of. Under attack: the demo's log, every fifth line of it an attacker's. */
export const CORPORA = { 'ordinary work': 'quiet-day.ndjson', 'under attack': join('demo', 'audit.ndjson') } as const;

export function makeCorpus(name: keyof typeof CORPORA, events: number): Corpus {
  const folder = join(import.meta.dirname, '..', '..', '..', 'samples');
  const base = readFileSync(join(folder, CORPORA[name]), 'utf8').split('\n').filter(Boolean);
  const texts: string[] = [];
  for (let copy = 0; texts.length < events; copy += 1) {
    for (const line of base) {
      if (texts.length >= events) break;
      texts.push(place(line, texts.length, copy));
    }
  }
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
  return { name, texts, chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}

/** The line at its place in a steady stream of 200 events a second, with an Audit-ID of its own. */
function place(line: string, index: number, copy: number): string {
  const id = copy.toString(16).padStart(8, '0');
  const time = formatTime(START + index * GAP);
  return line.replace(/("auditID":")[0-9a-f]{8}/, `$1${id}`).replaceAll(TIMES, `$1${time}"`);
}
