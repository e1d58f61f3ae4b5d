import { parseTime } from '../timestamp.ts';
import type { Shape } from './shape.ts';

/** Time, stream, and whether the line is whole (`F`) or goes on in the next one (`P`). */
const HEADER =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (?:stdout|stderr) [FP](?::[A-Za-z]+)* /;
const KLOG = /^[IWEF]\d{4} \d\d:\d\d:\d\d/;

/**
 * The log of a container as containerd and CRI-O write it, for an API server that audits to its standard output (`--audit-log-path=-`)
 * among its other messages. Lines over 16 KiB are split: what is in the first part counts.
 */
export const cri: Shape = {
  id: 'cri',
  title: "A container's log file (containerd, CRI-O): time, stream, tag, the event",
  marks: [],
  unwrap: () => undefined,
  unwrapLine(line: Buffer) {
    const [header, time] = HEADER.exec(line.toString('latin1', 0, 80)) ?? [];
    if (header === undefined) return undefined;
    const bytes = line.subarray(header.length);
    if (bytes[0] === 123) return { pieces: [{ bytes, time: parseTime(time!), mayBeCut: true }] };
    return KLOG.test(bytes.toString('latin1', 0, 16)) ? { passed: 'klog text' } : { broken: 'no start of an event' };
  },
};
