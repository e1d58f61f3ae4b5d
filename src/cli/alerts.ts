import { InvalidArgumentError, Option, type Command } from 'commander';
import { catalogue, contextOf } from '../app.ts';
import { AppError, CATEGORIES, SEVERITIES, type AlertQuery } from '../model/index.ts';
import { documentLine, lookOf } from '../sinks/console-alert.ts';
import { openSqlite } from '../store/sqlite.ts';
import type { ExitCode } from './exit-code.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf, parseTime } from './options.ts';
import { writeLines } from './output.ts';
import { count } from './progress.ts';
import { alertTable } from './table.ts';

interface Options {
  readonly config?: string;
  readonly severity?: AlertQuery['severity'];
  readonly category?: AlertQuery['category'];
  readonly detector?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly user?: string;
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly muted: boolean;
  readonly limit: number;
  readonly format?: 'table' | 'ndjson';
}

export function alertsCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('alerts')
    .description('list the alerts that the embedded store holds, newest first')
    .addOption(new Option('-s, --severity <severity>', 'this severity and above').choices(SEVERITIES))
    .addOption(new Option('--category <category>', 'rule category').choices(CATEGORIES))
    .addOption(new Option('--detector <id>', 'detector').choices(catalogue.detectors.map(({ id }) => id)))
    .option('--cluster <name>', 'cluster')
    .option('-n, --namespace <name>', 'namespace')
    .option('-u, --user <name>', 'user or service account, in full')
    .option('--since <time>', 'last seen at or after: 2026-11-21T10:00:00Z, or a span back from now such as 24h')
    .option('--until <time>', 'last seen before')
    .option('--text <text>', 'text within the reason, whatever its case')
    .option('--muted', 'alerts that an exception mutes, instead of the others', false)
    .option('--limit <number>', 'at most so many, up to 10,000', positive, 50)
    .addOption(
      new Option('--format <format>', 'table or ndjson; default: table on a terminal, else ndjson').choices([
        'table',
        'ndjson',
      ]),
    )
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing alerts --severity medium --since 24h
  lapwing alerts --detector secret-reads --namespace payments --format ndjson | jq .user.name
  lapwing alerts --since 2026-11-21T10:00:00Z --until 2026-11-21T11:00:00Z --limit 1000

  lapwing alerts --muted --since 7d

What an exception of the configuration mutes is listed with --muted only.
Reads the data directory of the configuration; Lapwing may be running meanwhile.`,
    )
    .action(async (options: Options) => {
      await listAlerts(options);
      done(0);
    });
}

async function listAlerts(options: Options): Promise<void> {
  const config = configOf(options.config);
  if (config.store['type'] === 'memory')
    throw new AppError(
      'usage',
      'store.type is memory: its alerts live in the running process only; `lapwing alerts` needs store.type sqlite',
    );
  const context = contextOf(config, makeLog('warn', 'text'), process.env);
  const { severity, category, detector, cluster, namespace, user, since, until, text, muted, limit } = options;
  const given = { severity, category, detector, cluster, namespace, user, text, muted, limit };
  const query: AlertQuery = {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(since !== undefined && { since: parseTime(since, '--since', context.now()) }),
    ...(until !== undefined && { until: parseTime(until, '--until', context.now()) }),
  };
  const retention = { age: 0, bytes: 0 };
  const store = openSqlite({ path: config.dataDir, readOnly: true, log: context.log, retention });
  try {
    const { alerts, next } = store.alerts(query);
    const format = options.format ?? (process.stdout.isTTY ? 'table' : 'ndjson');
    if (format === 'ndjson') await writeLines(process.stdout, alerts, documentLine);
    else if (alerts.length > 0)
      await writeLines(process.stdout, [alertTable(alerts, lookOf(process.stdout, process.env))], String);
    if (alerts.length === 0) process.stderr.write('No alert matches.\n');
    if (next !== undefined)
      process.stderr.write(`There are more than the ${count(limit)} shown: raise --limit or narrow the time.\n`);
  } finally {
    store.close();
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('must be a whole number from 1 to 10,000.');
  return value;
}
