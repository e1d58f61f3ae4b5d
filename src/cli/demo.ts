import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { catalogue, contextOf, engineOf, makeOne } from '../app.ts';
import { compareSeverity, type Alert } from '../model/index.ts';
import { Delivery } from '../pipeline/deliver.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { openStore } from '../store/open.ts';
import type { ExitCode } from './exit-code.ts';
import { makeLog } from './log.ts';
import { configOf } from './options.ts';
import { Progress, count } from './progress.ts';
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

/** The log of the demo, in the package and in a checkout alike. */
const LOG = fileURLToPath(new URL('../../../samples/demo/audit.ndjson', import.meta.url));

async function demo(keep: boolean): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'lapwing-demo-'));
  const out = (text: string) => void process.stdout.write(`${text}\n`);
  try {
    const config = { ...configOf(undefined), dataDir };
    const log = makeLog('warn', 'text');
    const context = contextOf(config, log, process.env);
    const store = openStore({ ...config.store, type: 'sqlite' } as never, context);
    const source = makeOne(catalogue.sources, 'file', { paths: [LOG] }, context);
    const sink = makeOne(catalogue.sinks, 'console', { format: 'human' }, context);
    store.subscribe([sink.name]);
    const engine = engineOf(config, Buffer.alloc(16), log);
    const progress = new Progress([LOG]);
    const found = new Map<string, Alert>();
    const began = performance.now();
    out('A real API server’s audit log: developers, a CI pipeline and controllers at work, and an intruder.');
    out('file → engine → embedded store → outbox → console\n');
    const pipeline = new Pipeline({
      engine,
      store,
      sources: [source],
      log,
      ticks: false,
      onAlerts: (alerts) => {
        for (const alert of alerts) found.set(alert.id, alert);
      },
      onCommit: () => progress.update(engine, found.size),
    });
    await pipeline.run(new Map(), new AbortController().signal);
    const milliseconds = performance.now() - began;
    progress.end();
    await new Delivery({ store, sink, log, now: context.now }).drain(new AbortController().signal);
    await sink.close();
    store.close();
    const alerts = [...found.values()].sort((a, b) => compareSeverity(b.severity, a.severity) || a.firstSeen - b.firstSeen);
    const grave = alerts.filter(({ severity }) => compareSeverity(severity, 'medium') >= 0).length;
    const { events } = engine.counters;
    out(`\n${alertTable(alerts, process.stdout.columns ?? 120)}\n`);
    out(`${count(events)} events in ${Math.round(milliseconds)} ms: ${grave} alert${grave === 1 ? '' : 's'} to look at, ${alerts.length - grave} worth keeping.`);
    out('\nWhere to look next');
    if (keep) out(`  LAPWING_DATA_DIR=${dataDir} npx lapwing alerts --severity medium`);
    else out('  npx lapwing demo --keep                           keep the store, and query it with `lapwing alerts`');
    out('  npx lapwing replay YOUR-AUDIT.log                 the same engine on a log of yours');
    out('  npx lapwing run --help                            the service: webhook, Kafka, files; Elasticsearch');
    out('  docs/detections.md                                what each alert means and what to do');
  } finally {
    if (!keep) rmSync(dataDir, { recursive: true, force: true });
  }
}
