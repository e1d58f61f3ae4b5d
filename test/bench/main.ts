import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { asLists, ofSize, wrapped } from './forms.ts';
import { chunksOf, CORPORA, makeCorpus } from './corpus.ts';
import { crowded } from './crowd.ts';
import { strangers } from './hostile.ts';
import { decodeAll, lineEvents, parseLines, runLine, STORES } from './line.ts';
import { rateOf, table, takeTurns, type Run } from './measure.ts';
import { start } from './start.ts';
import { benchStore } from './store.ts';

const EVENTS = Number(process.env['LAPWING_BENCH_EVENTS'] ?? 200_000);
const ROUNDS = Number(process.env['LAPWING_BENCH_ROUNDS'] ?? 7);
const CROWD = Number(process.env['LAPWING_BENCH_CROWD'] ?? 1_000_000);
const ATTACKS = ['mal-a-forbidden-burst', 'mal-b-secret-reads', 'mal-c-exec', 'mal-d-rbac-escalation'];
const SHAPE_BYTES = 8 << 20;
const PARSE = '`JSON.parse` of each line, from bytes';
const mebi = (bytes: number): number => Math.round(bytes / 1024 ** 2);

/** What `npm run bench -- NAME…` can be asked for; without a name all but the last two. */
const PARTS: ReadonlyMap<string, () => Promise<void> | void> = new Map([
  ['line', benchLine],
  ['lists', benchLists],
  ['worst', benchWorst],
  ['sizes', benchSizes],
  ['shapes', benchShapes],
  ['cold', benchCold],
  ['rows', benchRows],
  ['start', benchStart],
  ['crowd', benchCrowd],
  ['store', benchStored],
]);

async function main(): Promise<void> {
  const [attack] = process.argv.filter((each) => each.startsWith('--crowd=')).map((each) => each.slice(8));
  if (attack !== undefined) return printCrowd(attack);
  const asked = process.argv.slice(2);
  const wrong = asked.filter((each) => !PARTS.has(each));
  if (wrong.length > 0) throw new Error(`no such part: ${wrong.join(', ')}; there are ${[...PARTS.keys()].join(', ')}`);
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores; CPU time, best of ${ROUNDS} rounds taken in turns`,
  );
  for (const [name, part] of PARTS)
    if (asked.includes(name) || (asked.length === 0 && name !== 'crowd' && name !== 'store')) await part();
}

/** A table of runs over the same events, each with its ratio to the first. */
async function compare(title: string, runs: ReadonlyMap<string, Run>, rounds = ROUNDS): Promise<void> {
  const best = await takeTurns(runs, rounds);
  const base = best.get([...runs.keys()][0]!)!;
  console.log(`\n### ${title}`);
  table(
    ['stage', 'events per CPU-second', 'to `JSON.parse` of bytes'],
    [...best].map(([name, micros]) => [name, rateOf(micros), base / micros]),
  );
}

async function benchLine(): Promise<void> {
  const only = process.env['LAPWING_BENCH_CORPUS'];
  for (const name of CORPORA.filter((each) => only === undefined || each === only)) {
    const { chunks, texts, bytes } = makeCorpus(name, EVENTS);
    await compare(
      `${name}: ${EVENTS.toLocaleString('en-US')} events, mean ${Math.round(bytes / EVENTS)} B`,
      new Map<string, Run>([
        [PARSE, () => parseLines(chunks)],
        ['`JSON.parse` of strings that are there already', () => texts.filter((text) => JSON.parse(text)).length],
        ['decode', () => decodeAll(chunks, false)],
        ['decode, fingerprint, dedupe', () => decodeAll(chunks, true)],
        ['engine, no store', () => lineEvents(chunks, 'none')],
        ['whole line, memory store', () => lineEvents(chunks, 'memory')],
        ['whole line, SQLite', () => lineEvents(chunks, 'sqlite')],
      ]),
    );
  }
}

async function benchLists(): Promise<void> {
  const corpus = makeCorpus('ordinary work', EVENTS);
  const lists = asLists(corpus);
  await compare(
    'ordinary work in EventLists of 400',
    new Map<string, Run>([
      [PARSE, () => parseLines(corpus.chunks)],
      ['`JSON.parse` of each list', () => parseLines(lists) * 400],
      ['decode lists', () => decodeAll(lists, false)],
      ['whole line of lists, memory store', () => lineEvents(lists, 'memory')],
    ]),
  );
}

async function benchWorst(): Promise<void> {
  for (const refused of [false, true]) {
    const chunks = strangers(EVENTS / 2, refused);
    await compare(
      `each event with a user, program, namespace and address of its own, ${refused ? 'refused' : 'let in'}`,
      new Map<string, Run>([
        [PARSE, () => parseLines(chunks)],
        ['decode', () => decodeAll(chunks, false)],
        ['whole line, memory store', () => lineEvents(chunks, 'memory')],
      ]),
      Math.ceil(ROUNDS / 2),
    );
  }
}

async function benchSizes(): Promise<void> {
  const corpus = makeCorpus('ordinary work', 20_000);
  for (const [size, events] of [
    [4_000, 20_000],
    [16_000, 6_000],
    [100_000, 1_000],
  ] as const) {
    const chunks = chunksOf(ofSize(corpus, size, events));
    await compare(
      `ordinary work with a request object, ${size.toLocaleString('en-US')} B an event`,
      new Map<string, Run>([
        [PARSE, () => parseLines(chunks)],
        ['decode', () => decodeAll(chunks, false)],
        ['whole line, memory store', () => lineEvents(chunks, 'memory')],
      ]),
    );
  }
}

async function benchShapes(): Promise<void> {
  const rows: (readonly (string | number)[])[] = [];
  for (const [shape, records] of wrapped(SHAPE_BYTES)) {
    const events = decodeAll(records, false, false);
    const bytes = records.reduce((sum, record) => sum + record.length, 0);
    const runs = new Map<string, Run>([
      ['parse', () => records.reduce((sum, record) => sum + parsed(record), 0)],
      ['decode', () => (decodeAll(records, false, false), 1)],
    ]);
    const best = await takeTurns(runs, Math.ceil(ROUNDS / 2)).catch(() => undefined);
    if (best === undefined) continue;
    const [parse, decode] = [best.get('parse')! * parsedCount(records), best.get('decode')!];
    rows.push([shape, events === 0 ? 'none' : (events / decode) * 1e6, bytes / decode, parse / decode]);
  }
  console.log('\n### Shapes: each sample over and over, decoded');
  table(['shape', 'events per CPU-second', 'MB/s', 'to `JSON.parse` of it and of what is wrapped in it'], rows);
}

/** Values that were parsed, with all that is wrapped in them; prefixed lines are parsed behind their prefix. */
function parsed(record: Buffer): number {
  const text = record.toString('utf8');
  if (text.indexOf('\n') < text.length - 1 && /^\s*[[{]\s*\n/.test(text)) return deep(JSON.parse(text));
  let values = 0;
  for (const line of text.split('\n'))
    if (line !== '') values += deep(JSON.parse(line.slice(Math.max(0, line.search(/[[{]/)))));
  return values;
}

/** Parses what stands as text or as gzip within a value, as whoever wants the event has to. */
function deep(value: unknown): number {
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) deep(each);
  else if (typeof value === 'string' && value.startsWith('{"')) deep(parsedOr(value));
  else if (typeof value === 'string' && value.startsWith('H4sI'))
    deep(parsedOr(gunzipSync(Buffer.from(value, 'base64')).toString()));
  return 1;
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const parsedCount = (records: readonly Buffer[]): number => records.reduce((sum, record) => sum + parsed(record), 0);

/** What the first events of a process cost, before its code is compiled: in processes of their own. */
function benchCold(): void {
  const rows = [1_000, 10_000, 50_000].map((events) => {
    const script = `const {lineEvents,parseLines}=await import(${JSON.stringify(new URL('./line.js', import.meta.url).href)});const {makeCorpus}=await import(${JSON.stringify(new URL('./corpus.js', import.meta.url).href)});const {chunks}=makeCorpus('ordinary work',${events});const cpu=()=>{const {user,system}=process.cpuUsage();return user+system};let t=cpu();parseLines(chunks);const parse=cpu()-t;t=cpu();await lineEvents(chunks,'memory');console.log(parse,cpu()-t);`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const [parse, line] = stdout.trim().split(' ').map(Number) as [number, number];
    return [`first ${events.toLocaleString('en-US')} events`, line / events, parse / line] as const;
  });
  console.log('\n### A cold process');
  table(['whole line, memory store', 'µs per event', 'to `JSON.parse` of bytes, as cold'], rows);
}

/** What can be counted: rows and alerts that a store is handed, for a thousand events, with a commit every thousand or so. */
async function benchRows(): Promise<void> {
  const rows = [];
  for (const name of CORPORA) {
    const { chunks } = makeCorpus(name, EVENTS);
    const line = await runLine(chunks, STORES.none(), undefined, 1 << 20);
    const thousand = line.engine.counters.events / 1_000;
    rows.push([name, line.rows / thousand, line.alerts / thousand] as const);
  }
  console.log('\n### Written per thousand events, with a commit every mebibyte');
  table(['events', 'rows', 'alert revisions'], rows);
}

async function benchStart(): Promise<void> {
  const { best, middle } = await start();
  console.log('\n### Start');
  table(['from the start of the process to its first alert', 'best', 'middle'], [['milliseconds', best, middle]]);
}

/** A process each: memory that one attack needed must not count for the next. */
function benchCrowd(): void {
  console.log(`\n### ${CROWD.toLocaleString('en-US')} identities that are seen once, an attack among them, SQLite`);
  table(['attack', 'found', 'gravest', 'peak RSS, MiB', 'before', 'evicted', 'turned away', 'µs per event'], []);
  for (const attack of ATTACKS) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--expose-gc', process.argv[1]!, `--crowd=${attack}`],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    process.stdout.write(stdout);
  }
}

async function printCrowd(attack: string): Promise<void> {
  const { found, of, gravest, peak, before, evictions, refused, seconds, events } = await crowded(attack, CROWD);
  const cells = [
    attack,
    `${found} of ${of}`,
    gravest,
    mebi(peak),
    mebi(before),
    evictions,
    refused,
    ((seconds / events) * 1e6).toFixed(1),
  ];
  console.log(`| ${cells.map((cell) => cell.toLocaleString('en-US')).join(' | ')} |`);
}

async function benchStored(): Promise<void> {
  console.log('\n### The embedded store, at a million rows and a million alerts');
  table(
    ['store', 'figure', 'unit'],
    (await benchStore()).map(([name, value, unit]) => [name, value, unit]),
  );
}

await main();
