// How many bytes the built program allocates for each ordinary event, garbage included: node --expose-gc with a young generation that
// holds all of it, so that nothing is collected in between. Prints one number.
import { readFileSync } from 'node:fs';
import { detectors } from '../../dist/detectors/index.js';
import { Decoder } from '../../dist/src/engine/decode/decoder.js';
import { Engine } from '../../dist/src/engine/engine.js';

const EVENTS = 20_000;
const INTRUDER = /"sourceIPs":\["127\.(?:66\.|10\.1\.17")/;
const TIMES = /("(?:stageTimestamp|requestReceivedTimestamp)":")[^"]+"/g;
const log = readFileSync(new URL('../../samples/demo/audit.ndjson', import.meta.url), 'utf8').split('\n');
const lines = log.filter((line) => line !== '' && !INTRUDER.test(line));
const what = process.argv[2];

/** The log in copies, each with times and Audit-IDs of its own. */
function chunk(from) {
  const texts = Array.from({ length: EVENTS }, (_, index) => {
    const turn = from + index;
    const time = new Date(1_800_000_000_000 + turn * 50).toISOString().replace('Z', '000Z');
    const id = Math.floor(turn / lines.length)
      .toString(16)
      .padStart(8, '0');
    return lines[turn % lines.length].replace(/("auditID":")[0-9a-f]{8}/, `$1${id}`).replaceAll(TIMES, `$1${time}"`);
  });
  return Buffer.from(`${texts.join('\n')}\n`);
}

const engine = new Engine({
  detectors: detectors.map((detector) => ({ detector, params: detector.params.parse({}), quiet: detector.quiet })),
  key: Buffer.alloc(16, 1),
  cluster: '',
  seed: 0,
  budgets: { detector: 8 << 20, facts: 64 << 20, waiting: 128 << 20 },
  onError: (error) => {
    throw error;
  },
});
const decoder = new Decoder({
  key: Buffer.alloc(16, 1),
  cluster: '',
  onReject: ({ reason }) => {
    throw new Error(reason);
  },
});

function run(bytes) {
  const record = { bytes, origin: { source: 'cost', position: '' } };
  if (what === 'decode') {
    decoder.open(record);
    while (decoder.next());
    return;
  }
  engine.open(record);
  while (engine.step(1_024));
  engine.changes();
}

// Compiled code allocates less than code that is interpreted.
for (let turn = 0; turn < 5; turn += 1) run(chunk(turn * EVENTS));
const bytes = chunk(5 * EVENTS);
globalThis.gc();
const before = process.memoryUsage().heapUsed;
run(bytes);
const after = process.memoryUsage().heapUsed;
process.stdout.write(`${Math.round((after - before) / EVENTS)}\n`);
