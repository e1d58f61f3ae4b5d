import type { JsonView } from '../json-view.ts';
import type { Means, Piece } from './shape.ts';

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

/** What is in the data of many records, one by one; a record without data is left to be looked at as it is. */
export function* unpackedIn(records: JsonView, means: Means, path: readonly string[]): Generator<Piece, undefined> {
  for (const record of records.elements()) {
    const data = record.at(...path);
    const bytes = unpacked(data, means);
    if (bytes !== undefined) yield { bytes };
    else if (data?.isText === true) yield { bytes: data.raw, broken: 'data does not unpack' };
    else yield { bytes: record.raw };
  }
  return undefined;
}

/** Whether these are the records of a Firehose delivery, each with its data in base64. */
export function firstIsDelivery(records: JsonView): boolean {
  for (const record of records.elements()) return record.at('data')?.isText === true;
  return false;
}
