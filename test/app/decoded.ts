import { RecordReader, type DecodedRecord } from '../../src/app/decode.ts';
import { FeedTally } from '../../src/app/decode-tally.ts';
import type { RawRecord } from '../../src/model/index.ts';
import { microsOf } from '../support/event.ts';

/** The clock of these tests. */
const NOW = microsOf('2026-11-21T11:00:00.000000Z');

export interface Inspected {
  readonly records: readonly DecodedRecord[];
  readonly tally: FeedTally;
}

/** What becomes of a file that is read as one piece, or as these. */
export function inspect(input: string | Buffer | readonly RawRecord[], shape?: string): Inspected {
  const pieces =
    typeof input === 'string' || Buffer.isBuffer(input)
      ? [{ bytes: Buffer.from(input), origin: { source: 'file', position: 'audit.log@0' } }]
      : input;
  const tally = new FeedTally(NOW);
  const reader = new RecordReader(tally, shape);
  const records: DecodedRecord[] = [];
  for (const piece of pieces) reader.read(piece, (record) => records.push(record));
  return { records, tally };
}
