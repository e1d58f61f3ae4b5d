import { AppError, type Context, type Logger } from '../../src/model/index.ts';

/** One line of a log, as it was given. */
export interface Logged {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

/** A context that keeps what is logged and takes credentials as they are written. */
export function testContext(): { context: Context; logged: Logged[] } {
  const logged: Logged[] = [];
  const at =
    (level: keyof Logger) =>
    (fields: object, message: string): void => {
      logged.push({ level, fields, message });
    };
  const context: Context = {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    dataDir: '/nowhere',
    now: () => 0,
    reveal: (secret) => {
      if (secret.from !== 'value') throw new AppError('config', `no ${secret.from} here`);
      return secret.reference;
    },
  };
  return { context, logged };
}
