import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { AppError, messageOf, type Secret } from '../model/index.ts';
import { overlayEnvironment } from './env.ts';
import { settingsTree } from './reference.ts';
import { configSchema, type Catalogue, type Settings } from './schema.ts';

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
    const where = path ?? 'the environment';
    throw new AppError('config', [`the configuration in ${where} is not valid:`, ...result.error.issues.flatMap(explain)].join('\n'));
  }
  return { ...result.data, dataDir: result.data.dataDir ?? defaultDataDir(env) };
}

/** $XDG_STATE_HOME/lapwing, else ~/.local/state/lapwing. */
export const defaultDataDir = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'lapwing');

/** Reads a credential from where it stands. The value is never part of an error. */
export function reveal(secret: Secret, env: NodeJS.ProcessEnv): string {
  if (secret.from === 'value') return secret.reference;
  if (secret.from === 'env') {
    const value = env[secret.reference];
    if (value === undefined || value === '') throw new AppError('config', `environment variable ${secret.reference} is not set, and a credential is read from it`);
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
    value = parse(text, { maxAliasCount: 100 }) ?? {};
  } catch (thrown) {
    throw new AppError('config', `the configuration ${path} is not YAML: ${messageOf(thrown)}`);
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw new AppError('config', `the configuration ${path} must be a mapping of keys`);
  return value as Record<string, unknown>;
}

/** One problem in one line: the path, what is wrong, what is allowed. */
function explain(issue: z.core.$ZodIssue): readonly string[] {
  const path = issue.path.length === 0 ? '(top)' : issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `  ${path === '(top)' ? '' : `${path}.`}${key}: no such setting`);
  if (issue.code === 'invalid_value') return [`  ${path}: must be one of ${issue.values.map(String).join(', ')}`];
  return [`  ${path}: ${issue.message}`];
}
