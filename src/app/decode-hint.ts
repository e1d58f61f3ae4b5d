import { JsonView } from '../engine/decode/json-view.ts';
import { Scanner } from '../engine/decode/scanner.ts';
import type { Reject } from '../model/index.ts';

/** Objects beyond this size are not looked into for a hint. */
const LARGEST = 64 * 1024;
/** Member names that are told. */
const MEMBERS = 12;
/** A name as programs give it: words, no digits but at the end. What is longer or mixed may be a secret that stands as a name. */
const WORDS = /^[@_.]?[A-Za-z]{1,16}(?:[._/-]?[A-Za-z]{1,16}){0,3}\d{0,2}$/;
const LONGEST = 32;

/** What to do about each reason; those of shapes are told by their shape. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['not JSON', 'text that is neither JSON nor a form of log that Lapwing knows.'],
  [
    'no usable time',
    'it has neither a stageTimestamp nor a requestReceivedTimestamp in RFC 3339: whoever passed it on has dropped or rewritten them.',
  ],
  ['code is not an integer', 'responseStatus.code is no whole number: no API server writes that.'],
  [
    'unexpected end',
    'it breaks off: the record was cut on its way (a size limit, a full disk, a rotation), or it is still being written.',
  ],
  ['text behind the value', 'one JSON value a line, or one in a record: something else follows the first.'],
  ['nested too deep', 'deeper than any API server takes: made by hand.'],
  [
    'control character in a string',
    'a raw line end or control character within a string: whoever passed it on undid its escapes.',
  ],
  ['bad escape', 'a backslash that JSON does not know: whoever passed it on undid or doubled its escapes.'],
  ['bad number', 'a number that JSON does not know, such as 01, NaN or .5.'],
  [
    'cut short',
    'the event was cut on its way before what makes it one (who did what, and when): raise the size limit of whoever passes it on.',
  ],
  [
    'data does not unpack',
    'its data is no base64, or gzip that is broken or inflates to more than 64 MiB with all else in its record.',
  ],
  [
    'rest of a cut record',
    'Azure cut the record in two: what the first part tells is read there, this part has no beginning.',
  ],
  ['wrapped too often', 'wrappers within wrappers, more than are ever needed: look at what passes it on twice.'],
]);

/** What a reader can do about a reject, in a sentence; more exactly with the bytes of its record at hand. */
export function hintOf({ reason, shape, position, bytes }: Reject, record?: Buffer): string {
  // Only what stands in no wrapper stands in the record's own bytes.
  const from = Number(position.slice(position.lastIndexOf('+') + 1));
  const own = shape === 'unknown' ? record?.subarray(from, from + bytes) : undefined;
  if (reason === 'not an event') return own === undefined ? INNER : valueHint(own);
  const exact = own === undefined ? undefined : (textHint(own) ?? breakHint(own));
  if (exact !== undefined && OF_TEXT.has(reason)) return exact;
  if (/^not [a-z0-9-]+$/.test(reason)) return FORCED;
  return HINTS.get(reason) ?? `docs/shapes.md tells what Lapwing expects of ${shape === 'unknown' ? 'events' : shape}.`;
}

/** Reasons for what is no JSON: what it is instead can be told from its bytes. */
const OF_TEXT: ReadonlySet<string> = new Set([
  'not JSON',
  'bad number',
  'text behind the value',
  'control character in a string',
]);
const FORCED =
  'it is not of the shape that --shape or the configuration insists on: without that each record tells its own.';
const INNER = 'what the wrapper holds is no audit event: is another log sent the same way?';

/** Of a whole JSON value that is no event. */
function valueHint(bytes: Buffer): string {
  const first = bytes[0];
  if (first === 34) return 'a JSON string: if an event stands in it, it was encoded twice on its way.';
  if (first === 91 || first !== 123) return 'a JSON value that is no object.';
  if (bytes.length > LARGEST) return 'a large object of no known shape.';
  const view = new JsonView(bytes, 0, bytes.length);
  const [kind, version] = [view.at('kind')?.text, view.at('apiVersion')?.text ?? ''];
  if (kind === 'Policy' && version.startsWith('audit.k8s.io'))
    return 'an audit policy, not an audit log: the log is what --audit-log-path names.';
  if (kind === 'Event' && !version.startsWith('audit.k8s.io') && view.at('involvedObject', 'kind') !== undefined)
    return 'an Event object of the cluster (kubectl get events), not an audit event: the audit log is what --audit-log-path names.';
  if (kind === 'Event') return 'it says that it is an Event and has neither a verb, a requestURI nor an objectRef.';
  if (kind !== undefined && version !== '' && WORDS.test(kind))
    return `an object of the Kubernetes API (${kind}), not an audit event.`;
  const names = [...view.members.keys()];
  if (names.length === 0) return 'an empty object.';
  return (
    `an object with the ${names.length === 1 ? 'member' : 'members'} ${membersOf(names)}: no known shape. ` +
    'If this is a wrapper that Lapwing should know, see docs/shapes.md.'
  );
}

/** Names that cannot be a secret; of others only how many there are. */
function membersOf(names: readonly string[]): string {
  const shown = names.filter((name) => name.length <= LONGEST && WORDS.test(name)).slice(0, MEMBERS);
  const rest = names.length - shown.length;
  if (rest > 0) shown.push(shown.length === 0 ? `${rest} of its own making` : `${rest} more`);
  return shown.join(', ');
}

/** Of what is no JSON; undefined where it tells nothing. */
function textHint(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1', 0, 128);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return 'gzip within the input: whole files may be gzip, single records only in a shape that says so.';
  if (text.includes('\0')) return 'binary, or UTF-16: an audit log is UTF-8.';
  return TEXTS.find(([form]) => form.test(text))?.[1];
}

const TEXTS: readonly (readonly [form: RegExp, hint: string])[] = [
  [
    /^[IWEF]\d{4} \d\d:\d\d:\d\d/,
    "the API server's own log (klog), not its audit log: that is what --audit-log-path names.",
  ],
  [/^\{(?:'|\\")/, 'JSON whose quotes were changed or escaped on its way: it must be handed on as it is.'],
  [/^(?:apiVersion|kind): /, 'YAML: an audit log is JSON, one event a line.'],
  [/^<[!?a-z]/i, 'a web page or XML: was it fetched from behind a login?'],
  [
    /^(?:"[\w.@/-]{1,64}"\s*:|[}\]],?$)/,
    'a line out of JSON that is spread over many lines, and that could not be put together: see the first record that broke before it.',
  ],
];

/** Where JSON breaks; undefined for what never was any. */
function breakHint(bytes: Buffer): string | undefined {
  if (bytes[0] !== 123 && bytes[0] !== 91) return undefined;
  const scanner = new Scanner();
  scanner.reset(bytes);
  const end = scanner.value(0);
  if (end >= 0) return undefined;
  if (scanner.failure === 'unexpected end') return HINTS.get('unexpected end');
  return `it begins as JSON and stops to be it at its byte ${scanner.failedAt}: whoever passed it on has changed it.`;
}
