import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { AppError, messageOf, type Secret } from '../model/index.ts';
import { overlayEnvironment } from './env.ts';
import { explain } from './explain.ts';
import { configSchema, type Catalogue, type Settings } from './schema.ts';
import { settingsTree, shapeOf } from './shape.ts';
import { yamlProblem } from './yaml-problem.ts';

/** Checked settings with the data directory decided. */
export type Config = Settings & { readonly dataDir: string };

/**
 * Reads a configuration: file (YAML; none means all defaults), then environment, then checks. Throws AppError `config` with every
 * problem, each by its path and what is allowed there.
 */
export function loadConfig(catalogue: Catalogue, path: string | undefined, env: NodeJS.ProcessEnv): Config {
  const base = path === undefined ? {} : readYaml(path);
  const laid = overlayEnvironment(base, env, settingsTree(catalogue));
  const result = configSchema(catalogue).safeParse(laid, { reportInput: false });
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => explain(issue, shapeOf(catalogue), laid));
    throw new AppError(
      'config',
      [`the configuration in ${path ?? 'the environment'} is not valid:`, ...problems].join('\n'),
    );
  }
  return { ...result.data, dataDir: result.data.dataDir ?? defaultDataDir(env) };
}

/** $XDG_STATE_HOME/lapwing, else ~/.local/state/lapwing. */
const defaultDataDir = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'lapwing');

/** Reads a credential from where it stands. The value is never part of an error. */
export function reveal(secret: Secret, env: NodeJS.ProcessEnv): string {
  if (secret.from === 'value') return secret.reference;
  if (secret.from === 'env') {
    const value = env[secret.reference];
    if (value === undefined || value === '')
      throw new AppError(
        'config',
        `environment variable ${secret.reference} is not set, and a credential is read from it`,
      );
    return value;
  }
  try {
    return readFileSync(secret.reference, 'utf8').trimEnd();
  } catch (thrown) {
    throw new AppError('config', `the credential file ${secret.reference} cannot be read: ${messageOf(thrown)}`);
  }
}

function readYaml(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new AppError('config', `the configuration ${path} cannot be read: ${messageOf(thrown)}`);
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100, logLevel: 'error' }) ?? {};
  } catch (thrown) {
    throw new AppError('config', `the configuration ${path} is not YAML: ${yamlProblem(thrown)}`);
  }
  if (typeof value !== 'object' || Array.isArray(value))
    throw new AppError(
      'config',
      `the configuration ${path} must be a mapping of settings, such as in config/default.yaml`,
    );
  return withoutEmpty(value) as Record<string, unknown>;
}

/** A key without a value (`sources:` and nothing beneath) is a setting that was not set. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const set = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(set.map(([key, each]) => [key, withoutEmpty(each)]));
}
