import type { Alert, Checkpoint, Positions, Row } from '../model/index.ts';

/** One checkpoint that has all of both, in order: for changes whose own commit failed. */
export function mergeCheckpoints(before: Checkpoint | undefined, after: Checkpoint): Checkpoint {
  if (before === undefined) return after;
  const rows = new Map<string, Row>();
  for (const row of [...before.rows, ...after.rows]) rows.set(JSON.stringify([row.space, row.key]), row);
  const alerts = new Map<string, Alert>();
  for (const alert of [...before.alerts, ...after.alerts]) alerts.set(alert.id, alert);
  return {
    positions: mergePositions(before.positions, after.positions),
    rows: [...rows.values()],
    alerts: [...alerts.values()],
    rejects: [...before.rejects, ...after.rejects],
  };
}

/** The later position of each key. */
export const mergePositions = (before: Positions, after: Positions): Positions => new Map([...before, ...after]);

/** True where there is nothing to write. */
export const isEmpty = ({ positions, rows, alerts, rejects }: Checkpoint): boolean =>
  positions.size === 0 && rows.length === 0 && alerts.length === 0 && rejects.length === 0;
