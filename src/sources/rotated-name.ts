/** What the name of a rotated file says about its place among its siblings. */
export interface RotatedName {
  /** The log that it was: audit.log for audit.log.1, audit-20261121.log and audit.log.2.gz. */
  readonly base: string;
  readonly gzip: boolean;
  /** `number`: mostly a greater one is older. `date`: a later one is younger. `old`: there is one only. */
  readonly order: 'number' | 'date' | 'old';
  /** To compare within one order: digits of one length. */
  readonly key: string;
  /** When it was rotated, in ms, where the name says so to the millisecond (UTC, as kube-apiserver does). */
  readonly at?: number;
}

const STAMP = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/;
const NUMBER = /^\d{1,5}$/;
/** Eight digits of a date, or seconds since 1970, and whatever finer there is. */
const DATE = /^(?:\d{4}-?\d\d-?\d\d|\d{10})(?:[-_.T:]?\d{1,10}){0,6}Z?$/;

/**
 * Reads a name as rotation makes it: kube-apiserver's audit-2026-11-21T10-00-00.123.log, logrotate's audit.log.1,
 * audit.log-20261121 and (with `extension`) audit-20261121.log, each with or without .gz. Undefined for any other name.
 */
export function rotatedName(name: string): RotatedName | undefined {
  const gzip = name.endsWith('.gz');
  const plain = gzip ? name.slice(0, -3) : name;
  const dot = plain.lastIndexOf('.');
  const stem = dot > 0 ? plain.slice(0, dot) : plain;
  const extension = dot > 0 ? plain.slice(dot) : '';
  return after(plain, '', gzip) ?? (extension === '' ? undefined : after(stem, extension, gzip));
}

/** `text` is a name and what rotation put after it; `extension` what comes after that. */
function after(text: string, extension: string, gzip: boolean): RotatedName | undefined {
  if (text.endsWith('.old')) return { base: text.slice(0, -4) + extension, gzip, order: 'old', key: '' };
  for (let at = 1; at < text.length; at++) {
    const border = text[at];
    if (border !== '.' && border !== '-') continue;
    const tail = text.slice(at + 1);
    const base = text.slice(0, at) + extension;
    if (border === '.' && NUMBER.test(tail)) return { base, gzip, order: 'number', key: tail.padStart(5, '0') };
    if (!DATE.test(tail)) continue;
    const stamp = STAMP.exec(tail);
    const time = stamp === null ? NaN : Date.parse(`${stamp[1]}T${stamp[2]}:${stamp[3]}:${stamp[4]}Z`);
    return { base, gzip, order: 'date', key: tail.replaceAll(/\D/g, ''), ...(!Number.isNaN(time) && { at: time }) };
  }
  return undefined;
}
