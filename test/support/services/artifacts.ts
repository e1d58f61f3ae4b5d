import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Missing } from './missing.ts';

const run = promisify(execFile);
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
/** A download that hangs must not hang the tests. */
const FETCH_MS = 300_000;

const cacheFolder = (): string => process.env['LAPWING_TEST_CACHE'] || join(homedir(), '.cache/lapwing-test');

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * The folder with what the pom names, from the cache (LAPWING_TEST_CACHE, else ~/.cache/lapwing-test) or fetched with mvn:
 * `copy` lays the jars side by side, `unpack` opens the archive. Throws Missing where mvn or the network is not there. Two runs at
 * once do not disturb each other: each fetches into its own folder, the first to finish wins.
 */
export async function fetchArtifacts(
  name: string,
  how: 'copy' | 'unpack',
  arrange: (folder: string, version: string) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const pom = fileURLToPath(new URL(`${name}.pom.xml`, import.meta.url));
  const version = /<artifactId>[^<]+<\/artifactId>\s*<version>([^<]+)</.exec(await readFile(pom, 'utf8'))![1]!;
  const folder = join(cacheFolder(), `${name}-${version}`);
  if (await exists(folder)) return folder;

  const part = `${folder}.${randomUUID()}.part`;
  await mkdir(part, { recursive: true });
  try {
    const only = how === 'unpack' ? [`-DincludeArtifactIds=${name}`, `-DmarkersDirectory=${part}/.markers`] : [];
    await run(
      'mvn',
      [
        '-q',
        '-B',
        '-f',
        pom,
        `${PLUGIN}:${how}-dependencies`,
        '-DincludeScope=runtime',
        `-DoutputDirectory=${part}`,
        ...only,
      ],
      { timeout: FETCH_MS, maxBuffer: 16 * 1024 * 1024 },
    );
    await arrange(part, version);
    await rename(part, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
    return folder;
  } catch (error) {
    throw toMissing(name, version, error);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

function toMissing(name: string, version: string, error: unknown): Error {
  const { code, stdout } = error as { code?: unknown; stdout?: string };
  if (code === 'ENOENT') return new Missing(`no mvn found to fetch ${name} ${version} with`);
  if (stdout === undefined) return error as Error;
  const line = stdout.split('\n').find((each) => each.includes('ERROR')) ?? 'mvn failed or took too long';
  return new Missing(`${name} ${version} could not be fetched: ${line.slice(0, 300)}`);
}
