/** HTTP's status for the codes of gRPC that say why a call failed; those that HTTP has no status for are left out. */
const HTTP: ReadonlyMap<number, number> = new Map([
  [1, 499],
  [2, 500],
  [3, 400],
  [4, 504],
  [5, 404],
  [6, 409],
  [7, 403],
  [8, 429],
  [9, 400],
  [10, 409],
  [11, 400],
  [12, 501],
  [13, 500],
  [14, 503],
  [15, 500],
  [16, 401],
]);

/** The HTTP status of a call that failed with this code of gRPC; undefined for codes that are none. */
export const httpOfGrpc = (code: number): number | undefined => HTTP.get(code);
