import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Missing } from './missing.ts';

const run = promisify(execFile);
const FOLDERS = ['/usr/lib/jvm', '/usr/java', '/opt/java', '/Library/Java/JavaVirtualMachines'];

/** The feature version of a JDK's home (17, 21 …), undefined where there is no working java. */
async function versionOf(home: string): Promise<number | undefined> {
  try {
    const { stderr } = await run(join(home, 'bin/java'), ['-XshowSettings:properties', '-version'], {
      env: { ...process.env, JAVA_TOOL_OPTIONS: '' },
    });
    const found = /java\.specification\.version = (\d+)/.exec(stderr);
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

async function homes(): Promise<string[]> {
  const named = Object.entries(process.env)
    .filter(([name, value]) => /^JAVA_HOME(_\d+_\w+)?$/.test(name) && value)
    .map(([, value]) => value!);
  const installed: string[] = [];
  for (const folder of FOLDERS) {
    const entries = await readdir(folder).catch(() => []);
    for (const entry of entries.sort()) installed.push(join(folder, entry), join(folder, entry, 'Contents/Home'));
  }
  const onPath = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, '..'));
  return [...new Set([...named, ...installed, ...onPath])];
}

/** Home of the oldest installed JDK that is at least this version; throws Missing where there is none. */
export async function findJava(least: number): Promise<string> {
  const found = await Promise.all((await homes()).map(async (home) => ({ home, version: await versionOf(home) })));
  const fit = found
    .filter((each) => each.version !== undefined && each.version >= least)
    .sort((a, b) => a.version! - b.version!)[0];
  if (fit) return fit.home;
  throw new Missing(`no Java ${least} or later found (looked at JAVA_HOME, PATH and ${FOLDERS[0]})`);
}
