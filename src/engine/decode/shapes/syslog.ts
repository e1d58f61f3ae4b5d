import { parseTime } from '../timestamp.ts';
import type { Shape } from './shape.ts';

/** No header is longer, even with structured data in it. */
const LONGEST = 4096;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)`;
const BSD_TIME = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d`;
const DATA = String.raw`(?:\[[^ \]="]{1,32}(?: [^ \]="]{1,32}="(?:[^"\\\]]|\\.)*")*\])+`;
/** Before JSON, by the convention of CEE; the byte order mark of RFC 5424. */
const COOKIE = '(?:@cee: ?)?';
const NEW = new RegExp(
  String.raw`^<\d{1,3}>\d{1,2} (${TIME}|-)(?: \S{1,255}){4} (?:-|${DATA}) (?:\xef\xbb\xbf)?${COOKIE}(?=\{)`,
);
const OLD = new RegExp(
  String.raw`^(?:<\d{1,3}>)?(?:(${TIME})|${BSD_TIME}) \S{1,255} [^\s:[\]]{1,64}(?:\[\d{1,10}\])?: ?${COOKIE}(?=\{)`,
);

/** A line with a header of RFC 5424, RFC 3164 or of rsyslog's files. Relays cut long messages. */
export const syslog: Shape = {
  id: 'syslog',
  title: 'Syslog (RFC 5424, RFC 3164, files of rsyslog): a header, the event',
  marks: [],
  unwrap: () => undefined,
  unwrapLine(line: Buffer) {
    const start = line.toString('latin1', 0, LONGEST);
    const [header, time] = NEW.exec(start) ?? OLD.exec(start) ?? [];
    if (header === undefined) return undefined;
    const at = time === undefined || time === '-' ? undefined : parseTime(time);
    return { pieces: [{ bytes: line.subarray(header.length), time: at, mayBeCut: true }] };
  },
};
