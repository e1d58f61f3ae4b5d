import { BROKEN, KeyTable } from './key-table.ts';
import type { Scanner } from './scanner.ts';
import { passText, SPAN } from './spans.ts';

const STATUS = new KeyTable(['metadata', 'status', 'message', 'reason', 'details', 'code']);
/** The whole status of nearly every event, up to its code. */
const PLAIN_STATUS = new Int32Array(new Uint8Array(Buffer.from('{"metadata":{},"code":xx')).buffer);

/** Passes an event's responseStatus. */
export class StatusScanner {
  code = 0;
  /** The code was there, but no integer. */
  bad = false;

  clear(): void {
    this.code = 0;
    this.bad = false;
  }

  /** Passes the value at `from`. */
  pass(scanner: Scanner, from: number, spans: Int32Array): number {
    spans[SPAN.statusReason] = spans[SPAN.statusReason + 1] = 0;
    spans[SPAN.statusMessage] = spans[SPAN.statusMessage + 1] = 0;
    this.clear();
    if (scanner.at(from) !== 123) return scanner.value(from);
    const plain = this.#plainStatus(scanner, from);
    if (plain > 0) return plain;
    let pos = scanner.space(from + 1);
    for (let guess = 0; scanner.at(pos) !== 125;) {
      const id = STATUS.find(scanner, pos, guess);
      if (id === BROKEN) return -1;
      const at = STATUS.valueAt;
      if (id === 2) pos = passText(scanner, at, spans, SPAN.statusMessage);
      else if (id === 3) pos = passText(scanner, at, spans, SPAN.statusReason);
      else pos = scanner.value(at);
      if (pos < 0) return -1;
      if (id >= 0) guess = id + 1;
      const end = pos;
      pos = scanner.space(pos);
      const byte = scanner.at(pos);
      if (byte !== 125 && byte !== 44) return scanner.fail('not JSON', pos);
      // Only now: of a number with which the bytes end, some digits may be missing.
      if (id === 5) this.#takeCode(scanner.bytes.toString('latin1', at, Math.min(end, at + 32)));
      if (byte === 125) break;
      pos = scanner.space(pos + 1);
      if (scanner.at(pos) === 125) return scanner.fail('not JSON', pos);
    }
    return pos + 1;
  }

  /** The status that says nothing but a code of three digits. */
  #plainStatus(scanner: Scanner, from: number): number {
    const { view, bytes } = scanner;
    if (from + 26 > scanner.end) return -1;
    for (let word = 0; word < 5; word += 1) if (view.getInt32(from + word * 4, true) !== PLAIN_STATUS[word]) return -1;
    if (bytes[from + 20] !== 34 || bytes[from + 21] !== 58 || bytes[from + 25] !== 125) return -1;
    const hundreds = bytes[from + 22]! - 48;
    const tens = bytes[from + 23]! - 48;
    const ones = bytes[from + 24]! - 48;
    if (hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
    this.code = hundreds * 100 + tens * 10 + ones;
    return from + 26;
  }

  #takeCode(text: string): void {
    const value: unknown = /^[\d-]/.test(text) ? Number(text) : text === 'null' ? 0 : Number.NaN;
    this.bad = !Number.isInteger(value) || Math.abs(value as number) > 0x7fffffff;
    // Adding nothing makes a negative nought a plain one.
    this.code = this.bad ? 0 : (value as number) + 0;
  }
}
