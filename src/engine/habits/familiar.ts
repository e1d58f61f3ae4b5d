const SLOTS = 1 << 15;
const WIDTH = 3;
/** Users that are remembered for having come, while memory is short. */
const DOOR = 1 << 16;

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
  readonly #door = new Int32Array(DOOR);

  /**
   * The sides that are not known for this hour, as bits; from now on they are. While memory is `pressed`, whoever was not seen of late is
   * only noted, and -1 given: names that come once must not cost a look each.
   */
  strange(marks: Marks, cluster: number, hour: number, pressed: boolean): number {
    const { userHigh, userLow, deedMark, placeMark, originMark } = marks;
    const user = Math.imul(userHigh ^ cluster, 0x9e3779b1) ^ userLow;
    const deed = Math.imul(deedMark ^ 1, 0x85ebca6b);
    const place = Math.imul(placeMark ^ 2, 0xc2b2ae35);
    const origin = Math.imul(originMark ^ 3, 0x27d4eb2f);
    const strange =
      (this.#knows(user, userLow, deed, hour) ? 0 : SIDE.deed) |
      (this.#knows(user, userLow, place, hour) ? 0 : SIDE.place) |
      (this.#knows(user, userLow, origin, hour) ? 0 : SIDE.origin);
    if (strange === 0) return 0;
    if (pressed && this.#comesFirst(user, userLow)) return -1;
    if ((strange & SIDE.deed) !== 0) this.#learn(user, userLow, deed, hour);
    if ((strange & SIDE.place) !== 0) this.#learn(user, userLow, place, hour);
    if ((strange & SIDE.origin) !== 0) this.#learn(user, userLow, origin, hour);
    return strange;
  }

  #knows(user: number, second: number, mark: number, hour: number): boolean {
    const slots = this.#slots;
    const at = placeOf(user, mark);
    return (
      slots[at] === Math.imul(user ^ mark, 0x85ebca6b) && slots[at + 1] === (second ^ mark) && slots[at + 2] === hour
    );
  }

  #learn(user: number, second: number, mark: number, hour: number): void {
    const slots = this.#slots;
    const at = placeOf(user, mark);
    slots[at] = Math.imul(user ^ mark, 0x85ebca6b);
    slots[at + 1] = second ^ mark;
    slots[at + 2] = hour;
  }

  #comesFirst(user: number, second: number): boolean {
    const at = (second ^ (user >>> 16)) & (DOOR - 1);
    if (this.#door[at] === user) return false;
    this.#door[at] = user;
    return true;
  }
}

function placeOf(user: number, mark: number): number {
  const first = Math.imul(user ^ mark, 0x85ebca6b);
  return ((first ^ (first >>> 15)) & (SLOTS - 1)) * WIDTH;
}
