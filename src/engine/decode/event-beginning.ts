import { SPAN } from './spans.ts';

const [LINE_END, QUOTE] = [10, 34] as readonly [number, number];
/** The longest beginning that is kept, in bytes: kind, version and level of an event. */
const LONGEST = 128;
/** A log has a few: one for each level. */
const KEPT = 4;
/** `,"stage":"ResponseComplete",` in words: how most events go on behind their Audit-ID. */
const COMPLETE_TEXT = Buffer.from(',"stage":"ResponseComplete",');
const COMPLETE = Int32Array.from({ length: COMPLETE_TEXT.length / 4 }, (_, word) =>
  COMPLETE_TEXT.readInt32LE(word * 4),
);
/** Where the stage's text begins and ends in it. */
const STAGE = [10, 26] as const;

interface Kept {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Of the level's text, from the beginning on. */
  readonly levelFrom: number;
  readonly levelTo: number;
  readonly hasKind: boolean;
}

/**
 * How events begin, up to their Audit-ID: the same bytes for nearly all of a log. What was checked once is told by comparing bytes.
 */
export class EventBeginnings {
  /** Of the beginning that `pass` found. */
  hasKind = false;
  readonly #kept: Kept[] = [];
  #next = 0;

  /** Behind a beginning that is known, where the name of the Audit-ID stands; -1 where there is none. Notes the level. */
  pass(view: DataView, pos: number, end: number, spans: Int32Array): number {
    for (let index = 0; index < this.#kept.length; index += 1) {
      const kept = this.#kept[index]!;
      const behind = pos + kept.length;
      // A blank may follow where none did before.
      if (behind >= end || !matches(kept, view, pos) || view.getUint8(behind) !== QUOTE) continue;
      spans[SPAN.level] = pos + kept.levelFrom;
      spans[SPAN.level + 1] = pos + kept.levelTo;
      this.hasKind = kept.hasKind;
      return behind;
    }
    return -1;
  }

  /**
   * Keeps a beginning that was checked: nothing but a kind (of an Event), a version and a level, each once, stands in it. One over
   * several lines is not kept: where it may stand depends on what came before.
   */
  keep(bytes: Buffer, from: number, to: number, spans: Int32Array, hasKind: boolean): void {
    const length = to - from;
    if (length > LONGEST) return;
    const copy = new Uint8Array(Math.ceil(length / 4) * 4);
    copy.set(bytes.subarray(from, to));
    if (copy.includes(LINE_END)) return;
    const level = [spans[SPAN.level]! - from, spans[SPAN.level + 1]! - from] as const;
    this.#kept[this.#next] = {
      words: new Int32Array(copy.buffer),
      bytes: copy,
      length,
      levelFrom: level[0],
      levelTo: level[1],
      hasKind,
    };
    this.#next = (this.#next + 1) % KEPT;
  }
}

function matches({ words, bytes, length }: Kept, view: DataView, pos: number): boolean {
  const full = length >> 2;
  for (let word = 0; word < full; word += 1) if (view.getInt32(pos + word * 4, true) !== words[word]) return false;
  for (let index = full << 2; index < length; index += 1) if (view.getUint8(pos + index) !== bytes[index]) return false;
  return true;
}

/** Whether the event goes on as most do behind the Audit-ID, whose value ends at `pos`. Notes the stage. */
export function isComplete(view: DataView, pos: number, end: number, spans: Int32Array): boolean {
  // The next name follows at once: blanks are for the long way.
  if (pos + COMPLETE_TEXT.length >= end || view.getUint8(pos + COMPLETE_TEXT.length) !== QUOTE) return false;
  for (let word = 0; word < COMPLETE.length; word += 1)
    if (view.getInt32(pos + word * 4, true) !== COMPLETE[word]) return false;
  spans[SPAN.stage] = pos + STAGE[0];
  spans[SPAN.stage + 1] = pos + STAGE[1];
  return true;
}

/** How far behind the Audit-ID's value `isComplete` has looked. */
export const COMPLETE_LENGTH = COMPLETE_TEXT.length;
/** Where the stage's value begins in that. */
export const STAGE_VALUE = STAGE[0] - 1;
