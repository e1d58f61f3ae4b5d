import type { Command } from 'commander';
import { contextOf, replay } from '../app.ts';
import { importInto } from '../app/facts.ts';
import type { Counters } from '../engine/counters.ts';
import type { Engine } from '../engine/engine.ts';
import { AppError } from '../model/index.ts';
import { documentLine } from '../sinks/console-alert.ts';
import type { ExitCode } from './exit-code.ts';
import { complaints } from './facts.ts';
import { checkInputs } from './input-files.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import { writeLines } from './output.ts';
import { Progress, count, plural } from './progress.ts';
import { escapeText } from './terminal.ts';

interface Options {
  readonly config?: string;
  readonly facts?: string;
}

export function replayCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('replay')
    .description('judge log files in one pass and print each alert once, as NDJSON, ordered by first_seen')
    .argument('<file...>', 'audit logs, plain or gzip, in the order given; - is stdin')
    .option('--facts <file>', 'what the cluster held before: output of kubectl get -o json, see `lapwing facts --help`')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing replay /var/log/kubernetes/audit.log
  zcat audit-*.log.gz | lapwing replay - > alerts.ndjson
  lapwing replay audit.log --facts cluster.json
  lapwing replay audit.log | jq -r '[.lapwing.severity, .event.reason] | @tsv'

Nothing else goes to stdout. What cannot be decoded is counted on stderr, and exits 0 all the same.
Exit codes: 0 done, 1 a detector or the reading failed, 2 a file is missing or the configuration is not valid.`,
    )
    .action(async (paths: readonly string[], options: Options) => {
      done(await runReplay(paths, options));
    });
}

async function runReplay(paths: readonly string[], options: Options): Promise<ExitCode> {
  const config = configOf(options.config);
  const { facts } = options;
  checkInputs(facts === undefined ? paths : [...paths, facts]);
  const log = makeLog(config.log.level === 'info' ? 'warn' : config.log.level, 'text');
  const progress = new Progress(paths);
  const { alerts, engine } = await replay(
    config,
    paths,
    contextOf(config, log, process.env),
    (running, found) => progress.update(running, found),
    (fresh) => (facts === undefined ? Promise.resolve() : teach(fresh, config.cluster ?? '', facts)),
  ).finally(() => progress.end());
  await writeLines(process.stdout, alerts, documentLine);
  return report(engine.counters);
}

/** Teaches a new engine what the cluster held. Events of files without a name of their own are of that cluster. */
async function teach(engine: Engine, cluster: string, path: string): Promise<void> {
  const { tally, evicted } = await importInto(engine, cluster, path, () => {});
  const name = path.replaceAll('\n', String.raw`\n`);
  if (tally.taken.size === 0)
    throw new AppError(
      'usage',
      `--facts: ${name} holds no role, binding or pod as \`kubectl get -o json\` prints them`,
    );
  // A dump holds more than what teaches something: that is no news here.
  for (const line of complaints({ ...tally, passed: new Map(), unnamed: 0 }, evicted))
    process.stderr.write(`lapwing: ${escapeText(`${name}: ${line}`)}\n`);
}

/** Reasons that are told one by one. */
const MOST_REASONS = 6;

/** "12 not JSON; 3 aks-klog: another log; and 2 other reasons", the commonest first. */
function reasonsOf(counts: ReadonlyMap<string, number>): string {
  const reasons = [...counts]
    .sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1))
    .map(([reason, times]) => `${count(times)} ${reason.replace(/^unknown: /, '')}`);
  const more = reasons.length > MOST_REASONS ? `; and ${plural(reasons.length - MOST_REASONS, 'other reason')}` : '';
  return `${reasons.slice(0, MOST_REASONS).join('; ')}${more}`;
}

/** Says on stderr what was not judged. */
function report({ events, rejected, rejectedBy, passed, passedBy, cutShort, detectorErrors }: Counters): ExitCode {
  const say = (text: string) => void process.stderr.write(`lapwing: ${escapeText(text)}\n`);
  if (rejected > 0) say(`${plural(rejected, 'piece')} of input could not be decoded: ${reasonsOf(rejectedBy)}`);
  if (passed > 0)
    say(`${plural(passed, 'piece')} of input ${passed === 1 ? 'is' : 'are'} no audit event: ${reasonsOf(passedBy)}`);
  if (cutShort > 0) say(`${plural(cutShort, 'event')} came cut: what stood behind the cut was not judged`);
  if (events === 0)
    say(
      `there was no audit event in the input${rejected + passed > 0 ? ': `lapwing decode` tells what there is' : ''}`,
    );
  if (detectorErrors.size === 0) return 0;
  const which = [...detectorErrors].map(([detector, times]) => `${detector} on ${plural(times, 'event')}`);
  say(`a detector failed (the alerts above are without what it missed): ${which.join(', ')}`);
  return 1;
}
