import { RawMemo } from './raw-memo.ts';
import { cut, rawText } from './raw-text.ts';
import { redactName } from './redact.ts';
import type { Scanner } from './scanner.ts';

/** Names of resources, verbs and the like are cut at this many characters. */
export const NAME = 512;

/** Short strings that repeat, each decoded and redacted once: the same bytes give the same string object while they are remembered. */
export class Interner {
  readonly #memo = new RawMemo<string>(1024, 64);
  readonly #joined = new Map<string, Map<string, string>>();
  #pairs = 0;
  /** Where to look for what repeats together with the last text. */
  mark = 0;

  /** The text of the string whose first byte behind the quote is at `from` and whose closing quote is at `to`. */
  text(scanner: Scanner, ascii: boolean, from: number, to: number): string {
    const { view } = scanner;
    // With its closing quote, so that no string is taken for the start of another.
    const length = to + 1 - from;
    let mark = length;
    if (length >= 4)
      mark = Math.imul(
        mark ^ view.getInt32(from, true) ^ Math.imul(view.getInt32(to - 3, true), 0x9e3779b1),
        0x85ebca6b,
      );
    else for (let at = from; at <= to; at += 1) mark = Math.imul(mark ^ view.getUint8(at), 0x85ebca6b);
    mark ^= mark >>> 15;
    this.mark = mark;
    const memo = this.#memo;
    let slot = memo.find(view, from, to + 1, mark);
    if (slot >= 0) return memo.made[slot]!;
    // A second place for strings whose first one is taken.
    const other = mark >>> 11;
    slot = memo.find(view, from, to + 1, other);
    if (slot >= 0) return memo.made[slot]!;
    const text = redactName(rawText(scanner.bytes, ascii, from, to, NAME));
    slot = memo.offer(scanner.bytes, from, to + 1, mark);
    if (slot < 0) slot = memo.offer(scanner.bytes, from, to + 1, other);
    if (slot >= 0) memo.made[slot] = text;
    return text;
  }

  /** "pods" and "exec" as "pods/exec". */
  join(resource: string, subresource: string): string {
    if (subresource === '') return resource;
    const known = this.#joined.get(resource)?.get(subresource);
    if (known !== undefined) return known;
    const joined = cut(`${resource}/${subresource}`, 2 * NAME + 1);
    if (this.#pairs >= 2_048) return joined;
    this.#pairs += 1;
    const inner = this.#joined.get(resource) ?? new Map<string, string>();
    this.#joined.set(resource, inner.set(subresource, joined));
    return joined;
  }
}
