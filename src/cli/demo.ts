import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { catalogue, contextOf, engineOf, makeOne } from '../app.ts';
import type { Config } from '../config/load.ts';
import type { Engine } from '../engine/engine.ts';
import { compareSeverity, type Alert, type Context, type Sink } from '../model/index.ts';
import { Delivery } from '../pipeline/deliver.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { lookOf } from '../sinks/console-alert.ts';
import { openStore } from '../store/open.ts';
import type { ExitCode } from './exit-code.ts';
import { makeLog } from './log.ts';
import { configOf } from './options.ts';
import { writeLines } from './output.ts';
import { Progress, count, plural } from './progress.ts';
import { alertTable } from './table.ts';

export function demoCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('demo')
    .description('judge a real audit log, ordinary work with an attack in it, through the whole line')
    .option('--keep', 'keep the data directory, to try `lapwing alerts` on it')
    .addHelpText('after', '\nExamples:\n  lapwing demo\n  lapwing demo --keep')
    .action(async (options: { keep?: boolean }) => {
      await demo(options.keep ?? false);
      done(0);
    });
}

/** The log of the demo, in the package and in a checkout alike, wherever the program was built to. */
const LOG = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'samples', 'demo')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'samples', 'demo', 'audit.ndjson');
})();
/** Lines that the table gives to one alert. */
const LINES = 2;

async function demo(keep: boolean): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'lapwing-demo-'));
  try {
    const config = { ...configOf(undefined), dataDir };
    const context = contextOf(config, makeLog('warn', 'text'), process.env);
    await say(INTRODUCTION);
    const { alerts, engine, milliseconds } = await wholeLine(config, context);
    const grave = alerts.filter(({ severity }) => compareSeverity(severity, 'medium') >= 0).length;
    await say([
      'All alerts, the gravest first:',
      '',
      alertTable(alerts, lookOf(process.stdout, process.env), LINES),
      '',
      `${plural(engine.counters.events, 'event')} in ${count(Math.round(milliseconds))} ms: ` +
        `${plural(grave, 'alert')} to look at (medium and up), ${count(alerts.length - grave)} worth keeping.`,
      '',
      'Where to look next',
      ...(keep
        ? [`  LAPWING_DATA_DIR=${dataDir} npx lapwing alerts --severity high`, `  rm -r ${dataDir}`]
        : ['  npx lapwing demo --keep             keep the store, and query it with `lapwing alerts`']),
      '  npx lapwing replay YOUR-AUDIT.log   the same engine on a log of yours, alerts as JSON lines',
      '  npx lapwing run --help              the service: webhook, Kafka and files in, Elasticsearch out',
      '  docs/detections.md                  what each alert means and what to do',
    ]);
  } finally {
    if (!keep) rmSync(dataDir, { recursive: true, force: true });
  }
}

const INTRODUCTION = [
  'The audit log of a real API server: developers, a CI pipeline and controllers at work, and intruders.',
  'file → engine → embedded store → outbox → console',
  '',
];

const say = (lines: readonly string[]): Promise<void> => writeLines(process.stdout, lines, String);

/** Source, engine, store, outbox and sink as in the service, in one pass; the alerts come gravest first. */
async function wholeLine(
  config: Config,
  context: Context,
): Promise<{ alerts: readonly Alert[]; engine: Engine; milliseconds: number }> {
  const { log, now } = context;
  const store = openStore({ ...config.store, type: 'sqlite' } as never, context);
  try {
    const sink = makeOne(catalogue.sinks, 'console', { format: 'human' }, context);
    store.subscribe([sink.name]);
    const engine = engineOf(config, Buffer.alloc(16), 0, log);
    const progress = new Progress([LOG]);
    const found = new Map<string, Alert>();
    const began = performance.now();
    const pipeline = new Pipeline({
      engine,
      store,
      sources: [makeOne(catalogue.sources, 'file', { paths: [LOG] }, context)],
      log,
      ticks: false,
      onAlerts: (alerts) => {
        for (const alert of alerts) found.set(alert.id, alert);
      },
      onCommit: () => progress.update(engine, found.size),
    });
    const signal = new AbortController().signal;
    await pipeline.run(new Map(), signal).finally(() => progress.end());
    const milliseconds = performance.now() - began;
    const alerts = [...found.values()].sort(
      (a, b) => compareSeverity(b.severity, a.severity) || a.firstSeen - b.firstSeen,
    );
    await say(['The gravest alert of each detector, as the console sink prints it:', '']);
    await new Delivery({ store, sink: only(sink, gravest(alerts)), log, now }).drain(signal);
    await sink.close();
    return { alerts, engine, milliseconds };
  } finally {
    store.close();
  }
}

/** The ids of the first alert of each detector; of what is worth a look only. */
function gravest(alerts: readonly Alert[]): ReadonlySet<string> {
  const byDetector = new Map<string, string>();
  for (const { rule, id, severity } of alerts)
    if (compareSeverity(severity, 'medium') >= 0 && !byDetector.has(rule.id)) byDetector.set(rule.id, id);
  return new Set(byDetector.values());
}

/** A sink that takes every alert and passes on those: a page of them says more than ten. */
const only = (sink: Sink, ids: ReadonlySet<string>): Sink => ({
  name: sink.name,
  write: (alerts, signal) =>
    sink.write(
      alerts.filter(({ id }) => ids.has(id)),
      signal,
    ),
  close: () => sink.close(),
});
