import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { contextOf, controlOf, engineOf } from '../app.ts';
import { importIntoService, importIntoStore, type Imported } from '../app/facts.ts';
import type { ImportTally } from '../engine/import-facts.ts';
import { AppError } from '../model/index.ts';
import { clusterOf } from './cluster-name.ts';
import type { ExitCode } from './exit-code.ts';
import { checkInputs } from './input-files.ts';
import { makeLog } from './log.ts';
import { CONFIG_OPTION, configOf } from './options.ts';
import { count, plural, ReadProgress } from './progress.ts';
import { escapeText } from './terminal.ts';

/** How often, and after how long, a service that has the store but does not listen yet is asked again. */
const TRIES = 20;
const AGAIN_MS = 250;

interface Options {
  readonly config?: string;
  readonly cluster?: string;
}

export function factsCommand(program: Command, done: (code: ExitCode) => void): void {
  const facts = program
    .command('facts')
    .description('what Lapwing knows of a cluster: roles, bindings, pods')
    .addHelpText('after', EXAMPLES);
  facts
    .command('import')
    .description('teach what a cluster holds now, once: from the output of kubectl get -o json')
    .argument('<file>', 'objects or lists of them as JSON, plain or gzip; - is stdin')
    .option('--cluster <name>', 'cluster they are of; default: the only one of the configuration')
    .option(...CONFIG_OPTION)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, options: Options) => done(await importFacts(path, options)));
}

const EXAMPLES = `
Examples:
  lapwing facts import cluster.json --config lapwing.yaml
  kubectl get pods -A -o json | lapwing facts import - --cluster prod-eu-1
  lapwing replay audit.log --facts cluster.json

The file comes from
  kubectl get clusterroles,roles,clusterrolebindings,rolebindings,pods,serviceaccounts -A -o json > cluster.json

A service that runs on the data directory takes them in while it runs; otherwise they go into the store for its next start.
Importing twice is importing once; what events teach later replaces it. Nothing secret is kept.`;

async function importFacts(path: string, options: Options): Promise<ExitCode> {
  const config = configOf(options.config);
  if (config.store['type'] === 'memory')
    throw new AppError(
      'usage',
      'store.type is memory: imported facts would be forgotten at once; `lapwing replay FILE --facts FILE` takes them for one pass',
    );
  checkInputs([path]);
  const cluster = clusterOf(config, options.cluster);
  const context = contextOf(config, makeLog('warn', 'text'), process.env);
  const client = controlOf(config);
  const progress = new ReadProgress();
  const onRead = progress.update.bind(progress);
  try {
    for (let tries = 0; ; tries += 1) {
      if (await client.isServed())
        return report(await importIntoService(client, cluster, path, onRead), cluster, 'the running service');
      try {
        const engine = engineOf(config, randomBytes(16), 0, context.log);
        return report(await importIntoStore(config, context, engine, cluster, path, onRead), cluster, config.dataDir);
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.code !== 'store-locked') throw thrown;
        // A service that starts has the store before it listens.
        if (tries === TRIES) throw new AppError('store-locked', NO_SOCKET(config.dataDir), { cause: thrown });
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  } finally {
    progress.end();
  }
}

const NO_SOCKET = (dataDir: string): string =>
  `${dataDir} is in use by a Lapwing process that does not listen on its control socket: another import, or a service ` +
  'whose log says why. Let that one end, or stop the service, import, and start it again.';

function report({ tally, evicted }: Imported, cluster: string, where: string): ExitCode {
  const taken = listOf(tally.taken);
  const whose = cluster === '' ? '' : ` of cluster ${cluster}`;
  if (taken !== '') process.stdout.write(`${escapeText(`Imported ${taken}${whose} into ${where}.`)}\n`);
  for (const line of complaints(tally, evicted)) process.stderr.write(`lapwing: ${escapeText(line)}\n`);
  if (taken !== '') return 0;
  process.stderr.write('lapwing: there was no role, binding or pod in it\n');
  return 1;
}

/** What a dump held that was not taken, a line each. */
export function complaints(tally: ImportTally, evicted: number): readonly string[] {
  const { passed, unnamed, broken, breaks } = tally;
  const more = broken > breaks.length ? `; and ${count(broken - breaks.length)} more` : '';
  return [
    passed.size > 0 && `passed over, as they teach nothing: ${listOf(passed)}`,
    unnamed > 0 && `passed over for want of a name: ${plural(unnamed, 'object')}`,
    broken > 0 &&
      `${plural(broken, 'piece')} could not be read: ` +
        breaks.map(({ reason, at }) => `${reason} at byte ${count(at)}`).join('; ') +
        more,
    evicted > 0 && `${plural(evicted, 'fact')} had to go for want of space: raise limits.facts`,
  ].filter((line) => line !== false);
}

/** "812 Pod, 61 ClusterRole", the most frequent first. */
const listOf = (kinds: ReadonlyMap<string, number>): string =>
  [...kinds]
    .sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1))
    .map(([kind, times]) => `${count(times)} ${kind}`)
    .join(', ');
