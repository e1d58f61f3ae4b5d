import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { Blind } from '../engine/blind.ts';
import { AppError, type Context, type Row } from '../model/index.ts';
import { openSqlite, type SqliteStore } from '../store/sqlite.ts';

/** What a backfill goes by: the periods of a cluster, what is held around them, what its detectors need to know, the secret of fingerprints. */
export interface BackfillState {
  readonly blind: Blind;
  readonly known: readonly Row[];
  readonly key: Uint8Array;
}

/** What second judges get of the store: not memory and open alerts, which are of the present. */
const KNOWN = new Set(['facts', 'habits', 'suspects']);

/** Reads the store of a data directory beside the service that runs on it. Throws AppError where there is none. */
export function openBeside({ dataDir }: Config, { log }: Context): SqliteStore {
  if (!existsSync(join(dataDir, 'lapwing.db')))
    throw new AppError('usage', `there is no store in ${dataDir}: is dataDir the one that \`lapwing run\` has?`);
  return openSqlite({ path: dataDir, readOnly: true, log, retention: { age: 0, bytes: 0 } });
}

/** The clusters that push their events, with their blind periods. */
export function blindClusters(store: SqliteStore): ReadonlyMap<string, Blind> {
  const clusters = new Map<string, Blind>();
  for (const { space, key, value } of store.load().rows) {
    if (value === null || !space.startsWith('blind/')) continue;
    const name = decodeURIComponent(space.slice('blind/'.length));
    if (!clusters.has(name)) clusters.set(name, new Blind());
    clusters.get(name)!.restore(key, value);
  }
  return new Map([...clusters].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** All that a backfill of the cluster goes by. `blind` is of the same snapshot. */
export function stateOf(store: SqliteStore, cluster: string, blind: Blind): BackfillState {
  const name = encodeURIComponent(cluster);
  const known: Row[] = [];
  let key: Uint8Array | undefined;
  for (const row of store.load().rows) {
    if (row.value === null) continue;
    if (row.space === 'engine') key = Buffer.from(String(row.value), 'hex');
    else if (row.space === `held/${name}`) blind.held.restore(row.key, row.value);
    else if (KNOWN.has(row.space.split('/', 1)[0]!) && row.space.endsWith(`/${name}`)) known.push(row);
  }
  if (key === undefined) throw new AppError('store', 'the store has no key yet: start `lapwing run` once');
  return { blind, known, key };
}

/** The cluster to fill: the one that was asked for, else the only one with blind periods; undefined where there are none. Throws AppError `usage`. */
export function clusterToFill(clusters: ReadonlyMap<string, Blind>, asked: string | undefined): string | undefined {
  const blind = [...clusters].flatMap(([name, { periods }]) => (periods.length > 0 ? [name] : []));
  if (asked !== undefined) {
    if (clusters.has(asked)) return clusters.get(asked)!.periods.length > 0 ? asked : undefined;
    const known = [...clusters.keys()].filter((name) => name !== '');
    const hint = known.length > 0 ? `it has ${known.join(', ')}` : 'leave --cluster out';
    throw new AppError('usage', `--cluster: nothing was ever pushed here for a cluster ${asked}; ${hint}`);
  }
  if (blind.length > 1)
    throw new AppError(
      'usage',
      `--cluster: several clusters have blind periods: name one of ${blind.filter((name) => name !== '').join(', ')}`,
    );
  return blind[0];
}
