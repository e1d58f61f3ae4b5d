import type { PutRow } from '../persist.ts';

/** Which rows go first when the budget is used up: minor ones, and among equals the one that was changed longest ago. */
export type Weight = 'major' | 'minor';

/** Told of each row that goes (deleted, replaced or evicted), so that an index beside the table can follow. */
export type OnDrop = (key: string, text: string) => void;

interface Slot {
  readonly text: string;
  readonly order: number;
}

/** Map entries, index membership and headers, as measured on Node 20; strings come on top at two bytes a unit. */
const ROW_OVERHEAD = 200;

/**
 * Rows of text under keys "namespace/name", bounded by bytes and persisted by difference. Recency is that of the last change, not
 * of reading: reading must not dirty rows, and a restored table must evict in the same order.
 */
export class BoundedTable {
  readonly #kind: string;
  readonly #budget: number;
  readonly #onDrop: OnDrop;
  readonly #rows: Readonly<Record<Weight, Map<string, Slot>>> = { major: new Map(), minor: new Map() };
  /**
   * Where eviction stands in each map. A fresh iterator would walk over all the rows that went before; every key it hands out is
   * deleted at once, and what is set again stands at the end.
   */
  readonly #oldest: Record<Weight, Iterator<string>> = {
    major: this.#rows.major.keys(),
    minor: this.#rows.minor.keys(),
  };
  readonly #namespaces = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  #waiting: { key: string; weight: Weight; slot: Slot }[] = [];
  #bytes = 0;
  #order = 0;
  #evicted = 0;
  #countersDirty = false;

  constructor(kind: string, budgetBytes: number, onDrop: OnDrop = () => {}) {
    this.#kind = kind;
    this.#budget = budgetBytes;
    this.#onDrop = onDrop;
  }

  /** Estimated heap bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rows given up for want of space, since the table was first made. */
  get evicted(): number {
    return this.#evicted;
  }

  get size(): number {
    return this.#rows.major.size + this.#rows.minor.size;
  }

  get(key: string): string | undefined {
    return (this.#rows.major.get(key) ?? this.#rows.minor.get(key))?.text;
  }

  /** Keeps the text under the key; true where that changed anything and the row is still there. */
  set(key: string, text: string, weight: Weight): boolean {
    if (this.#rows[weight].get(key)?.text === text) return false;
    this.#drop(key);
    this.#order += 1;
    this.#insert(key, weight, { text, order: this.#order });
    this.#dirty.add(key);
    this.#countersDirty = true;
    this.#evict();
    return this.get(key) !== undefined;
  }

  delete(key: string): void {
    if (this.#drop(key)) this.#dirty.add(key);
  }

  /** Deletes every row of the namespace. */
  deleteAll(namespace: string): void {
    for (const key of this.#namespaces.get(namespace) ?? []) this.delete(key);
  }

  /** Takes a row that `collect` gave, in any order; `settle` must follow the last one. */
  restore(key: string, value: string): void {
    if (key === '') {
      const [order, evicted] = value.split(' ').map(Number);
      this.#order = order ?? 0;
      this.#evicted = evicted ?? 0;
      return;
    }
    const [, order, mark, text] = /^(\d+)([+-])([^]*)$/.exec(value) ?? [];
    if (text === undefined) return;
    this.#waiting.push({ key, weight: mark === '+' ? 'major' : 'minor', slot: { text, order: Number(order) } });
  }

  /** Puts restored rows in their order; hands each to `onRow`. Cheap where nothing waits. */
  settle(onRow: (key: string, text: string) => void = () => {}): void {
    if (this.#waiting.length === 0) return;
    this.#waiting.sort((a, b) => a.slot.order - b.slot.order);
    for (const { key, weight, slot } of this.#waiting) {
      this.#insert(key, weight, slot);
      onRow(key, slot.text);
    }
    this.#waiting = [];
    this.#evict();
  }

  collect(put: PutRow): void {
    for (const key of this.#dirty) {
      const weight: Weight = this.#rows.major.has(key) ? 'major' : 'minor';
      const slot = this.#rows[weight].get(key);
      put(`${this.#kind}/${key}`, slot ? `${slot.order}${weight === 'major' ? '+' : '-'}${slot.text}` : null);
    }
    this.#dirty.clear();
    if (this.#countersDirty) put(`${this.#kind}/`, `${this.#order} ${this.#evicted}`);
    this.#countersDirty = false;
  }

  #insert(key: string, weight: Weight, slot: Slot): void {
    this.#rows[weight].set(key, slot);
    this.#bytes += costOf(key, slot.text);
    const namespace = namespaceOf(key);
    const members = this.#namespaces.get(namespace);
    if (members) members.add(key);
    else this.#namespaces.set(namespace, new Set([key]));
  }

  #drop(key: string): boolean {
    const slot = this.#rows.major.get(key) ?? this.#rows.minor.get(key);
    if (!slot) return false;
    this.#rows.major.delete(key);
    this.#rows.minor.delete(key);
    this.#bytes -= costOf(key, slot.text);
    const namespace = namespaceOf(key);
    const members = this.#namespaces.get(namespace);
    members?.delete(key);
    if (members?.size === 0) this.#namespaces.delete(namespace);
    this.#onDrop(key, slot.text);
    return true;
  }

  #evict(): void {
    while (this.#bytes > this.#budget) {
      const oldest = this.#next(this.#rows.minor.size > 0 ? 'minor' : 'major');
      if (oldest === undefined) return;
      this.delete(oldest);
      this.#evicted += 1;
      this.#countersDirty = true;
    }
  }

  #next(weight: Weight): string | undefined {
    const { value, done } = this.#oldest[weight].next();
    if (!done) return value;
    // An iterator that came to its end stays there.
    this.#oldest[weight] = this.#rows[weight].keys();
    return this.#oldest[weight].next().value;
  }
}

const costOf = (key: string, text: string): number => ROW_OVERHEAD + 2 * (2 * key.length + text.length);

const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'));

/** The table key of an object, undefined where no real object can have such a name. */
export function objectKey(namespace: string, name: string): string | undefined {
  const fits = name !== '' && name.length <= 253 && namespace.length <= 253;
  return fits && !name.includes('/') && !namespace.includes('/') ? `${namespace}/${name}` : undefined;
}
