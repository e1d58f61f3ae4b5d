import type { IncomingMessage } from 'node:http';

/** Bytes of bodies that are held, over all requests. */
export class BodyBudget {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** False, and nothing taken, where it would go over the bound. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** A body, whose bytes the budget counts; or why there is none (the budget then has them back). */
export type Body = Buffer | 'too large' | 'overload' | 'aborted';

/** The declared length; undefined for a chunked body. node:http has checked that it is a number. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : undefined;
}

/** Reads a body of at most `maxBody` bytes. A declared length is taken from the budget before the first byte is read. */
export function readBody(request: IncomingMessage, maxBody: number, budget: BodyBudget): Promise<Body> {
  const declared = declaredLength(request);
  if (declared !== undefined && declared > maxBody) return Promise.resolve('too large');
  if (!budget.take(declared ?? 0)) return Promise.resolve('overload');
  return new Promise((resolve) => {
    let taken = declared ?? 0;
    let filled = 0;
    // Memory of a declared length that never comes is not touched, so it costs nothing.
    let whole = Buffer.allocUnsafeSlow(taken);
    const settle = (body: Body): void => {
      request.off('data', add).off('end', end).off('close', abort);
      if (!Buffer.isBuffer(body)) budget.give(taken);
      resolve(body);
    };
    const add = (chunk: Buffer): void => {
      const length = filled + chunk.length;
      if (length > maxBody) return settle('too large');
      if (length > taken) {
        const wanted = Math.min(maxBody, Math.max(length, 2 * taken, 16_384));
        if (!budget.take(wanted - taken)) return settle('overload');
        taken = wanted;
        whole = Buffer.concat([whole.subarray(0, filled)], wanted);
      }
      chunk.copy(whole, filled);
      filled = length;
      return undefined;
    };
    const end = (): void => {
      budget.give(taken - filled);
      taken = filled;
      settle(whole.subarray(0, filled));
    };
    const abort = (): void => settle('aborted');
    request
      .on('data', add)
      .on('end', end)
      .on('close', abort)
      .on('error', () => {});
  });
}
