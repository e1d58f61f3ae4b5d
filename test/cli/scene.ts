import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The built program. */
export const main = join(root, 'dist/lapwing.js');

if (!existsSync(main))
  throw new Error('there is no dist/: these tests run the built program, so `npm run build` comes first');

/** A sample log of the repository. */
export const sample = (name: string): string => join(root, 'samples', name);

/** A folder of its own for one test file: files to read, configurations, a data directory. */
export interface Scene {
  readonly folder: string;
  /** Writes a file and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  /** Writes a configuration with a data directory in the scene, and returns its path. */
  config(name: string, settings: object): string;
  remove(): void;
}

export function makeScene(): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'lapwing-cli-'));
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    folder,
    file,
    config: (name, settings) => file(`${name}.yaml`, stringify({ dataDir: join(folder, `data-${name}`), ...settings })),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The documents of NDJSON output; fails on a line that is none. */
export const documents = (stdout: string): readonly AlertDocument[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AlertDocument);

/** The part of an alert document that these tests read. */
export interface AlertDocument {
  readonly '@timestamp': string;
  readonly event: { readonly id: string; readonly reason: string };
  readonly rule: { readonly id: string; readonly category: string };
  readonly user?: { readonly name?: string };
  readonly orchestrator?: { readonly namespace?: string; readonly cluster?: { readonly name: string } };
  readonly lapwing: {
    readonly severity: string;
    readonly first_seen: string;
    readonly exception?: { readonly id: string };
  };
}
