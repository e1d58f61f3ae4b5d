/**
 * Every failure that Lapwing names. `config`: stop, exit 2. `usage`: wrong command line, exit 2. Others: exit 1 where they end
 * a command; in the running service they are retried (`retryable`) or parked.
 */
export type ErrorCode =
  | 'config'
  | 'usage'
  | 'source'
  | 'source-second-member'
  | 'store'
  | 'store-full'
  | 'store-locked'
  | 'store-newer'
  | 'sink'
  | 'sink-refused'
  | 'detector'
  | 'limit';

/** The one error class: what went wrong, whether the same call may succeed later, and the error beneath. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The text of anything thrown, for a log line or a reason. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
