import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { catalogue, contextOf, enabledDetectors } from '../app.ts';
import type { Config } from '../config/load.ts';
import { HITS_SPACE } from '../engine/exceptions.ts';
import { AppError, formatDuration, messageOf, type Context, type Sink, type Source } from '../model/index.ts';
import { lookOf } from '../sinks/console-alert.ts';
import { escapeControls, wrapText } from '../sinks/console-text.ts';
import { openSqlite, type SqliteStore } from '../store/sqlite.ts';
import { reportExceptions, type ExceptionReport } from './exception-report.ts';
import type { ExitCode } from './exit-code.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import { writeLines } from './output.ts';
import { plural } from './progress.ts';

export function checkCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('check')
    .description('validate the configuration, the detectors and the exceptions, without touching the network')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing check --config lapwing.yaml
  LAPWING_CONFIG=lapwing.yaml lapwing check

Run it where Lapwing will run: credentials and certificates are looked up as well, and the store, where there is
one, says which exceptions are never hit. Lapwing may be running meanwhile.
Exit codes: 0 right, 1 findings, 2 the configuration is not valid.`,
    )
    .action(async (options: { config?: string }) => {
      const config = configOf(options.config);
      await tryParts(config);
      const exceptions = judgeExceptions(config);
      const findings = [...findingsOf(config), ...exceptions.findings];
      const summary = summaryOf(config, lookOf(process.stdout, process.env).width);
      const lines = [...summary, ...exceptions.summary, '', ...notesOf(config), ...exceptions.notes];
      const verdict = findings.length === 0 ? 'The configuration is right.' : `${plural(findings.length, 'finding')}.`;
      await writeLines(process.stdout, [...lines, ...findings.map((each) => `finding: ${each}`), verdict], String);
      done(findings.length === 0 ? 0 : 1);
    });
}

/** Makes every source and sink, and starts none. Throws AppError `config` with all that cannot be made. */
async function tryParts(config: Config): Promise<void> {
  const context = contextOf(config, makeLog('error', 'text'), process.env);
  const problems = [
    ...(await tryEach('sources', catalogue.sources, config.sources, context)),
    ...(await tryEach('sinks', catalogue.sinks, config.sinks, context)),
  ];
  if (problems.length > 0) throw new AppError('config', ['the configuration cannot work:', ...problems].join('\n'));
}

async function tryEach(
  kind: string,
  specs: readonly { type: string; create(name: string, settings: never, context: Context): Source | Sink }[],
  parts: Config['sources'],
  context: Context,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [name, { type, ...settings }] of Object.entries(parts))
    try {
      await specs
        .find((spec) => spec.type === type)!
        .create(name, settings as never, context)
        .close();
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'config') throw thrown;
      const message = messageOf(thrown);
      problems.push(`  ${kind}.${name}: ${message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message}`);
    }
  return problems;
}

function summaryOf(config: Config, width: number): readonly string[] {
  const list = (parts: Config['sources']) =>
    Object.entries(parts)
      .map(([name, { type }]) => `${name} (${String(type)})`)
      .join(', ') || 'none';
  const detectors = enabledDetectors(config);
  const line = (label: string, text: string) => `${label.padEnd(16)}${escapeControls(text)}`;
  return [
    line('data directory', config.dataDir),
    line('store', String(config.store['type'])),
    line('cluster', config.cluster ?? '(none: alerts carry no cluster name)'),
    line('sources', list(config.sources)),
    line('sinks', list(config.sinks)),
    line('detectors', `${detectors.length} of ${catalogue.detectors.length} on; what each needs of the audit policy:`),
    ...detectors.flatMap(({ detector, quiet }) => [
      `  ${detector.id} (version ${detector.version}, quiet ${formatDuration(quiet)})`,
      ...wrapText(detector.needs, width - 4).map((each) => `    ${each}`),
    ]),
  ];
}

/** What there is to say of exceptions, with the hits that the store of the data directory counts. */
function judgeExceptions(config: Config): ExceptionReport {
  const { exceptions, dataDir } = config;
  if (exceptions.length === 0) return { summary: [], notes: [], findings: [] };
  const context = contextOf(config, makeLog('error', 'text'), process.env);
  let store: SqliteStore | undefined;
  const notes: string[] = [];
  try {
    if (!isMemory(config) && existsSync(join(dataDir, 'lapwing.db')))
      store = openSqlite({ path: dataDir, readOnly: true, log: context.log, retention: { age: 0, bytes: 0 } });
  } catch (thrown) {
    notes.push(`the store cannot be read: ${messageOf(thrown)}`);
  }
  try {
    const opened = store;
    const report = reportExceptions(exceptions, opened && ((id) => opened.row(HITS_SPACE, id)), context.now());
    return {
      summary: [
        `${'exceptions'.padEnd(16)}${exceptions.length}`,
        ...report.summary.map((each) => `  ${escapeControls(each)}`),
      ],
      notes: [...notes, ...report.notes].map((each) => `note: ${escapeControls(each)}`),
      findings: report.findings.map(escapeControls),
    };
  } finally {
    store?.close();
  }
}

const isMemory = (config: Config) => config.store['type'] === 'memory';

/** What is valid and yet cannot be meant. */
function findingsOf(config: Config): readonly string[] {
  const findings: string[] = [];
  const webhook = Object.values(config.sources).some((source) => source['type'] === 'webhook');
  if (isMemory(config) && webhook)
    findings.push(
      'a webhook source needs store.type sqlite: `lapwing run` refuses to acknowledge what a crash would lose',
    );
  if (enabledDetectors(config).length === 0) findings.push('every detector is switched off: nothing would be found');
  return findings;
}

/** What a reader should know. */
function notesOf(config: Config): readonly string[] {
  const notes: string[] = [];
  if (Object.keys(config.sources).length === 0)
    notes.push('no source yet: `lapwing run` needs one under `sources`; `lapwing replay` does not');
  if (Object.keys(config.sinks).length === 0)
    notes.push('no sink: alerts stay in the embedded store, where `lapwing alerts` shows them');
  if (isMemory(config)) notes.push('store.type memory: alerts and positions are gone after a restart');
  return notes.map((each) => `note: ${each}`);
}
