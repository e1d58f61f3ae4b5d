import type { JsonView } from '../json-view.ts';

/**
 * What a string starts with, as it stands in the bytes, that may hold an event: JSON, or what `openshift-nodelogs`, `cri` and `syslog`
 * read before it.
 */
const START =
  /^"(?:\s|\\[nrt])*(?:[{[]|<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\dT|[A-Za-z0-9][A-Za-z0-9.-]{0,252} \{)/;
/** None of these starts is longer. */
const LONGEST = 320;

/**
 * An event, or more of them, within a wrapper: a line as a string, or what somebody parsed it to already. Undefined where a value
 * cannot hold one: other text, another object.
 */
export function embedded(value: JsonView | undefined): Buffer | undefined {
  if (value === undefined) return undefined;
  if (!value.isText) return isEvent(value) || value.isArray ? value.raw : undefined;
  const { bytes, from, to } = value;
  return START.test(bytes.toString('latin1', from, Math.min(to, from + LONGEST))) ? value.unescaped : undefined;
}

/** Whether an object is an audit event as it stands, whatever else somebody put into it. */
export function isEvent(value: JsonView): boolean {
  const { members } = value;
  const asked =
    isFilled(members.get('verb')) || isFilled(members.get('requestURI')) || isObject(members.get('objectRef'));
  return asked && (isFilled(members.get('auditID')) || isFilled(members.get('stage')) || isKindEvent(value));
}

const isFilled = (value: JsonView | undefined): boolean =>
  value !== undefined && value.isText && value.to - value.from > 2;
const isObject = (value: JsonView | undefined): boolean => value?.isObject === true;
const isKindEvent = (value: JsonView): boolean => value.at('kind')?.raw.equals(EVENT) === true;
const EVENT = Buffer.from('"Event"');
