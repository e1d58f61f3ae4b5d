import { InvalidArgumentError, Option, type Command } from 'commander';
import { decodeFiles, type DecodedRecord } from '../app/decode.ts';
import { AppError, SHAPE_NAMES, type Context } from '../model/index.ts';
import { lookOf } from '../sinks/console-alert.ts';
import { jsonLine, recordDocument, summaryDocument } from './decode-json.ts';
import { recordText, summaryText } from './decode-text.ts';
import type { ExitCode } from './exit-code.ts';
import { checkInputs } from './input-files.ts';
import { makeLog } from './log.ts';
import { writeLines } from './output.ts';
import { Progress } from './progress.ts';

const ONLY = ['events', 'passed', 'rejected'] as const;
type Only = (typeof ONLY)[number];
/** Records that are told where no number is given. */
const LIMIT = 20;

interface Options {
  readonly limit: number;
  readonly json?: boolean;
  readonly shape?: string;
  readonly cluster?: string;
  readonly only?: Only;
}

export function decodeCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('decode')
    .description('tell what is understood of log files, record by record, and why the rest is not')
    .argument('<file...>', 'whatever should hold audit events, plain or gzip; - is stdin')
    .option('--limit <number>', 'records to tell one by one; 0: the summary alone, which counts all', limitOf, LIMIT)
    .addOption(new Option('--only <what>', 'tell only records with such in them').choices(ONLY))
    .addOption(
      new Option('--shape <name>', 'take only this shape; otherwise each record tells its own').choices(SHAPE_NAMES),
    )
    .option('--cluster <name>', 'cluster of all events; otherwise their wrappers may name it', clusterOf)
    .option('--json', 'NDJSON: one document a record, then the summary')
    .addHelpText('after', HELP)
    .action(async (paths: readonly string[], options: Options) => done(await runDecode(paths, options)));
}

const HELP = `
Examples:
  lapwing decode audit.log
  kubectl logs -n logging collector-0 | lapwing decode -
  lapwing decode --only rejected --limit 5 topic-dump.ndjson
  lapwing decode --limit 0 /var/log/kubernetes/audit*.log
  lapwing decode --json audit.log | jq -c 'select(.type == "summary") | .findings[]'

Reads as the service does, and judges nothing. Secrets are redacted; what is not understood is shown with its words masked.
Documents of --json:
  type "record": file, line, offset, bytes, events[], more_events, passed[] {shape, reason, count}, rejected[] {reason, shape,
    hint, bytes, audit_id, sample}, more_rejected. Of one record at most 100 events and 100 rejects are told.
  events[]: shapes[] from the outside in, cluster, cluster_from (option, wrapper), time, user, acting_as, verb, resource, namespace,
    name, uri, code, decision, stage, level, source_ip, user_agent, audit_id, final, flaws[], absent[]; what is absent is left out.
  type "summary", the last: records, bytes, events, passed, rejected, records_by_fate, events_by_shape[], passed_by[], rejected_by[],
    clusters[], stages[], levels[] {name, count}, time, cut_short, duplicate_keys, findings[] (sentences).
The shapes and how to set up each: docs/shapes.md.
Exit codes: 0 done, 1 nothing in the input is an audit event or the reading failed, 2 wrong usage or a missing file.`;

async function runDecode(paths: readonly string[], options: Options): Promise<ExitCode> {
  checkInputs(paths);
  const { limit, only, json, shape, cluster } = options;
  const look = lookOf(process.stdout, process.env);
  const named = { named: cluster !== undefined };
  let told = 0;
  let lines: string[] = [];
  const progress = new Progress(paths);
  const onRecord = (record: DecodedRecord): void => {
    if (told >= limit || !isWanted(record, only)) return;
    told += 1;
    lines.push(json === true ? jsonLine(recordDocument(record, named)) : recordText(record, named, look));
  };
  const flush = async (): Promise<void> => {
    const ready = lines;
    lines = [];
    if (ready.length === 0) return;
    progress.end();
    await writeLines(process.stdout, ready, (line) => line);
  };
  const chosen = { ...(shape !== undefined && { shape }), ...(cluster !== undefined && { cluster }) };
  const tally = await decodeFiles(paths, chosen, contextOf(), onRecord, async (sofar) => {
    progress.update({ counters: sofar });
    await flush();
  }).finally(() => progress.end());
  await flush();
  const summary = json === true ? jsonLine(summaryDocument(tally)) : summaryText(tally, look).trimEnd();
  await writeLines(process.stdout, [summary], (line) => line);
  return tally.events > 0 ? 0 : 1;
}

function isWanted({ eventCount, passed, rejectCount }: DecodedRecord, only: Only | undefined): boolean {
  if (only === undefined) return true;
  if (only === 'events') return eventCount > 0;
  return only === 'passed' ? passed.length > 0 : rejectCount > 0;
}

/** No configuration is read: the input alone is to be told. */
const contextOf = (): Context => ({
  log: makeLog('warn', 'text'),
  dataDir: '',
  now: () => Math.floor((performance.timeOrigin + performance.now()) * 1_000),
  reveal: () => {
    throw new AppError('config', 'decode has no credentials');
  },
});

function limitOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number of records.');
  return Number(text);
}

function clusterOf(text: string): string {
  if (!/^[\x21-\x7e]{1,253}$/.test(text)) throw new InvalidArgumentError('must be the name of a cluster.');
  return text;
}
