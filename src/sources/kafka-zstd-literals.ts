import { SLACK, Unreadable } from './kafka-inflated.ts';
import { readHuffman, readHuffmanTable, type HuffmanTable } from './kafka-zstd-huffman.ts';

/** The literals of a block: bytes of `bytes` from `at` to `end`; the block goes on at `next`. */
export interface Literals {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  readonly next: number;
  /** The table in force afterwards. */
  readonly huffman: HuffmanTable | undefined;
}

const [RAW, RLE, COMPRESSED] = [0, 1, 2] as const;

/** Reads the literals section that begins at `from`. `scratch` takes decoded bytes and holds SLACK of them. */
export function readLiterals(
  input: Buffer,
  view: DataView,
  from: number,
  end: number,
  scratch: Uint8Array,
  huffman: HuffmanTable | undefined,
): Literals {
  const need = (count: number): void => {
    if (from + count > end) throw new Unreadable('truncated');
  };
  need(1);
  const kind = input[from]! & 3;
  const format = (input[from]! >> 2) & 3;
  if (kind === RAW || kind === RLE) {
    const width = format === 3 ? 3 : format === 1 ? 2 : 1;
    need(width);
    const size = input.readUIntLE(from, width) >> (width === 1 ? 3 : 4);
    const at = from + width;
    if (size > SLACK) throw new Unreadable('corrupt');
    need(width + (kind === RAW ? size : 1));
    if (kind === RAW) return { bytes: input, at, end: at + size, next: at + size, huffman };
    scratch.fill(input[at]!, 0, size);
    return { bytes: scratch, at: 0, end: size, next: at + 1, huffman };
  }

  // Both sizes have 10, 14 or 18 bits each behind the four of kind and format.
  const width = format < 2 ? 3 : format + 2;
  const sizeBits = format < 2 ? 10 : format * 4 + 6;
  need(width);
  const head = input.readUIntLE(from, width);
  const mask = 2 ** sizeBits;
  const size = Math.floor(head / 16) % mask;
  const packed = Math.floor(head / 16 / mask);
  const next = from + width + packed;
  need(width + packed);
  if (size === 0 || size > SLACK) throw new Unreadable('corrupt');

  let at = from + width;
  let table = huffman;
  if (kind === COMPRESSED) ({ table, at } = readHuffmanTable(input, view, at, next));
  if (table === undefined) throw new Unreadable('corrupt');
  if (format === 0) readHuffman(table, input, view, at, next, scratch, 0, size);
  else fourStreams(table, input, view, at, next, scratch, size);
  return { bytes: scratch, at: 0, end: size, next, huffman: table };
}

/** Four streams of equal parts; the lengths of the first three stand before them. */
function fourStreams(
  table: HuffmanTable,
  input: Buffer,
  view: DataView,
  from: number,
  end: number,
  out: Uint8Array,
  size: number,
): void {
  if (from + 6 > end) throw new Unreadable('truncated');
  const part = (size + 3) >> 2;
  let at = from + 6;
  for (let stream = 0; stream < 4; stream++) {
    const until = stream === 3 ? end : at + input.readUInt16LE(from + 2 * stream);
    const count = stream === 3 ? size - 3 * part : part;
    if (until > end || count <= 0) throw new Unreadable('corrupt');
    readHuffman(table, input, view, at, until, out, stream * part, count);
    at = until;
  }
}
