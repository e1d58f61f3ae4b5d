/** Independent parts of a table: each grows by itself, so that growing never stops the stream for long. */
const PARTS = 64;
const FIRST_SLOTS = 64;
/** Entries of one id that lie at the id's own home; the id is the client's to choose, and one id sent for ever must not make a long walk. */
const AT_HOME = 8;
/** Marks an entry that lies at the home of its content because its id had too many. */
const AWAY = 0x80;

/** What a look at a table told: bits of `find`. The lowest bits hold how many entries of the id lie at its home. */
export const DUPLICATE = 0x100;
export const OTHER_REQUEST = 0x200;
const AT_HOME_MASK = 0xff;

/**
 * A set of 128-bit fingerprints as four signed 32-bit lanes, open-addressed with linear probing. A byte of tag per slot answers nearly
 * every look without touching the lanes. Fingerprints of one id are found by the id alone.
 */
export class FingerprintTable {
  size = 0;
  readonly #tags: Uint8Array[] = [];
  readonly #lanes: Int32Array[] = [];
  readonly #filled = new Int32Array(PARTS);

  /** Made with room for about that many entries. */
  constructor(expected = 0) {
    let slots = FIRST_SLOTS;
    while (slots * PARTS * 5 < expected * 8) slots *= 2;
    for (let part = 0; part < PARTS; part += 1) {
      this.#tags.push(new Uint8Array(slots));
      this.#lanes.push(new Int32Array(slots * 4));
    }
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#tags.reduce((sum, tags) => sum + tags.length * 17, 0);
  }

  /** DUPLICATE where all four lanes are known; else OTHER_REQUEST where the id is known with another request, and a count for `insert`. */
  find(hash: number, idHigh: number, idLow: number, request: number, content: number): number {
    const part = hash & (PARTS - 1);
    const tags = this.#tags[part]!;
    const mask = tags.length - 1;
    const tag = tagOf(hash);
    let atHome = 0;
    let other = 0;
    for (let slot = (hash >>> 13) & mask; ; slot = (slot + 1) & mask) {
      const found = tags[slot]!;
      if (found === 0) break;
      if (found !== tag) continue;
      const lanes = this.#lanes[part]!;
      const at = slot * 4;
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
    if (this.#filled[part]! * 8 >= this.#tags[part]!.length * 5) this.#grow(part);
    place(this.#tags[part]!, this.#lanes[part]!, home, away ? AWAY : 0, idHigh, idLow, request, content);
    this.#filled[part]! += 1;
    this.size += 1;
  }

  #isAway(hash: number, idHigh: number, idLow: number, request: number, content: number): boolean {
    const home = awayHash(hash, request, content);
    const tags = this.#tags[home & (PARTS - 1)]!;
    const lanes = this.#lanes[home & (PARTS - 1)]!;
    const mask = tags.length - 1;
    const tag = tagOf(home) | AWAY;
    for (let slot = (home >>> 13) & mask; tags[slot] !== 0; slot = (slot + 1) & mask) {
      const at = slot * 4;
      if (
        tags[slot] === tag &&
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
    const oldTags = this.#tags[part]!;
    const old = this.#lanes[part]!;
    const tags = new Uint8Array(oldTags.length * 2);
    const lanes = new Int32Array(old.length * 2);
    for (let slot = 0; slot < oldTags.length; slot += 1) {
      const tag = oldTags[slot]!;
      if (tag === 0) continue;
      const at = slot * 4;
      const [idHigh, idLow, request, content] = [old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!];
      const hash = idHash(idHigh, idLow);
      const home = (tag & AWAY) === 0 ? hash : awayHash(hash, request, content);
      place(tags, lanes, home, tag & AWAY, idHigh, idLow, request, content);
    }
    this.#tags[part] = tags;
    this.#lanes[part] = lanes;
  }
}

function place(
  tags: Uint8Array,
  lanes: Int32Array,
  home: number,
  away: number,
  idHigh: number,
  idLow: number,
  request: number,
  content: number,
): void {
  const mask = tags.length - 1;
  let slot = (home >>> 13) & mask;
  while (tags[slot] !== 0) slot = (slot + 1) & mask;
  tags[slot] = tagOf(home) | away;
  const at = slot * 4;
  lanes[at] = idHigh;
  lanes[at + 1] = idLow;
  lanes[at + 2] = request;
  lanes[at + 3] = content;
}

/** Where an id lies. The lanes are keyed hashes already; this only spreads them over parts, tags and slots. */
export function idHash(idHigh: number, idLow: number): number {
  let hash = Math.imul(idHigh ^ Math.imul(idLow, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

const awayHash = (hash: number, request: number, content: number): number =>
  idHash(hash ^ Math.imul(request, 0x27d4eb2f), content);

/** 1 to 127: never that of an empty slot. */
const tagOf = (hash: number): number => (hash >>> 6) & 0x7f || 0x7f;
