import { readFileSync } from 'node:fs';
import { judgeLines } from '../support/engine.ts';
import { compareSeverity, type Category, type Severity } from '../../src/model/index.ts';
import type { RawEvent } from '../support/event.ts';

/** One event of a capture, and whether it is one of those that a detector is there for. */
export interface Told {
  readonly event: RawEvent;
  readonly isTelling: boolean;
}

/** Events in the order in which the log has them. */
export type Scene = readonly Told[];

/** What another policy, version or cluster would have written in place of an event. */
export type Rewrite = (event: RawEvent) => readonly RawEvent[];

const folder = new URL('../../samples/captures/', import.meta.url);

/** Attacks, and the category under which they must be found. */
export const ATTACKS: ReadonlyMap<string, Category> = new Map([
  ['mal-a-forbidden-burst', 'forbidden'],
  ['mal-b-secret-reads', 'secrets'],
  ['mal-c-exec', 'exec'],
  ['mal-d-rbac-escalation', 'rbac'],
]);

export const ORDINARY = [
  'benign-01-startup',
  'benign-01b-cluster-setup',
  'benign-02-developer',
  'benign-03-ci',
  'benign-04-controllers-secrets',
  'benign-05-typo',
  'benign-07-maintenance',
] as const;

/** A capture with its labels. */
export function sceneOf(name: string): Scene {
  const lines = readFileSync(new URL(`${name}.ndjson`, folder), 'utf8')
    .trimEnd()
    .split('\n');
  const labels = JSON.parse(readFileSync(new URL(`${name}.labels.json`, folder), 'utf8')) as {
    malicious_lines: readonly number[];
  };
  const telling = new Set(labels.malicious_lines);
  return lines.map((line, index) => ({ event: JSON.parse(line) as RawEvent, isTelling: telling.has(index + 1) }));
}

export const rewritten = (scene: Scene, rewrite: Rewrite): Scene =>
  scene.flatMap(({ event, isTelling }) => rewrite(event).map((each) => ({ event: each, isTelling })));

export const textOf = (scene: Scene): readonly string[] => scene.map(({ event }) => JSON.stringify(event));

/** The parts of an alert document that these tests read. */
export interface AlertView {
  readonly message: string;
  readonly rule: { readonly id: string; readonly category: Category };
  readonly lapwing: {
    readonly severity: Severity;
    readonly count: number;
    readonly first_seen: string;
    readonly evidence: { readonly audit_ids: readonly string[] };
  };
}

export const alertsOf = (lines: readonly string[]): readonly AlertView[] =>
  judgeLines(lines) as unknown as readonly AlertView[];

export interface Recall {
  /** How many of the telling events are evidence of an alert of the category. */
  readonly found: number;
  readonly of: number;
  /** The others, readable. */
  readonly missed: readonly string[];
  /** The highest severity of an alert that has one of the telling events as evidence. */
  readonly gravest: Severity;
}

/** How much of what is told as an attack the alerts show. */
export function recallOf(scene: Scene, alerts: readonly AlertView[], category: Category): Recall {
  const told = alerts.filter(({ rule }) => rule.category === category);
  const evidence = new Set(told.flatMap(({ lapwing }) => lapwing.evidence.audit_ids));
  const telling = scene.filter(({ isTelling }) => isTelling);
  const ids = new Set(telling.map(({ event }) => event.auditID));
  const missed = telling.filter(({ event }) => !evidence.has(event.auditID ?? ''));
  return {
    found: telling.length - missed.length,
    of: telling.length,
    missed: missed.map(({ event }) => lineOf(event)),
    gravest: told
      .filter(({ lapwing }) => lapwing.evidence.audit_ids.some((id) => ids.has(id)))
      .map(({ lapwing }) => lapwing.severity)
      .reduce((a, b) => (compareSeverity(a, b) > 0 ? a : b), 'info'),
  };
}

const lineOf = ({ stage, user, verb, requestURI, responseStatus }: RawEvent): string =>
  [stage, user?.username, verb, requestURI?.slice(0, 100), responseStatus?.['code']].join(' ');
