import { Decoder } from '../../src/engine/decode/decoder.ts';

/** One way of reading the same lines, and how it compares with `JSON.parse` of each line (ready as a string) in the same run. */
export interface DecodeFigure {
  readonly name: string;
  readonly eventsPerSecond: number;
  readonly ratio: number;
}

const ROUNDS = 5;

/**
 * Events per CPU-second of the decoder, best of some rounds that take turns: scanning alone, with fingerprints, with an event object for
 * each, and on single lines. `ndjson` is all `lines` with a line feed behind each.
 */
export function benchDecode(lines: readonly Buffer[], ndjson: Buffer): DecodeFigure[] {
  const decoder = new Decoder({ key: new Uint8Array(16).fill(7), cluster: '', onReject: () => undefined });
  const chunks = chunked(ndjson, 1 << 20);
  const texts = lines.map((line) => line.toString());
  const parse = (text: string): number => (JSON.parse(text) === null ? 0 : 1);
  const ways: readonly (readonly [name: string, run: () => number])[] = [
    ['JSON.parse of strings', () => texts.reduce((sum, text) => sum + parse(text), 0)],
    ['JSON.parse of bytes', () => lines.reduce((sum, line) => sum + parse(line.toString()), 0)],
    ['scan', () => overChunks(decoder, chunks, () => undefined)],
    ['scan + fingerprint', () => overChunks(decoder, chunks, () => decoder.fingerprint())],
    [
      'scan + fingerprint + event object',
      () =>
        overChunks(decoder, chunks, () => {
          decoder.fingerprint();
          void decoder.event(false).uri;
        }),
    ],
    ['scan + fingerprint, a line at a time', () => overChunks(decoder, lines, () => decoder.fingerprint())],
  ];
  const best = ways.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, [name, run]] of ways.entries()) {
      const start = process.cpuUsage();
      const events = run();
      const { user, system } = process.cpuUsage(start);
      const spent = (user + system) / 1e6;
      if (events !== lines.length) throw new Error(`${name} read ${events} of ${lines.length} events`);
      best[index] = Math.min(best[index]!, spent);
    }
  return ways.map(([name], index) => ({
    name,
    eventsPerSecond: Math.round(lines.length / best[index]!),
    ratio: Math.round((best[0]! / best[index]!) * 100) / 100,
  }));
}

function overChunks(decoder: Decoder, chunks: readonly Buffer[], each: () => void): number {
  let events = 0;
  for (const bytes of chunks) {
    decoder.open({ bytes, origin: { source: 'bench', position: '0' } });
    while (decoder.next()) {
      events += 1;
      each();
    }
  }
  return events;
}

/** Pieces of about that many bytes that end with a line. */
function chunked(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.indexOf(10, Math.min(from + size, bytes.length - 1));
    const to = feed < 0 ? bytes.length : feed + 1;
    chunks.push(bytes.subarray(from, to));
    from = to;
  }
  return chunks;
}
