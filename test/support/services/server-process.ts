import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How a server is run: argv, its own environment, the file its output goes to. */
export interface Program {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
}

/** A running server in a process group of its own, which ends with this process whatever happens to it. */
export interface ServerProcess {
  /** True until it has ended. */
  readonly alive: () => boolean;
  /** Asks it to end, insists after a while; resolves when it is gone. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

// The shell leads the group. Its second child reads a pipe that only this process holds open: the pipe ends when we do, even by
// SIGKILL, and then the whole group goes. SIGTERM is for the server; the shell stays until the server is gone.
const GUARD = `
trap : TERM
exec 3<&0
"$@" 3<&- </dev/null & server=$!
(trap '' TERM; cat <&3 >/dev/null; kill -KILL 0) & 
while kill -0 $server 2>/dev/null; do wait $server; done
`;

/** Starts the program and waits until ready says so; throws with the end of its log where it dies or takes too long. */
export async function startServer(
  program: Program,
  ready: (log: string) => Promise<boolean>,
  withinMs: number,
): Promise<ServerProcess> {
  const output = openSync(program.log, 'a');
  const child = spawn('sh', ['-c', GUARD, 'sh', ...program.argv], {
    detached: true,
    env: program.env,
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  const server = supervise(child);
  const deadline = Date.now() + withinMs;
  for (;;) {
    const log = await readFile(program.log, 'utf8');
    if (server.alive() && (await ready(log).catch(() => false))) return server;
    if (!server.alive() || Date.now() > deadline) {
      await server.kill();
      const state = Date.now() > deadline ? 'was not ready in time' : 'ended while it started';
      throw new Error(`${program.name} ${state}:\n${log.split('\n').slice(-30).join('\n')}`);
    }
    await delay(100);
  }
}

function supervise(child: ChildProcess): ServerProcess {
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true;
      // Lets the watcher end, too.
      child.stdin?.destroy();
      resolve();
    });
    child.once('error', () => {
      ended = true;
      resolve();
    });
  });
  child.stdin?.on('error', () => {});
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // Nobody left in the group.
    }
  };
  const kill = async (): Promise<void> => {
    signal('SIGKILL');
    await gone;
  };
  return {
    alive: () => !ended,
    kill,
    stop: async () => {
      if (ended) return;
      signal('SIGTERM');
      const insist = setTimeout(() => signal('SIGKILL'), 20_000);
      await gone;
      clearTimeout(insist);
    },
  };
}
