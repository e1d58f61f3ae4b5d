import type { JsonView } from '../json-view.ts';
import { asClusterName } from './cluster-name.ts';
import { jsonOfAttributes, jsonOfValue } from './otlp-value.ts';
import type { Piece, Shape } from './shape.ts';
import { wrapperTime } from './wrapper-time.ts';

/** The name by the conventions, names that people add, and what else tells clusters apart. */
const CLUSTER = ['k8s.cluster.name', 'cluster_name', 'cluster', 'cluster_id', 'k8s.cluster.uid'] as const;
/** Attributes with this one are an event that was parsed. */
const PARSED = 'auditID';
const KNOWN: ReadonlySet<string> = new Set([...CLUSTER, PARSED]);
const LONGEST_NAME = 64;
const NONE = Buffer.from('null');

/**
 * The OpenTelemetry Collector in JSON: a record for each line, its text or what it was parsed to as the body (or as attributes, where
 * the parser puts it unless told otherwise).
 */
export const otlp: Shape = {
  id: 'otlp',
  title: 'OpenTelemetry Collector (OTLP in JSON): the event as the body of a log record',
  marks: ['resourceLogs', 'resourceSpans', 'resourceMetrics'],
  unwrap(value: JsonView) {
    const logs = value.at('resourceLogs');
    if (logs === undefined) return { passed: 'no log' };
    return logs.isArray ? { pieces: piecesOf(logs) } : undefined;
  },
};

function* piecesOf(resources: JsonView): Generator<Piece, undefined> {
  for (const logs of resources.elements()) {
    const cluster = clusterBy(textsOf(logs.at('resource', 'attributes')));
    // Versions of the protocol before 0.15 have other names for scopes and records.
    for (const scope of (logs.at('scopeLogs') ?? logs.at('instrumentationLibraryLogs'))?.elements() ?? []) {
      for (const record of (scope.at('logRecords') ?? scope.at('logs'))?.elements() ?? []) {
        const attributes = record.at('attributes');
        const texts = textsOf(attributes);
        const bytes = eventOf(record.at('body'), attributes, texts.has(PARSED));
        const time = wrapperTime(record, 'timeUnixNano', 'observedTimeUnixNano');
        yield { bytes, cluster: cluster ?? clusterBy(texts), time, mayBeCut: true };
      }
    }
  }
  return undefined;
}

/** What cannot be an event is left to be rejected as what it is. */
function eventOf(body: JsonView | undefined, attributes: JsonView | undefined, isParsed: boolean): Buffer {
  const line = body?.at('stringValue')?.text;
  if (line !== undefined && /^\s*[{[]/.test(line)) return Buffer.from(line);
  if (body?.members.has('kvlistValue') === true) return jsonOfValue(body) ?? NONE;
  if (isParsed) return jsonOfAttributes(attributes!) ?? NONE;
  return line === undefined ? NONE : Buffer.from(line);
}

/** The texts of those attributes that count. */
function textsOf(attributes: JsonView | undefined): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const pair of attributes?.elements() ?? []) {
    const name = pair.at('key');
    if (name === undefined || name.to - name.from > LONGEST_NAME || !KNOWN.has(name.text ?? '')) continue;
    const text = pair.at('value', 'stringValue')?.text;
    if (text !== undefined) texts.set(name.text!, text);
  }
  return texts;
}

function clusterBy(texts: ReadonlyMap<string, string>): string | undefined {
  for (const name of CLUSTER) {
    const cluster = asClusterName(texts.get(name));
    if (cluster !== undefined) return cluster;
  }
  return undefined;
}
