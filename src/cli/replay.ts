import type { Command } from 'commander';
import { contextOf, replay } from '../app.ts';
import { toDocument } from '../model/index.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import { writeLines } from './output.ts';
import { Progress, count } from './progress.ts';
import type { ExitCode } from './exit-code.ts';

export function replayCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('replay')
    .description('judge log files in one pass and print each alert once, as NDJSON, ordered by first_seen')
    .argument('<file...>', 'audit logs, plain or gzip, in the order given; - is stdin')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing replay /var/log/kubernetes/audit.log
  zcat audit-*.log.gz | lapwing replay - > alerts.ndjson
  lapwing replay audit.log | jq -r '[.lapwing.severity, .event.reason] | @tsv'

Nothing else goes to stdout. Lines that cannot be decoded are counted on stderr. Exit code 1 where a detector failed.`,
    )
    .action(async (paths: readonly string[], options: { config?: string }) => {
      done(await runReplay(paths, options.config));
    });
}

async function runReplay(paths: readonly string[], configPath: string | undefined): Promise<ExitCode> {
  const config = configOf(configPath);
  const log = makeLog(config.log.level === 'info' ? 'warn' : config.log.level, process.stderr.isTTY ? 'text' : config.log.format);
  const progress = new Progress(paths);
  const { alerts, engine } = await replay(config, paths, contextOf(config, log, process.env), (running, found) => progress.update(running, found));
  progress.end();
  await writeLines(process.stdout, alerts, (alert) => JSON.stringify(toDocument(alert)));
  const { counters } = engine;
  if (counters.rejected > 0) {
    const reasons = [...counters.rejectedBy].map(([reason, times]) => `${count(times)} ${reason}`);
    process.stderr.write(`lapwing: ${count(counters.rejected)} pieces of input could not be decoded: ${reasons.join('; ')}\n`);
  }
  if (counters.detectorErrors.size > 0) {
    const which = [...counters.detectorErrors].map(([detector, times]) => `${detector} on ${count(times)} events`);
    process.stderr.write(`lapwing: a detector failed (the alerts above are without what it missed): ${which.join(', ')}\n`);
    return 1;
  }
  return 0;
}
