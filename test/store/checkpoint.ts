import type { Alert, Checkpoint } from '../../src/model/index.ts';

/** A checkpoint, any part given. */
export const checkpointOf = (parts: Partial<Checkpoint> = {}): Checkpoint => ({
  positions: new Map(),
  rows: [],
  alerts: [],
  rejects: [],
  ...parts,
});

export const ids = (alerts: readonly Alert[]): string[] => alerts.map(({ id }) => id);

/** A wall clock's time, later than any alert's. */
export const NOW = 1_800_000_000_000_000;
