import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of the demo's log, in copies whose Audit-IDs and times differ, so that nothing is a repeat. */
export interface Corpus {
  readonly texts: readonly string[];
  /** The same lines as chunks of about a mebibyte, as the file source hands them on. */
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

const CHUNK = 1024 * 1024;
const TIMES = /("(?:stageTimestamp|requestReceivedTimestamp)":")([^".]+)(\.\d{6}Z")/g;

export function makeCorpus(events: number): Corpus {
  const folder = join(import.meta.dirname, '..', '..', '..', 'samples', 'demo');
  const base = readFileSync(join(folder, 'audit.ndjson'), 'utf8').split('\n').filter(Boolean);
  const texts: string[] = [];
  for (let copy = 0; texts.length < events; copy += 1) {
    for (const line of base) {
      if (texts.length >= events) break;
      texts.push(shift(line, copy));
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
  return { texts, chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}

/** The line an hour later for each copy, with an Audit-ID of its own. */
function shift(line: string, copy: number): string {
  if (copy === 0) return line;
  const id = copy.toString(16).padStart(8, '0');
  return line
    .replace(/("auditID":")[0-9a-f]{8}/, `$1${id}`)
    .replaceAll(TIMES, (_, before: string, date: string, after: string) =>
      `${before}${new Date(Date.parse(`${date}Z`) + copy * 3_600_000).toISOString().slice(0, 19)}${after}`,
    );
}
