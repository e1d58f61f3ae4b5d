import type { PodFact } from '../../model/index.ts';
import type { Weight } from './bounded-table.ts';
import { privilegeOf } from './privilege.ts';
import { at, textOf } from './shape.ts';

/** Every pod without another service account runs as this one. */
const DEFAULT_ACCOUNT = 'default';
const MAX_REASONS = 8;

/** Without any of these in its body a pod is as plain as can be: the names of all that `privilegeOf` reads, and its account. */
export const NOT_PLAIN: readonly string[] = ['host', 'privileged', 'procMount', 'capabilities', 'serviceAccount'];

type Row = readonly [serviceAccount: string, ...because: string[]];

/** A pod fact as a row of a table. */
export interface PodRow {
  readonly text: string;
  readonly weight: Weight;
}

/** What is kept of a pod spec, with what was known before; undefined where it is as plain as can be. */
export function rowOf(spec: unknown, known?: PodFact): PodRow | undefined {
  const account = textOf(at(spec, 'serviceAccountName')) || textOf(at(spec, 'serviceAccount'));
  return rowWith(account || known?.serviceAccount || DEFAULT_ACCOUNT, [
    ...(known?.because ?? []),
    ...privilegeOf(spec).because,
  ]);
}

/** As `rowOf`, of what is known already. */
export function rowWith(account: string, reasons: readonly string[]): PodRow | undefined {
  const because = [...new Set(reasons)].slice(0, MAX_REASONS);
  if (because.length === 0 && account === DEFAULT_ACCOUNT) return undefined;
  const row: Row = [account.slice(0, 253), ...because];
  return { text: JSON.stringify(row), weight: because.length > 0 ? 'major' : 'minor' };
}

export function factOf(text: string): PodFact {
  const [serviceAccount, ...because] = JSON.parse(text) as Row;
  return { privileged: because.length > 0, because, serviceAccount: serviceAccount || DEFAULT_ACCOUNT };
}
