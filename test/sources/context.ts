import { tmpdir } from 'node:os';
import type { Context, Secret } from '../../src/model/index.ts';

/** A context for sources under test: notes what is logged; the clock stands where it is set; secrets are plain values. */
export interface TestContext extends Context {
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[];
  time: number;
}

export function testContext(time = 1_795_000_000_000_000): TestContext {
  const logged: TestContext['logged'] = [];
  const at = (level: string) => (fields: object, message: string) => void logged.push({ level, message, fields });
  return {
    logged,
    time,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    dataDir: tmpdir(),
    now(): number {
      return this.time;
    },
    reveal: (secret: Secret) => secret.reference,
  };
}
