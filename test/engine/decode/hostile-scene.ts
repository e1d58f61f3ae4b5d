import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { toDocument, type Alert, type Reject, type Store } from '../../../src/model/index.ts';
import { documentLine, humanAlert } from '../../../src/sinks/console-alert.ts';
import { openSqlite } from '../../../src/store/sqlite.ts';
import { engineFor } from '../../support/engine.ts';
import { retention } from '../../store/sqlite-rig.ts';

const sample = readFileSync(join(import.meta.dirname, '../../../samples/demo/audit.ndjson'), 'utf8');
/** Events among which hostile ones are put: attacks that must be found all the same. */
export const GOOD: readonly string[] = sample.split('\n').filter((line) => line !== '');
const MIDDLE = GOOD.length >> 1;
const START = Buffer.from(`${GOOD.slice(0, MIDDLE).join('\n')}\n`);
const REST = Buffer.from(`\n${GOOD.slice(MIDDLE).join('\n')}\n`);
/** When the event in the middle was. */
export const NOON = (JSON.parse(GOOD[MIDDLE]!) as { stageTimestamp: string }).stageTimestamp;

/** What one run said and counted. */
export interface Run {
  /** Events beside the good ones. */
  readonly events: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly rejects: readonly Reject[];
  readonly alerts: readonly Alert[];
  /** Alerts of the good events that are missing or changed. */
  readonly harmed: readonly string[];
}

const NAMES = Object.getOwnPropertyNames(Object.prototype).toSorted();
let calm: ReadonlyMap<string, string> | undefined;

/** Alerts of the good events alone, by their id. */
async function alone(): Promise<ReadonlyMap<string, string>> {
  calm ??= new Map((await judge(Buffer.alloc(0))).alerts.map((alert) => [alert.id, documentLine(alert)]));
  expect(calm.size).toBeGreaterThan(3);
  return calm;
}

/**
 * Puts bytes between good events and takes all through the whole line: decoder, engine with every detector (one that throws
 * fails), a store of its own on disk, and what is printed. Checks all that must hold whatever the bytes are.
 */
export async function through(hostile: Uint8Array): Promise<Run> {
  const wanted = await alone();
  const run = await judge(hostile);
  const found = new Map(run.alerts.map((alert) => [alert.id, documentLine(alert)]));
  return { ...run, harmed: [...wanted].flatMap(([id, text]) => (found.get(id) === text ? [] : [text])) };
}

async function judge(hostile: Uint8Array): Promise<Omit<Run, 'harmed'>> {
  const path = mkdtempSync(join(tmpdir(), 'lapwing-hostile-'));
  const store = openSqlite({ path, retention });
  try {
    return await judgeInto(store, hostile);
  } finally {
    store.close();
    rmSync(path, { recursive: true, force: true });
  }
}

async function judgeInto(store: Store, hostile: Uint8Array): Promise<Omit<Run, 'harmed'>> {
  const engine = engineFor();
  engine.open({ bytes: Buffer.concat([START, hostile, REST]), origin: { source: 'test', position: 'test@0' } });
  while (engine.step(100));
  engine.flush();
  const changes = engine.changes();
  await store.commit({ positions: new Map(), ...changes });
  const { alerts } = store.alerts({ limit: 10_000 });
  expect(alerts.length).toBe(changes.alerts.length);
  for (const alert of alerts) checkPrinted(alert);
  const rejects = store.rejects(1_000);
  for (const reject of rejects) checkText(JSON.stringify(reject), 4_096);
  for (const { key, value } of changes.rows) {
    checkText(key, 32_768);
    if (typeof value === 'string') checkText(value, 65_536);
  }
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(NAMES);
  const { events, rejectedBy } = engine.counters;
  return { events: events - GOOD.length, rejectedBy: Object.fromEntries(rejectedBy), rejects, alerts };
}

/** What leaves the program is JSON, is UTF-8, is bounded, and moves no cursor. */
function checkPrinted(alert: Alert): void {
  const line = documentLine(alert);
  checkText(line, 1 << 17);
  expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(toDocument(alert))));
  // oxlint-disable-next-line no-control-regex
  expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
  const shown = humanAlert(alert, { colour: false, width: 100 });
  // oxlint-disable-next-line no-control-regex
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
  checkText(shown, 65_536);
}

function checkText(text: string, most: number): void {
  expect(text.length).toBeLessThanOrEqual(most);
  expect(Buffer.from(text).toString('utf8')).toBe(text);
}
