/** What is to happen when, the earliest first; equal times in the order in which they were added. */
export class Agenda<T> {
  readonly #heap: { time: number; order: number; item: T }[] = [];
  #order = 0;

  add(time: number, item: T): void {
    const heap = this.#heap;
    const entry = { time, order: this.#order++, item };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Takes out the earliest, unless it is later than the end. */
  next(end: number): { readonly time: number; readonly item: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.time > end) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: { time: number; order: number; item: T }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, entry)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = entry;
  }
}

interface Place {
  readonly time: number;
  readonly order: number;
}

const isBefore = (a: Place, b: Place): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);
