import type { Command } from 'commander';
import { catalogue, enabledDetectors } from '../app.ts';
import { formatDuration } from '../model/index.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import type { ExitCode } from './exit-code.ts';

export function checkCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('check')
    .description('validate the configuration and the detectors')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  lapwing check --config lapwing.yaml
  LAPWING_CONFIG=lapwing.yaml lapwing check

Exit codes: 0 right, 1 findings, 2 the configuration is not valid.`,
    )
    .action((options: { config?: string }) => {
      const config = configOf(options.config);
      const findings = findingsOf(config);
      const list = (parts: Readonly<Record<string, Record<string, unknown>>>) =>
        Object.entries(parts).map(([name, { type }]) => `${name} (${String(type)})`).join(', ') || 'none';
      const lines = [
        `data directory  ${config.dataDir}`,
        `store           ${String(config.store['type'])}`,
        `cluster         ${config.cluster ?? '(none: alerts carry no cluster name)'}`,
        `sources         ${list(config.sources)}`,
        `sinks           ${list(config.sinks)}`,
        `detectors       ${enabledDetectors(config).length} of ${catalogue.detectors.length} on`,
        ...enabledDetectors(config).map(({ detector, quiet }) => `                ${detector.id} v${detector.version}, quiet ${formatDuration(quiet)}: needs ${detector.needs}`),
        '',
        ...notesOf(config).map((note) => `note: ${note}`),
        ...findings.map((finding) => `finding: ${finding}`),
        findings.length === 0 ? 'The configuration is right.' : `${findings.length} finding${findings.length === 1 ? '' : 's'}.`,
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
      done(findings.length === 0 ? 0 : 1);
    });
}

type Checked = ReturnType<typeof configOf>;

const isMemory = (config: Checked) => config.store['type'] === 'memory';

/** What is valid and yet cannot be meant. */
function findingsOf(config: Checked): readonly string[] {
  const findings: string[] = [];
  const webhook = Object.values(config.sources).some((source) => source['type'] === 'webhook');
  if (isMemory(config) && webhook)
    findings.push('a webhook source needs store.type sqlite: `lapwing run` refuses to acknowledge what a crash would lose');
  if (enabledDetectors(config).length === 0) findings.push('every detector is switched off: nothing would be found');
  return findings;
}

/** What a reader should know. */
function notesOf(config: Checked): readonly string[] {
  const notes: string[] = [];
  if (Object.keys(config.sources).length === 0) notes.push('no source yet: `lapwing run` needs one under `sources`; `lapwing replay` does not');
  if (Object.keys(config.sinks).length === 0) notes.push('no sink: alerts stay in the embedded store, where `lapwing alerts` shows them');
  if (isMemory(config)) notes.push('store.type memory: alerts and positions are gone after a restart');
  return notes;
}
