import type { Logger } from '../../src/model/index.ts';

/** A log that nobody reads. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
