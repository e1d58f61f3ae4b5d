import closeWithGrace from 'close-with-grace';
import type { Command } from 'commander';
import { Service, contextOf } from '../app.ts';
import { VERSION } from '../model/index.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import type { ExitCode } from './exit-code.ts';

/** A stop that takes longer than this is cut short; the API server's patience is far longer. */
const STOP_MS = 15_000;

export function runCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('run')
    .description('run the service: read the sources, keep alerts, deliver them')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing run --config /etc/lapwing/lapwing.yaml
  LAPWING_SOURCES_AUDIT_TYPE=file LAPWING_SOURCES_AUDIT_PATHS='[/var/log/kubernetes/audit.log]' \\
    LAPWING_SOURCES_AUDIT_FOLLOW=true LAPWING_SINKS_OUT_TYPE=console lapwing run

SIGTERM and SIGINT stop it cleanly. A run over files that are not followed ends by itself.`,
    )
    .action(async (options: { config?: string }) => {
      await runService(options.config);
      done(0);
    });
}

async function runService(path: string | undefined): Promise<void> {
  const config = configOf(path);
  const log = makeLog(config.log.level, config.log.format);
  const stop = new AbortController();
  const service = await Service.open(config, contextOf(config, log, process.env));
  log.info(
    {
      version: VERSION,
      dataDir: config.dataDir,
      sources: Object.keys(config.sources),
      sinks: Object.keys(config.sinks),
    },
    'lapwing starts',
  );
  const running = service.run(stop.signal);
  const grace = closeWithGrace({ delay: STOP_MS, logger: false }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'an error that nothing caught: stopping');
    if (signal) log.info({ signal }, 'stopping');
    stop.abort();
    await running.catch(() => undefined);
  });
  try {
    await running;
    const { events, rejected, passed } = service.engine.counters;
    log.info({ events, rejected, passed }, 'lapwing has stopped');
  } finally {
    grace.uninstall();
  }
}
