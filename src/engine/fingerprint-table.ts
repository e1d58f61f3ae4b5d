/** Independent parts of a table: each grows by itself, so that growing never stops the stream for long. */
const PARTS = 64;
const FIRST_SLOTS = 64;
const FIRST_ENTRIES = 16;
/** Entries of one id that lie at the id's own home; the id is the client's to choose, and one id sent for ever must not make a long walk. */
const AT_HOME = 8;

/** A slot: the number of its entry in the lower bits (0: none), then a tag of its hash, then whether it lies away from its id's home. */
const NUMBER = 0x1_ffff;
const TAG_SHIFT = 17;
const AWAY = -0x8000_0000;
const TAG_AND_AWAY = ~NUMBER;

/** What a look at a table told: bits of `find`. The lowest bits hold how many entries of the id lie at its home. */
export const DUPLICATE = 0x100;
export const OTHER_REQUEST = 0x200;
const AT_HOME_MASK = 0xff;

/** The four lanes of an event's fingerprint. */
export interface Print {
  readonly idHigh: number;
  readonly idLow: number;
  readonly requestHash: number;
  readonly contentHash: number;
}

/**
 * A set of 128-bit fingerprints as four signed 32-bit lanes. The fingerprints lie in the order in which they came; an open-addressed index
 * with linear probing leads to them by a number and a tag, so that a look at what is new touches one place of memory, and so does
 * keeping it. Fingerprints of one id are found by the id alone.
 */
export class FingerprintTable {
  size = 0;
  readonly #slots: Int32Array[] = [];
  readonly #lanes: Int32Array[] = [];
  readonly #filled = new Int32Array(PARTS);

  /** Made with room for about that many entries, at most eight million. */
  constructor(expected = 0) {
    let slots = FIRST_SLOTS;
    while (slots * PARTS < expected * 2) slots *= 2;
    const entries = Math.max(FIRST_ENTRIES, Math.ceil((expected / PARTS) * 1.05));
    for (let part = 0; part < PARTS; part += 1) {
      this.#slots.push(new Int32Array(slots));
      this.#lanes.push(new Int32Array(entries * 4));
    }
  }

  /** Bytes held. */
  get bytes(): number {
    return [...this.#slots, ...this.#lanes].reduce((sum, each) => sum + each.byteLength, 0);
  }

  /** DUPLICATE where all four lanes are known; else OTHER_REQUEST where the id is known with another request, and a count for `insert`. */
  find(hash: number, idHigh: number, idLow: number, request: number, content: number): number {
    const part = hash & (PARTS - 1);
    const slots = this.#slots[part]!;
    const mask = slots.length - 1;
    const tag = tagOf(hash);
    let atHome = 0;
    let other = 0;
    for (let slot = (hash >>> 6) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot]!;
      if (found === 0) break;
      if ((found & TAG_AND_AWAY) !== tag) continue;
      const lanes = this.#lanes[part]!;
      const at = ((found & NUMBER) - 1) * 4;
      if (lanes[at] !== idHigh || lanes[at + 1] !== idLow) continue;
      if (lanes[at + 2] !== request) other = OTHER_REQUEST;
      else if (lanes[at + 3] === content) return DUPLICATE;
      atHome += 1;
    }
    if (atHome >= AT_HOME && this.#isAway(hash, idHigh, idLow, request, content)) return DUPLICATE;
    return other | atHome;
  }

  /** Adds a fingerprint; `found` is what `find` said of it. */
  insert(hash: number, found: number, idHigh: number, idLow: number, request: number, content: number): void {
    const away = (found & AT_HOME_MASK) >= AT_HOME;
    const home = away ? awayHash(hash, request, content) : hash;
    const part = home & (PARTS - 1);
    const at = this.#filled[part]! * 4;
    // Keyed hashes never fill one part so far; nothing that is worse than forgetting may come of it.
    if (at >= NUMBER * 4) return;
    if (at * 2 >= this.#slots[part]!.length * 4) this.#grow(part);
    if (at === this.#lanes[part]!.length) this.#lengthen(part);
    const lanes = this.#lanes[part]!;
    lanes[at] = idHigh;
    lanes[at + 1] = idLow;
    lanes[at + 2] = request;
    lanes[at + 3] = content;
    this.#filled[part]! += 1;
    this.size += 1;
    place(this.#slots[part]!, home, tagOf(home) | (away ? AWAY : 0) | this.#filled[part]!);
  }

  /** Every fingerprint, in no order that means anything. Those that are added meanwhile may be among them or not. */
  *prints(): Generator<Print> {
    for (let part = 0; part < PARTS; part += 1) {
      // A part that grows goes on with other lanes; these stay as they are.
      const lanes = this.#lanes[part]!;
      const end = this.#filled[part]! * 4;
      for (let at = 0; at < end; at += 4)
        yield {
          idHigh: lanes[at]!,
          idLow: lanes[at + 1]!,
          requestHash: lanes[at + 2]!,
          contentHash: lanes[at + 3]!,
        };
    }
  }

  #isAway(hash: number, idHigh: number, idLow: number, request: number, content: number): boolean {
    const home = awayHash(hash, request, content);
    const slots = this.#slots[home & (PARTS - 1)]!;
    const lanes = this.#lanes[home & (PARTS - 1)]!;
    const mask = slots.length - 1;
    const tag = tagOf(home) | AWAY;
    for (let slot = (home >>> 6) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = ((slots[slot]! & NUMBER) - 1) * 4;
      if (
        (slots[slot]! & TAG_AND_AWAY) === tag &&
        lanes[at] === idHigh &&
        lanes[at + 1] === idLow &&
        lanes[at + 2] === request &&
        lanes[at + 3] === content
      )
        return true;
    }
    return false;
  }

  #grow(part: number): void {
    const old = this.#slots[part]!;
    const lanes = this.#lanes[part]!;
    const slots = new Int32Array(old.length * 2);
    for (const slot of old) {
      if (slot === 0) continue;
      const at = ((slot & NUMBER) - 1) * 4;
      const hash = idHash(lanes[at]!, lanes[at + 1]!);
      place(slots, (slot & AWAY) === 0 ? hash : awayHash(hash, lanes[at + 2]!, lanes[at + 3]!), slot);
    }
    this.#slots[part] = slots;
  }

  #lengthen(part: number): void {
    const old = this.#lanes[part]!;
    const lanes = new Int32Array(old.length + Math.ceil(old.length / 8) * 4);
    lanes.set(old);
    this.#lanes[part] = lanes;
  }
}

function place(slots: Int32Array, home: number, value: number): void {
  const mask = slots.length - 1;
  let slot = (home >>> 6) & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = value;
}

/** Where an id lies. The lanes are keyed hashes already; this only spreads them over parts, slots and tags. */
export function idHash(idHigh: number, idLow: number): number {
  let hash = Math.imul(idHigh ^ Math.imul(idLow, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

const awayHash = (hash: number, request: number, content: number): number =>
  idHash(hash ^ Math.imul(request, 0x27d4eb2f), content);

/** The upper fourteen bits of a hash, in place. */
const tagOf = (hash: number): number => (hash >>> 18) << TAG_SHIFT;
