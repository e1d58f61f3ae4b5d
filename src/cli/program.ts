import { Command, CommanderError } from 'commander';
import { AppError, VERSION, messageOf } from '../model/index.ts';
import { alertsCommand } from './alerts.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { replayCommand } from './replay.ts';
import type { ExitCode } from './exit-code.ts';
import { runCommand } from './run.ts';
import { escapeText } from './terminal.ts';

/** Runs one command line and returns its exit code; never throws. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  const done = (result: ExitCode) => {
    code = result;
  };
  const program = new Command('lapwing')
    .description('Reads Kubernetes API audit logs as they happen and tells who did what, to what, and why it is unusual.')
    .version(VERSION)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', EXAMPLES);
  for (const add of [runCommand, replayCommand, alertsCommand, checkCommand, demoCommand]) add(program, done);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    process.stderr.write(`lapwing: ${escapeText(messageOf(thrown), true)}\n`);
    return thrown instanceof AppError && (thrown.code === 'config' || thrown.code === 'usage') ? 2 : 1;
  }
}

const EXAMPLES = `
Examples:
  lapwing demo                                      see it work on a real log with an attack in it
  lapwing replay audit.log audit-2026.log.gz        judge log files; alerts as NDJSON on stdout
  lapwing check --config lapwing.yaml               is this configuration right?
  lapwing run --config lapwing.yaml                 run the service
  lapwing alerts --severity medium --since 24h      what an analyst should look at

Exit codes: 0 done, 1 failed at run time (for check: findings), 2 wrong usage or configuration.`;
