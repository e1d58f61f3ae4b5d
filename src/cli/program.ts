import { Command, CommanderError } from 'commander';
import { AppError, VERSION, messageOf } from '../model/index.ts';
import { alertsCommand } from './alerts.ts';
import { backfillCommand } from './backfill.ts';
import { checkCommand } from './check.ts';
import { decodeCommand } from './decode.ts';
import { demoCommand } from './demo.ts';
import { factsCommand } from './facts.ts';
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
  // A reader that left (`| head`) is told by the write that fails; as an event it would end the process with a stack trace.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const program = new Command('lapwing')
    .description(
      'Reads Kubernetes API audit logs as they happen and tells who did what, to what, and why it is unusual.',
    )
    .version(VERSION)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .configureOutput({
      outputError: (text, write) => write(`lapwing: ${escapeText(text.replace(/^error: /, ''), true)}`),
    })
    .addHelpText('after', EXAMPLES);
  for (const add of [
    runCommand,
    replayCommand,
    alertsCommand,
    factsCommand,
    backfillCommand,
    decodeCommand,
    checkCommand,
    demoCommand,
  ])
    add(program, done);
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    command.showHelpAfterError(`\`${nameOf(command)} --help\` shows what there is.`);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    if (isReaderGone(thrown)) return 0;
    const isWrong = thrown instanceof AppError && (thrown.code === 'config' || thrown.code === 'usage');
    process.stderr.write(`lapwing: ${escapeText(messageOf(thrown), isWrong)}\n`);
    return isWrong ? 2 : 1;
  }
}

const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Whoever read our output has seen enough. */
const isReaderGone = (thrown: unknown): boolean =>
  thrown instanceof AppError && (thrown.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';

const EXAMPLES = `
Examples:
  lapwing demo                                      see it work on a real log with an attack in it
  lapwing replay audit.log audit-2026.log.gz        judge log files; alerts as NDJSON on stdout
  lapwing decode audit.log                          is it an audit log, and what is wrong with it?
  lapwing check --config lapwing.yaml               is this configuration right?
  lapwing run --config lapwing.yaml                 run the service
  lapwing facts import cluster.json                 teach it the roles, bindings and pods that are there already
  lapwing backfill audit.log                        fill what the service missed while it was down
  lapwing alerts --severity medium --since 24h      what an analyst should look at

Exit codes: 0 done, 1 failed at run time (for check: findings), 2 wrong usage or configuration.`;
