import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const main = join(import.meta.dirname, '..', '..', 'dist', 'lapwing.js');

/** What a finished command said. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end. */
export async function lapwing(
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Said> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...cleanEnv(), ...options.env }, stdio: 'pipe' });
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** A running service, its output gathered. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Sends the signal and waits for the end; the exit code, or null after a kill. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts `lapwing run`; resolves once it says that it starts. */
export async function start(config: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child = spawn(process.execPath, [main, 'run', '--config', config], {
    env: { ...cleanEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const ended = once(child, 'close') as Promise<[number | null]>;
  const running: Running = {
    child,
    stdout,
    stderr,
    async stop(signal) {
      child.kill(signal);
      return (await ended)[0];
    },
  };
  while (!stderr.join('').includes('lapwing starts')) {
    await Promise.race([once(child.stderr, 'data'), ended]);
    if (child.exitCode !== null) throw new Error(`lapwing ended with ${child.exitCode}: ${stderr.join('')}`);
  }
  return running;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function gather(stream: NodeJS.ReadableStream): string[] {
  const parts: string[] = [];
  stream.setEncoding('utf8').on('data', (part: string) => parts.push(part));
  return parts;
}

/** The environment without settings of a Lapwing that happens to run here. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LAPWING_')));
