import type { JsonView } from '../json-view.ts';
import { firstIsDelivery, unpacked, unpackedIn } from './packed-data.ts';
import { asClusterName } from './cluster-name.ts';
import type { Means, Piece, Shape, Unwrapped } from './shape.ts';

/** EKS writes the logs of all parts of one control plane to one group, the audit log to streams of its own. */
const GROUP = /^\/aws\/eks\/([^/]+)\/cluster$/;
const AUDIT_STREAM = /^kube-apiserver-audit(?:-|$)/;
/** CloudWatch Logs cuts long messages, and says so. */
const CUT = '[Truncated...]';
/** Milliseconds of the year 2255, where exact microseconds end. */
const LAST = 9e12;

/**
 * A subscription to a CloudWatch log group: a document with messages, in base64 and gzip as Lambda, Kinesis or Firehose hand it on, or
 * by itself.
 */
export const eksCloudwatch: Shape = {
  id: 'eks-cloudwatch',
  title: 'EKS: CloudWatch Logs by subscription, Kinesis, Firehose or Lambda',
  marks: ['awslogs', 'Records', 'records', 'logEvents'],
  unwrap(value: JsonView, means: Means) {
    const invoked = value.at('awslogs', 'data');
    if (invoked?.isText === true) {
      const bytes = unpacked(invoked, means);
      return bytes === undefined ? { broken: 'data does not unpack' } : { pieces: [{ bytes }] };
    }
    const kinesis = value.at('Records');
    if (kinesis?.isArray === true) return dataOf(kinesis, means, 'kinesis', 'data');
    const delivery = value.at('records');
    if (delivery?.isArray === true && firstIsDelivery(delivery)) return dataOf(delivery, means, 'data');
    return value.at('messageType')?.text === 'DATA_MESSAGE' ? messagesOf(value) : undefined;
  },
};

/** Undefined where no record has such data: other records travel under the same name. */
function dataOf(records: JsonView, means: Means, ...path: readonly string[]): Unwrapped | undefined {
  for (const record of records.elements())
    if (record.at(...path)?.isText === true) return { pieces: unpackedIn(records, means, path) };
  return undefined;
}

function messagesOf(document: JsonView): Unwrapped | undefined {
  const events = document.at('logEvents');
  if (events?.isArray !== true) return { broken: 'no logEvents' };
  const group = GROUP.exec(document.at('logGroup')?.text?.slice(0, 512) ?? '');
  const stream = document.at('logStream')?.text;
  if (group !== null && stream !== undefined && !AUDIT_STREAM.test(stream)) return { passed: 'another stream' };
  const cluster = asClusterName(group?.[1]);
  return { pieces: messagesIn(events, cluster) };
}

function* messagesIn(events: JsonView, cluster: string | undefined): Generator<Piece, undefined> {
  for (const event of events.elements()) yield messageOf(event, cluster);
  return undefined;
}

function messageOf(event: JsonView, cluster: string | undefined): Piece {
  const message = event.at('message')?.text;
  if (message === undefined) return { bytes: event.raw, cluster };
  const millis = event.at('timestamp')?.number ?? -1;
  const time = millis >= 0 && millis <= LAST ? Math.floor(millis) * 1_000 : Number.NaN;
  const whole = message.endsWith(CUT) ? message.slice(0, -CUT.length) : message;
  return { bytes: Buffer.from(whole), cluster, time, mayBeCut: true };
}
