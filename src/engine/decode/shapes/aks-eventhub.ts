import type { JsonView } from '../json-view.ts';
import { Scanner } from '../scanner.ts';
import { aksEvent } from './aks-log.ts';
import { firstIsDelivery } from './packed-data.ts';
import type { Piece, Shape } from './shape.ts';

/** `{"records":[` as Azure Monitor starts its messages. */
const START = /^\{\s*"records"\s*:\s*\[/;
const STARTS_WITHIN = 64;

/** Azure Monitor puts many records into one message of an event hub, of all kinds. */
export const aksEventhub: Shape = {
  id: 'aks-eventhub',
  title: 'AKS: a message of an Azure event hub with many records',
  marks: ['records'],
  unwrap(value: JsonView) {
    const records = value.at('records');
    if (records === undefined || !records.isArray || firstIsDelivery(records)) return undefined;
    return records.elements().next().done === true ? { passed: 'no records' } : { pieces: piecesOf(records) };
  },
  /** The records before the cut are whole. */
  unwrapCut(bytes: Buffer) {
    const start = START.exec(bytes.toString('latin1', 0, STARTS_WITHIN));
    if (start === null) return undefined;
    return wholeIn(bytes, start[0].length).next().done === true
      ? undefined
      : { pieces: wholeIn(bytes, start[0].length) };
  },
};

/** Those of the audit log are taken apart at once, as there are so many; any other is looked at by itself. */
function* piecesOf(records: JsonView): Generator<Piece, undefined> {
  for (const record of records.elements()) yield aksEvent(record) ?? { bytes: record.raw };
  return undefined;
}

function* wholeIn(bytes: Buffer, from: number): Generator<Piece, undefined> {
  const scanner = new Scanner();
  scanner.reset(bytes);
  scanner.lines = false;
  for (let pos = scanner.space(from); scanner.at(pos) === 123; pos = scanner.space(pos + 1)) {
    const end = scanner.value(pos);
    if (end < 0) return undefined;
    yield { bytes: bytes.subarray(pos, end) };
    pos = scanner.space(end);
    if (scanner.at(pos) !== 44) return undefined;
  }
  return undefined;
}
