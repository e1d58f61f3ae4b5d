import { z } from 'zod';
import type { Micros } from './time.ts';

/** Structured logging, as pino does it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A credential that never prints: where it stands, not what it is. Context.reveal reads it. */
export class Secret {
  readonly from: 'value' | 'env' | 'file';
  readonly #text: string;

  constructor(from: 'value' | 'env' | 'file', text: string) {
    this.from = from;
    this.#text = text;
  }

  /** The value itself, the variable's name or the file's path, after `from`. For Context.reveal only. */
  get reference(): string {
    return this.#text;
  }

  toString(): string {
    return this.from === 'value' ? '[secret]' : `[secret from ${this.from} ${this.#text}]`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A configuration value that is a credential: plain text, `{ env: NAME }` or `{ file: PATH }`. */
export const secret = () =>
  z
    .union([z.string(), z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })])
    .transform((value) =>
      typeof value === 'string'
        ? new Secret('value', value)
        : 'env' in value
          ? new Secret('env', value.env)
          : new Secret('file', value.file),
    );

const SIZES: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** A configuration value such as "64MiB", read into bytes. */
export const size = (byDefault: string) =>
  z
    .string()
    .regex(/^\d{1,6}(B|KiB|MiB|GiB)$/, 'must be a size such as 512KiB, 64MiB or 10GiB')
    .default(byDefault)
    .transform((text) => {
      const unit = /[A-Za-z]+$/.exec(text)![0];
      return Number(text.slice(0, -unit.length)) * SIZES.get(unit)!;
    });

/** What a source, a sink or a store gets besides its own settings. */
export interface Context {
  readonly log: Logger;
  readonly dataDir: string;
  /** Wall clock in microseconds. */
  now(): Micros;
  /** Reads a credential; throws AppError `config` where the variable or file is missing. */
  reveal(secret: Secret): string;
}

/** One kind of source, sink or store: its settings (documented with .describe) and how to make it. */
export interface Spec<C, T> {
  readonly type: string;
  readonly description: string;
  /** An object schema without `type`; the configuration adds it. Parsed strictly. */
  readonly settings: z.ZodObject;
  create(name: string, settings: C, context: Context): T;
}

/** Lets TypeScript infer the settings from their schema. */
export const defineSpec = <S extends z.ZodObject, T>(spec: {
  type: string;
  description: string;
  settings: S;
  create(name: string, settings: z.output<S>, context: Context): T;
}): Spec<never, T> => spec as unknown as Spec<never, T>;
