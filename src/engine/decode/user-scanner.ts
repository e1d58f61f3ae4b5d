import type { User } from '../../model/index.ts';
import { BROKEN, KeyTable } from './key-table.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { RawMemo } from './raw-memo.ts';
import type { Scanner } from './scanner.ts';

const KEYS = new KeyTable(['username', 'uid', 'groups', 'extra']);
/** `{"username":"` in words; the quote is the 13th byte. */
const START = new Int32Array(new Uint8Array(Buffer.from('{"username":')).buffer);
/** Namespaced service account names shift what tells their tokens apart; one of these offsets behind the name hits it. */
const TELLING = [196, 212, 228, 244] as const;

/** What was learnt of a user's bytes: its hash over values, and the user once somebody asked. */
export interface KnownUser {
  readonly first: number;
  readonly second: number;
  user: User | undefined;
}

/** Passes the object of a user. Users that repeat are told by their bytes. */
export class UserScanner {
  /** Of the last user passed: a hash of its values whatever the order of its members; both 0 for none. */
  first = 0;
  second = 0;
  /** A number that is equal for equal names: a place to look for what else repeats with them. */
  nameMark = 0;
  /** Where the last user is remembered, or undefined. */
  known: KnownUser | undefined;
  readonly #memo = new RawMemo<KnownUser>(1024, 2048);
  readonly #parts = new Int32Array(8);
  readonly #hash: KeyedHash;

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** Passes the value at `pos`, which starts with a brace. */
  pass(scanner: Scanner, pos: number): number {
    const { view, end } = scanner;
    this.known = undefined;
    let mark = 0;
    let marked = 0;
    if (
      pos + 320 < end &&
      view.getInt32(pos, true) === START[0] &&
      view.getInt32(pos + 4, true) === START[1] &&
      view.getInt32(pos + 8, true) === START[2]
    ) {
      let at = pos + 12;
      // Only a mark of where to look: bytes behind the name do no harm.
      for (let word = 0; word < 12; word += 1, at += 4) {
        const four = view.getInt32(at, true);
        const quote = four ^ 0x22222222;
        mark = Math.imul((mark ^ four) + word, 0x85ebca6b);
        mark ^= mark >>> 13;
        if (word > 0 && ((quote - 0x01010101) & ~quote & 0x80808080) !== 0) break;
      }
      this.nameMark = mark;
      const slot = this.#memo.find(view, pos, end, mark);
      if (slot >= 0) return this.#found(slot, pos);
      marked = mark;
      for (const offset of TELLING) {
        if (at + offset + 4 > end) break;
        marked = Math.imul(marked ^ view.getInt32(at + offset, true), 0xc2b2ae35);
        marked ^= marked >>> 15;
      }
      const other = this.#memo.find(view, pos, end, marked);
      if (other >= 0) return this.#found(other, pos);
    } else this.nameMark = 0;
    const behind = this.#scan(scanner, pos);
    if (behind < 0) return -1;
    if (mark !== 0) {
      let slot = this.#memo.offer(scanner.bytes, pos, behind, mark);
      if (slot < 0) slot = this.#memo.offer(scanner.bytes, pos, behind, marked);
      if (slot >= 0) this.known = this.#memo.made[slot] = { first: this.first, second: this.second, user: undefined };
    }
    return behind;
  }

  #found(slot: number, pos: number): number {
    const known = this.#memo.made[slot]!;
    this.known = known;
    this.first = known.first;
    this.second = known.second;
    return pos + this.#memo.lengthOf(slot);
  }

  #scan(scanner: Scanner, pos: number): number {
    const parts = this.#parts.fill(0);
    pos = scanner.space(pos + 1);
    if (scanner.at(pos) === 125) return this.#finish(scanner, pos + 1);
    for (let guess = 0; ;) {
      const id = KEYS.find(scanner, pos, guess);
      if (id === BROKEN) return -1;
      const from = KEYS.valueAt;
      const to = scanner.value(from);
      if (to < 0) return -1;
      if (id >= 0) {
        parts[id * 2] = from;
        parts[id * 2 + 1] = to;
        guess = id + 1;
      }
      pos = scanner.space(to);
      const byte = scanner.at(pos);
      if (byte === 125) return this.#finish(scanner, pos + 1);
      if (byte !== 44) return scanner.fail('not JSON', pos);
      pos = scanner.space(pos + 1);
    }
  }

  #finish(scanner: Scanner, behind: number): number {
    const hash = this.#hash;
    hash.begin(4);
    for (let part = 0; part < 8; part += 2) hash.range(scanner.view, this.#parts[part]!, this.#parts[part + 1]!);
    hash.finish();
    this.first = hash.first;
    this.second = hash.second;
    return behind;
  }
}
