import { repeat, SLACK, Unreadable, type Inflated } from './kafka-inflated.ts';
import { bitsAt, endOfBits } from './kafka-zstd-bits.ts';
import { fseTable, onlySymbol, readFseTable, type FseTable } from './kafka-zstd-fse.ts';
import type { Literals } from './kafka-zstd-literals.ts';

/** What a kind of code means: from which value on, with how many bits more; how its tables may look; the table without a description. */
interface Code {
  readonly base: Int32Array;
  readonly bits: Uint8Array;
  readonly maxLog: number;
  readonly standard: FseTable;
}

/** Codes whose values follow each other without a gap. */
function code(first: number, bits: readonly number[], maxLog: number, log: number, frequencies: string): Code {
  const base = new Int32Array(bits.length);
  let value = first;
  for (const [index, width] of bits.entries()) {
    base[index] = value;
    value += 1 << width;
  }
  return { base, bits: Uint8Array.from(bits), maxLog, standard: fseTable(frequencies.split(' ').map(Number), log) };
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

// The standard's own numbers (RFC 8878, 3.1.1.3.2 and appendix A).
const LITERALS = code(
  0,
  [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  9,
  6,
  '4 3 2 2 2 2 2 2 2 2 2 2 2 1 1 1 2 2 2 2 2 2 2 2 2 3 2 1 1 1 1 1 -1 -1 -1 -1',
);
const MATCH = code(
  3,
  [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  9,
  6,
  '1 4 3 2 2 2 2 2 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 -1 -1 -1 -1 -1 -1 -1',
);
const OFFSET_LOG = 8;
/** The widest offset that can be: 30 bits reach further back than anything that is let in. */
const MAX_OFFSET_CODE = 30;
const STANDARD_OFFSETS = fseTable(
  '1 1 1 1 1 1 2 2 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 -1 -1 -1 -1 -1'.split(' ').map(Number),
  5,
);

/** What one block leaves to the next ones of its frame. */
export interface Carried {
  literals: FseTable | undefined;
  offsets: FseTable | undefined;
  match: FseTable | undefined;
  /** The last three distances, the newest first. */
  readonly back: Int32Array;
}

/** What a frame begins with. */
export const nothingCarried = (): Carried => ({
  literals: undefined,
  offsets: undefined,
  match: undefined,
  back: Int32Array.of(1, 4, 8),
});

/** Reads the sequences section from `from` to `end` and writes what it makes of the literals; `start` is where the frame began. */
export function runSequences(
  input: Buffer,
  view: DataView,
  from: number,
  end: number,
  literals: Literals,
  carried: Carried,
  output: Inflated,
  start: number,
): void {
  const bytes = output.reserveBlock();
  const stop = output.length + SLACK;
  let to = output.length;
  let literal = literals.at;
  let at = from;
  const byte = (): number => {
    if (at >= end) throw new Unreadable('truncated');
    return input[at++]!;
  };

  let count = byte();
  if (count === 255) count = byte() + (byte() << 8) + 0x7f00;
  else if (count > 127) count = ((count - 128) << 8) + byte();
  if (count > 0) {
    const modes = byte();
    if ((modes & 3) !== 0) throw new Unreadable('corrupt');
    const pick = (
      mode: number,
      maxLog: number,
      max: number,
      standard: FseTable,
      last: FseTable | undefined,
    ): FseTable => {
      if (mode === 0) return standard;
      if (mode === 1) {
        const symbol = byte();
        if (symbol > max) throw new Unreadable('corrupt');
        return onlySymbol(symbol);
      }
      if (mode === 2) {
        const read = readFseTable(view, at, end, maxLog, max);
        at = read.at;
        return read.table;
      }
      if (last === undefined) throw new Unreadable('corrupt');
      return last;
    };
    carried.literals = pick(modes >> 6, LITERALS.maxLog, 35, LITERALS.standard, carried.literals);
    carried.offsets = pick((modes >> 4) & 3, OFFSET_LOG, MAX_OFFSET_CODE, STANDARD_OFFSETS, carried.offsets);
    carried.match = pick((modes >> 2) & 3, MATCH.maxLog, 52, MATCH.standard, carried.match);
  } else if (at !== end) throw new Unreadable('corrupt');

  if (count > 0) {
    const { back } = carried;
    const [literalCells, offsetCells, matchCells] = [
      carried.literals!.cells,
      carried.offsets!.cells,
      carried.match!.cells,
    ];
    const first = at * 8;
    let bit = endOfBits(input, at, end);
    const take = (width: number): number => {
      bit -= width;
      // Further below there may be no bytes to look at; what lies between is refused at the end.
      if (bit < first) throw new Unreadable('corrupt');
      return bitsAt(view, bit, width);
    };
    let literalCell = literalCells[take(carried.literals!.log)]!;
    let offsetCell = offsetCells[take(carried.offsets!.log)]!;
    let matchCell = matchCells[take(carried.match!.log)]!;

    for (let left = count; ;) {
      const offsetCode = offsetCell & 255;
      // A look at four bytes holds 25 bits for certain.
      let distance = 1 << offsetCode;
      if (offsetCode > 24) distance += take(offsetCode - 24) * 0x100_0000 + take(24);
      else distance += take(offsetCode);
      const matchLength = MATCH.base[matchCell & 255]! + take(MATCH.bits[matchCell & 255]!);
      const run = LITERALS.base[literalCell & 255]! + take(LITERALS.bits[literalCell & 255]!);

      if (distance > 3) {
        distance -= 3;
        back[2] = back[1]!;
        back[1] = back[0]!;
        back[0] = distance;
      } else {
        const which = distance - 1 + (run === 0 ? 1 : 0);
        distance = which === 3 ? back[0]! - 1 : back[which]!;
        if (which > 1) back[2] = back[1]!;
        if (which > 0) back[1] = back[0]!;
        back[0] = distance;
      }

      if (literal + run > literals.end || to + run + matchLength > stop) throw new Unreadable('corrupt');
      if (run > 16) bytes.set(literals.bytes.subarray(literal, literal + run), to);
      else for (let index = 0; index < run; index++) bytes[to + index] = literals.bytes[literal + index]!;
      literal += run;
      to += run;
      if (distance <= 0 || distance > to - start) throw new Unreadable('corrupt');
      repeat(bytes, to, distance, matchLength);
      to += matchLength;

      if (--left === 0) break;
      literalCell = literalCells[(literalCell >>> 16) + take((literalCell >> 8) & 255)]!;
      matchCell = matchCells[(matchCell >>> 16) + take((matchCell >> 8) & 255)]!;
      offsetCell = offsetCells[(offsetCell >>> 16) + take((offsetCell >> 8) & 255)]!;
    }
    if (bit !== first) throw new Unreadable('corrupt');
  }

  const rest = literals.end - literal;
  if (to + rest > stop) throw new Unreadable('corrupt');
  bytes.set(literals.bytes.subarray(literal, literals.end), to);
  output.keep(to + rest);
}
