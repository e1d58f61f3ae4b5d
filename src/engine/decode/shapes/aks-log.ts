import type { JsonView } from '../json-view.ts';
import { parseTime } from '../timestamp.ts';
import { azureCluster } from './azure-cluster.ts';
import type { Piece } from './shape.ts';

const AUDIT: ReadonlySet<string> = new Set(['kube-audit', 'kube-audit-admin']);
/** Severity and day, as klog starts its lines. */
/** White space before an event is not looked through for longer. */
const LOOK = 256;
const BEGINS = /^\s*\{/;
const KLOG = /^[IWEF]\d{4} $/;

/** What stands in a record of Azure's diagnostic settings. other: another log than the audit log. */
export type AksLog = 'object' | 'text' | 'klog' | 'other' | 'metric';

/** Tells what a record of Azure's diagnostic settings holds; undefined where the value is none. */
export function aksLog(value: JsonView): AksLog | undefined {
  const { members } = value;
  // An event to which somebody added a category stays an event.
  if (members.has('auditID') || members.has('requestURI')) return undefined;
  const category = value.at('category')?.text;
  if (category === undefined)
    return value.at('metricName')?.isText === true && value.at('resourceId')?.isText === true ? 'metric' : undefined;
  if (!members.has('properties') && !members.has('resourceId') && !members.has('operationName')) return undefined;
  if (!AUDIT.has(category)) return 'other';
  const log = value.at('properties', 'log');
  if (log === undefined) return 'text';
  if (log.isObject) return 'object';
  return log.isText && KLOG.test(log.raw.toString('latin1', 1, 7)) ? 'klog' : 'text';
}

/** The event of a record of the audit log; undefined where there is none in it. */
export function aksEvent(record: JsonView): Piece | undefined {
  const log = aksLog(record);
  if (log === 'object') return pieceOf(record, record.at('properties', 'log')!.raw);
  if (log !== 'text') return undefined;
  const properties = record.at('properties');
  // Some ways out of Azure write the properties themselves as a string.
  const line = (properties?.isText ? properties : properties?.at('log'))?.unescaped;
  // The line behind a cut has lost its beginning, and with it who did what.
  return line !== undefined && BEGINS.test(line.toString('latin1', 0, LOOK)) ? pieceOf(record, line) : undefined;
}

const pieceOf = (record: JsonView, bytes: Buffer): Piece => ({
  bytes,
  cluster: azureCluster(record.at('resourceId')),
  // Only asked for where the event was cut.
  get time() {
    return parseTime(record.at('time')?.text ?? '');
  },
  mayBeCut: true,
});
