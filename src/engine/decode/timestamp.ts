import { DAY, HOUR, MINUTE, SECOND, type Micros } from '../../model/index.ts';
import type { Scanner } from './scanner.ts';

/** A time of the API server in its quotes. */
const QUOTED = 29;
const FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;

/** Reads RFC 3339 times. The form of the API server (27 bytes, UTC, six decimals) is read by hand, its day remembered. */
export class Timestamps {
  /** What `pass` found: NaN where it is no time. */
  last: Micros = Number.NaN;
  #day = new Int32Array(3);
  #midnight: Micros = Number.NaN;

  /**
   * Microseconds of the time whose bytes stand there, further decimals cut; NaN where it is none or lies outside 1970 to 2255. A leap
   * second counts as the second after it.
   */
  read(bytes: Buffer, view: DataView, from: number, to: number): Micros {
    if (to - from === 27 && bytes[to - 1] === 90 && bytes[from + 10] === 84) {
      const day = this.#day;
      if (
        view.getInt32(from, true) === day[0] &&
        view.getInt32(from + 4, true) === day[1] &&
        view.getInt32(from + 7, true) === day[2]
      ) {
        const time = clock(bytes, from + 11);
        if (time >= 0) return this.#midnight + time;
      }
    }
    return this.#readSlowly(bytes, view, from, to);
  }

  /** Passes a member that should be a time, and leaves it in `last`. One in the API server's form is checked as it is read. */
  pass(scanner: Scanner, from: number): number {
    const quick = this.#quick(scanner.bytes, scanner.view, from, scanner.end);
    if (quick >= 0) {
      this.last = quick;
      return from + QUOTED;
    }
    const to = scanner.value(from);
    const isText = to > 0 && scanner.at(from) === 34;
    this.last = isText ? this.read(scanner.bytes, scanner.view, from + 1, to - 1) : Number.NaN;
    return to;
  }

  /** A quoted time in the API server's form, of the day that was read last; -1 for anything else. */
  #quick(bytes: Buffer, view: DataView, from: number, end: number): Micros {
    if (from + QUOTED > end || bytes[from] !== 34 || bytes[from + 28] !== 34) return -1;
    if (bytes[from + 27] !== 90 || bytes[from + 11] !== 84) return -1;
    const day = this.#day;
    if (
      view.getInt32(from + 1, true) !== day[0] ||
      view.getInt32(from + 5, true) !== day[1] ||
      view.getInt32(from + 8, true) !== day[2]
    )
      return -1;
    const time = clock(bytes, from + 12);
    return time >= 0 ? this.#midnight + time : -1;
  }

  #readSlowly(bytes: Buffer, view: DataView, from: number, to: number): Micros {
    // No time is near this length, even with every letter of it escaped.
    if (to - from > 256) return Number.NaN;
    const raw = bytes.toString('latin1', from, to);
    const escaped = raw.includes('\\');
    const text = escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
    const time = parseTime(text);
    if (!escaped && to - from === 27 && text.endsWith('Z') && time >= 0) {
      this.#midnight = parseTime(`${text.slice(0, 10)}T00:00:00Z`);
      for (let index = 0; index < 3; index += 1) this.#day[index] = view.getInt32(from + [0, 4, 7][index]!, true);
    }
    return time;
  }
}

/** Microseconds of an RFC 3339 time; NaN where the text is none or lies outside 1970 to 2255. */
export function parseTime(text: string): Micros {
  const match = FORM.exec(text);
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (year < 1970 || midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return Number.NaN;
  const fraction = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (offsetHour > 23 || offsetMinute > 59) return Number.NaN;
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHour * HOUR + offsetMinute * MINUTE);
  const time = midnight.getTime() * 1_000 + hour * HOUR + minute * MINUTE + second * SECOND + fraction - offset;
  // Micros are exact integers: that ends in the year 2255.
  return time >= 0 && Number.isSafeInteger(time) ? time : Number.NaN;
}

/** Microseconds into the day of `hh:mm:ss.ffffffZ`, or -1. */
function clock(bytes: Buffer, at: number): number {
  const hour = two(bytes, at);
  const minute = two(bytes, at + 3);
  const second = two(bytes, at + 6);
  const high = two(bytes, at + 9);
  const middle = two(bytes, at + 11);
  const low = two(bytes, at + 13);
  if ((hour | minute | second | high | middle | low) < 0) return -1;
  if (bytes[at + 2] !== 58 || bytes[at + 5] !== 58 || bytes[at + 8] !== 46) return -1;
  if (hour > 23 || minute > 59 || second > 59) return -1;
  const time = ((hour * 60 + minute) * 60 + second) * SECOND + high * 10_000 + middle * 100 + low;
  return time < DAY ? time : -1;
}

/** The number of two digits, or -1. */
function two(bytes: Buffer, at: number): number {
  const high = bytes[at]! - 48;
  const low = bytes[at + 1]! - 48;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1;
}
