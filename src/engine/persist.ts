/** Takes one changed row of a space; null deletes it. */
export type PutRow = (key: string, value: Uint8Array | string | null) => void;

/**
 * Something the engine remembers between checkpoints, as rows of one space. Whatever `collect` hands out is the whole difference
 * since the last collect; restoring every row into a fresh instance gives an equal one.
 */
export interface Persistent {
  restore(key: string, value: Uint8Array | string): void;
  collect(put: PutRow): void;
}
