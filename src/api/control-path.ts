import { join, relative } from 'node:path';

/** What the operating system takes for the address of a socket, in bytes; longer ones are cut without a word. */
const LONGEST = process.platform === 'linux' ? 107 : 103;

/** Where a service with this data directory listens; undefined where no spelling of the path is short enough for a socket. */
export function controlPath(dataDir: string): string | undefined {
  const path = join(dataDir, 'lapwing.sock');
  return [path, relative(process.cwd(), path)].find((each) => Buffer.byteLength(each) <= LONGEST);
}
