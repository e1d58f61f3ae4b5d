/** Members of one object whose places are kept. */
const MOST = 64;

/** Where the members of the object stand that was walked over last: for each its name, and its value from and to. */
export class MemberPlaces {
  /** How many there are; -1 where not all of them are known. */
  count = 0;
  readonly at = new Int32Array(3 * MOST);

  clear(isUnknown: boolean): void {
    this.count = isUnknown ? -1 : 0;
  }

  add(name: number, from: number, to: number): void {
    const { count } = this;
    if (count < 0) return;
    if (count === MOST) {
      this.count = -1;
      return;
    }
    const place = 3 * count;
    this.at[place] = name;
    this.at[place + 1] = from;
    this.at[place + 2] = to;
    this.count = count + 1;
  }
}
