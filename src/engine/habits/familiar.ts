const SLOTS = 1 << 15;
const WIDTH = 3;

/** What `Familiar` looks at: hashes of the user, and of three sides of what it does. Numbers of 32 bits. */
export interface Marks {
  readonly userHigh: number;
  readonly userLow: number;
  readonly deedMark: number;
  readonly placeMark: number;
  readonly originMark: number;
}

/** The sides of an event as bits: its deed, its place (the namespace), its origin (network and agent). */
export const SIDE = { deed: 1, place: 2, origin: 4 } as const;

/**
 * Tells what was learnt in this hour already, without a look at the event: a table of hashes, where the newer takes the older's
 * place. A mistaken "no" costs a second look, which changes nothing; a mistaken "yes" takes a collision of hashes that hold a secret.
 */
export class Familiar {
  readonly #slots = new Int32Array(SLOTS * WIDTH);

  /** The sides that are not known for this hour, as bits; from now on they are. */
  strange({ userHigh, userLow, deedMark, placeMark, originMark }: Marks, cluster: number, hour: number): number {
    const user = Math.imul(userHigh ^ cluster, 0x9e3779b1) ^ userLow;
    return (
      (this.#check(user, userLow, Math.imul(deedMark ^ 1, 0x85ebca6b), hour) ? 0 : SIDE.deed) |
      (this.#check(user, userLow, Math.imul(placeMark ^ 2, 0xc2b2ae35), hour) ? 0 : SIDE.place) |
      (this.#check(user, userLow, Math.imul(originMark ^ 3, 0x27d4eb2f), hour) ? 0 : SIDE.origin)
    );
  }

  #check(user: number, second: number, mark: number, hour: number): boolean {
    const first = Math.imul(user ^ mark, 0x85ebca6b);
    const at = ((first ^ (first >>> 15)) & (SLOTS - 1)) * WIDTH;
    const slots = this.#slots;
    const other = second ^ mark;
    if (slots[at] === first && slots[at + 1] === other && slots[at + 2] === hour) return true;
    slots[at] = first;
    slots[at + 1] = other;
    slots[at + 2] = hour;
    return false;
  }
}
