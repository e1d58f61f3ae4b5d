import type { Interner } from './interner.ts';
import { BROKEN, KeyTable } from './key-table.ts';
import type { Scanner } from './scanner.ts';
import { passOther, passText, SPAN } from './spans.ts';

const OBJECT = new KeyTable([
  'resource',
  'namespace',
  'name',
  'uid',
  'apiGroup',
  'apiVersion',
  'resourceVersion',
  'subresource',
]);
const OBJECT_SPANS = [
  SPAN.resource,
  SPAN.namespace,
  SPAN.name,
  -1,
  SPAN.apiGroup,
  SPAN.apiVersion,
  -1,
  SPAN.subresource,
];

/** Passes an event's objectRef. */
export class RefScanner {
  /** "pods", "pods/exec"; interned. */
  resource = '';
  apiGroup = '';
  /** Where to look for what repeats with the resource. */
  mark = 0;
  /** The same with the subresource. */
  whole = 0;
  readonly #interner: Interner;

  constructor(interner: Interner) {
    this.#interner = interner;
  }

  clear(): void {
    this.resource = '';
    this.apiGroup = '';
    this.mark = 0;
    this.whole = 0;
  }

  /** Passes the value at `from`. */
  pass(scanner: Scanner, ascii: boolean, from: number, spans: Int32Array): number {
    for (const part of OBJECT_SPANS) if (part >= 0) spans[part] = spans[part + 1] = 0;
    this.clear();
    if (scanner.at(from) !== 123) return passOther(scanner, from, spans, SPAN.object);
    let pos = scanner.space(from + 1);
    for (let guess = 0; scanner.at(pos) !== 125;) {
      const id = OBJECT.find(scanner, pos, guess);
      if (id === BROKEN) return -1;
      const part = id >= 0 ? OBJECT_SPANS[id]! : -1;
      pos = part >= 0 ? passText(scanner, OBJECT.valueAt, spans, part) : scanner.value(OBJECT.valueAt);
      if (pos < 0) return -1;
      if (id >= 0) guess = id + 1;
      pos = scanner.space(pos);
      if (scanner.at(pos) === 125) break;
      if (scanner.at(pos) !== 44) return scanner.fail('not JSON', pos);
      pos = scanner.space(pos + 1);
      if (scanner.at(pos) === 125) return scanner.fail('not JSON', pos);
    }
    spans[SPAN.object] = from;
    spans[SPAN.object + 1] = pos + 1;
    this.apiGroup = this.#name(scanner, ascii, spans, SPAN.apiGroup);
    const resource = this.#name(scanner, ascii, spans, SPAN.resource);
    this.mark = this.#interner.mark;
    const subresource = this.#name(scanner, ascii, spans, SPAN.subresource);
    this.whole = subresource === '' ? this.mark : Math.imul(this.mark ^ this.#interner.mark, 0xc2b2ae35);
    this.resource = this.#interner.join(resource, subresource);
    return pos + 1;
  }

  #name(scanner: Scanner, ascii: boolean, spans: Int32Array, part: number): string {
    const from = spans[part]!;
    const to = spans[part + 1]!;
    return to > from ? this.#interner.text(scanner, ascii, from, to) : '';
  }
}
