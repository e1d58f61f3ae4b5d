import type { JsonView } from '../json-view.ts';
import type { Means } from './shape.ts';

/** The bytes of a string in base64, inflated where they are gzip; undefined where they are not, or do not inflate. */
export function unpacked(value: JsonView | undefined, means: Means): Buffer | undefined {
  const text = value?.text;
  if (text === undefined || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  // Node stops at what is no base64, or passes over it: then bytes are missing.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (bytes.length === 0 || bytes.length !== Math.floor(((text.length - padding) * 3) / 4)) return undefined;
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? means.inflate(bytes) : bytes;
}

/** Whether these are the records of a Firehose delivery, each with its data in base64. */
export function firstIsDelivery(records: JsonView): boolean {
  for (const record of records.elements()) return record.at('data')?.isText === true;
  return false;
}
