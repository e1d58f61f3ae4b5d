import type { Command } from 'commander';
import { contextOf, controlOf } from '../app.ts';
import { backfill, type Backfilled } from '../app/backfill.ts';
import { blindClusters, clusterToFill, openBeside, stateOf, type BackfillState } from '../app/backfill-state.ts';
import type { Config } from '../config/load.ts';
import { addSpan, isFillable, uncovered, type BlindPeriod } from '../engine/blind-period.ts';
import type { Counters } from '../engine/counters.ts';
import { AppError, formatTime, lasting, MINUTE, type Context } from '../model/index.ts';
import type { ExitCode } from './exit-code.ts';
import { checkInputs } from './input-files.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import { writeLines } from './output.ts';
import { count, plural, Progress } from './progress.ts';
import { escapeText } from './terminal.ts';

interface Options {
  readonly config?: string;
  readonly cluster?: string;
  readonly list?: true;
}

export function backfillCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('backfill')
    .description('fill blind periods of the running service from the log files of the API server')
    .argument('[file...]', 'audit logs, plain or gzip, in any order; - is stdin')
    .option('--cluster <name>', 'cluster the logs are of; default: the only one with blind periods')
    .option('--list', 'show the blind periods and how much of each is filled, and do nothing')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing backfill --list
  lapwing backfill /var/log/kubernetes/audit.log --config lapwing.yaml
  lapwing backfill audit-*.log.gz audit.log --cluster prod-eu-1

An API server that cannot reach its webhook for more than about 90 seconds throws events away: that is a blind period. Of the logs,
what lies in one, ten minutes either side, is judged unless the service holds it already; the rest is counted. Give the logs of
all API servers of a cluster together. Running it twice changes nothing; when it breaks off, run it again.
Exit codes: 0 done, 1 no service, or it failed, 2 wrong usage.`,
    )
    .action(async (paths: readonly string[], options: Options) => done(await run(paths, options)));
}

async function run(paths: readonly string[], options: Options): Promise<ExitCode> {
  const config = configOf(options.config);
  if (config.store['type'] === 'memory')
    throw new AppError('usage', 'store.type is memory: such a service takes no webhook and has no blind periods');
  if (paths.length > 0 === (options.list === true))
    throw new AppError('usage', 'name the log files to fill from, or --list to see the blind periods');
  checkInputs(paths);
  const context = contextOf(config, makeLog('warn', 'text'), process.env);
  if (options.list === true) return list(config, context, options.cluster);
  const client = controlOf(config);
  if (!(await client.isServed())) throw new AppError('store', NO_SERVICE(config.dataDir));
  const found = whatToFill(config, context, options.cluster);
  if (found === undefined) return say(['Nothing to fill: no blind period is recorded.']);
  const { cluster, state } = found;
  const progress = new Progress(paths);
  const isCertain = options.cluster !== undefined;
  const onRead = (engine: Parameters<Progress['update']>[0]): void => progress.update(engine, 0);
  const result = await backfill({ config, context, client, cluster, isCertain, state, paths, onRead }).finally(() =>
    progress.end(),
  );
  await say(summaryOf(cluster, paths.length, result));
  return complain(result.counters);
}

const NO_SERVICE = (dataDir: string): string =>
  `no service runs on ${dataDir} that takes commands: start \`lapwing run\`, then run this again. ` +
  '(`lapwing replay FILE` judges a log without a service.)';

function whatToFill(
  config: Config,
  context: Context,
  asked: string | undefined,
): { readonly cluster: string; readonly state: BackfillState } | undefined {
  const store = openBeside(config, context);
  try {
    return store.snapshot(() => {
      const clusters = blindClusters(store);
      const cluster = clusterToFill(clusters, asked);
      return cluster === undefined ? undefined : { cluster, state: stateOf(store, cluster, clusters.get(cluster)!) };
    });
  } finally {
    store.close();
  }
}

async function list(config: Config, context: Context, asked: string | undefined): Promise<ExitCode> {
  const store = openBeside(config, context);
  try {
    const clusters = blindClusters(store);
    if (asked !== undefined) clusterToFill(clusters, asked);
    const lines = [...clusters].flatMap(([name, { periods }]) =>
      asked === undefined || asked === name ? periods.map((each) => `${labelOf(name)}${told(each)}`) : [],
    );
    return say(lines.length > 0 ? lines : ['No blind period is recorded.']);
  } finally {
    store.close();
  }
}

const labelOf = (cluster: string): string => (cluster === '' ? '' : `${cluster}  `);

/** "2026-11-21T10:00:00Z to 2026-11-21T10:42:10Z (42 min, Lapwing did not run): 80 % filled". */
function told(period: BlindPeriod): string {
  const { from, to, cause } = period;
  const at = (time: number): string => formatTime(time).replace(/\.\d+Z$/, 'Z');
  const why = cause === 'away' ? 'Lapwing did not run' : 'its store could not be written';
  return `${at(from)} to ${at(to)} (${lasting(to - from)}, ${why}): ${shareOf(period)}`;
}

function shareOf(period: BlindPeriod): string {
  const left = uncovered(period);
  if (left === 0) return 'filled';
  if (!isFillable(period)) return 'too long ago to be filled';
  const share = Math.floor((1 - left / (period.to - period.from)) * 100);
  return share === 0 && period.covered.length === 0 ? 'not filled' : `${share} % filled`;
}

function summaryOf(cluster: string, files: number, result: Backfilled): readonly string[] {
  const { tally, reached, created, updated, isSealed } = result;
  const whose = cluster === '' ? '' : ` of cluster ${cluster}`;
  const held = tally.elsewhere + tally.held;
  const after = reached.map(({ period, spans }) => ({
    ...period,
    covered: spans.reduce<BlindPeriod['covered']>((all, span) => addSpan(all, span), period.covered),
  }));
  return [
    `Read ${plural(tally.read, 'event')}${whose} from ${plural(files, 'file')}: ${count(held)} held already` +
      ` (${count(tally.elsewhere)} of them far from any blind period), ${count(tally.judged)} judged.`,
    ...(after.length === 0 ? ['They reach into no blind period.'] : after.map((each) => `  ${told(each)}`)),
    `Alerts: ${count(created)} new, ${count(updated)} updated.`,
    ...(tally.recent > 0
      ? [`${plural(tally.recent, 'event')} of the last ${lasting(5 * MINUTE)} may still come: run this again then.`]
      : []),
    ...(tally.foreign > 0 ? [`${plural(tally.foreign, 'event')} of other clusters, by what the logs say.`] : []),
    ...(isSealed
      ? ['So many cannot be remembered one by one: what other logs hold of the same time counts as held from now on.']
      : []),
  ];
}

async function say(lines: readonly string[]): Promise<ExitCode> {
  await writeLines(process.stdout, lines, (line) => escapeText(line));
  return 0;
}

/** Says on stderr what was not judged. */
function complain({ rejected, rejectedBy, detectorErrors }: Counters): ExitCode {
  const tell = (text: string): void => void process.stderr.write(`lapwing: ${escapeText(text)}\n`);
  if (rejected > 0) {
    const [first] = [...rejectedBy].sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1));
    tell(
      `${plural(rejected, 'piece')} of input could not be decoded; most often: ${first![0].replace(/^unknown: /, '')}`,
    );
  }
  for (const [detector, times] of detectorErrors) tell(`detector ${detector} failed on ${plural(times, 'event')}`);
  return detectorErrors.size > 0 ? 1 : 0;
}
