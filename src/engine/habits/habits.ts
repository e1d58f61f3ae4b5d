import {
  HOUR,
  programOf,
  type ActorClass,
  type AuditEvent,
  type Habit,
  type History,
  type Trait,
} from '../../model/index.ts';
import { identityOf } from '../facts/identity.ts';
import { bytesOfText, ownText } from '../memory/bounded-text.ts';
import { Keyspace, type Owner, type Table } from '../memory/keyspace.ts';
import type { MemoryStats } from '../memory.ts';
import { RowLog } from '../memory/row-log.ts';
import type { Persistent, PutRow } from '../persist.ts';
import { addHour, firstHour, hourOf, hoursBefore, type Hours } from './hours.ts';
import { SIDE } from './familiar.ts';
import { networkOf } from './origin.ts';
import { isFull, makePlace, newPerson, TRAITS, type Person } from './person.ts';
import { readHours, readRow, rowOf, writeHours } from './rows.ts';
import { isSensitive } from './sensitive.ts';
import { toldHabits } from './told.ts';

/** Hours of sightings, and the span from the first on, that make a value usual. */
const USUAL = { hours: 3, span: 24 } as const;
/** Hours of history, and its span, from which on it says something that a value is not usual. */
const ENOUGH = { hours: 12, span: 24 } as const;
/** How long the cluster must have been watched before a newcomer is one, and how long it stays one. */
const NEWCOMER = { watched: 7 * 24, stays: 24 } as const;
/** Whoever is not seen for that many hours is forgotten. */
const FORGOTTEN = 30 * 24;
/** Heap bytes of a person with four empty maps, and of one value besides its text; measured on Node 20. */
const PERSON_BYTES = 600;
const VALUE_BYTES = 180;

/** The side that each trait is on. */
const SIDE_OF = [SIDE.deed, SIDE.place, SIDE.origin, SIDE.origin] as const;

/** The cluster itself: no identity has an empty key. */
const WATCH = '';

/**
 * What each identity of a cluster usually does, learnt from what it was allowed to do, an hour at a time. Answers are of the hours
 * before the event's own, so that nothing an attack does in its first hour counts for it, and no order of arrival shows.
 */
export class Habits implements Persistent, Owner {
  readonly #space: Keyspace;
  readonly #table: Table;
  readonly #log = new RowLog();
  readonly #people: (Person | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #dirty = new Map<Hours, readonly [key: string, trait: number, value: string]>();

  /** What was told of somebody, and for which hour: until more is learnt it stays so. */
  readonly #told = new WeakMap<Person, { readonly hour: number; readonly text: string }>();

  /** seed: of the hash by which identities compete for a full memory. */
  constructor(budgetBytes: number, seed: number) {
    this.#space = new Keyspace(budgetBytes, seed);
    this.#table = this.#space.table('habits', '', this);
  }

  /**
   * Takes a request that was let in. Of the cluster's own parts only where they come from is learnt: the rest
   * follows from what they are. `sides`: those that may be new, as bits of SIDE.
   */
  learn(event: AuditEvent, sides: number = SIDE.deed | SIDE.place | SIDE.origin): void {
    const { key, class: actor } = identityOf(event);
    if (actor === 'unauthenticated' || actor === 'anonymous') return;
    const hour = hourOf(event.time);
    this.#personOf(WATCH, hour);
    const slot = this.#personOf(key, hour);
    if (slot < 0) return;
    for (let index = 0; index < TRAITS.length; index += 1) {
      if ((sides & SIDE_OF[index]!) === 0) continue;
      const value = valueOf(event, TRAITS[index]!, actor);
      if (value !== undefined) this.#note(slot, key, index, value, hour);
    }
  }

  history(event: AuditEvent): History {
    const hour = hourOf(event.time);
    const person = this.#find(identityOf(event).key, hour);
    const watch = this.#find(WATCH, hour);
    const hours = person === undefined ? 0 : hoursBefore(person.seen, hour);
    const since = person === undefined || hours === 0 ? hour : person.seen.since;
    return {
      hours,
      since: hours === 0 ? null : since * HOUR,
      isEnough: person !== undefined && isEnough(person.seen, hour),
      isNewcomer: watch !== undefined && hour - watch.seen.since >= NEWCOMER.watched && hour - since < NEWCOMER.stays,
    };
  }

  habit(event: AuditEvent, trait: Trait): Habit {
    const { key, class: actor } = identityOf(event);
    const hour = hourOf(event.time);
    const person = this.#find(key, hour);
    if (person === undefined || !isEnough(person.seen, hour)) return 'unknown';
    const value = valueOf(event, trait, actor);
    if (value === undefined) return 'unknown';
    const values = person.traits[trait];
    const known = values.get(value);
    if (known === undefined) return isFull(values) ? 'unknown' : 'unusual';
    if (!isUsual(known, hour)) return 'unusual';
    return trait === 'deed' && isSensitive(event.resource) ? 'unknown' : 'usual';
  }

  /** What is usual for the identity, in words; empty where that is not known. */
  usual(event: AuditEvent): string {
    const hour = hourOf(event.time);
    const person = this.#find(identityOf(event).key, hour);
    if (person === undefined || !isEnough(person.seen, hour)) return '';
    const known = this.#told.get(person);
    if (known?.hour === hour) return known.text;
    const text = toldHabits(person, (hours) => (isUsual(hours, hour) ? hoursBefore(hours, hour) : 0));
    this.#told.set(person, { hour, text });
    return text;
  }

  /** Whether newcomers compete for room already. */
  get isPressed(): boolean {
    return this.#space.isPressed;
  }

  /** Somebody came who is not looked at: counted as refused. */
  turnAway(): void {
    this.#space.refused += 1;
  }

  stats(): MemoryStats {
    const { bytes, keys, evictions, refused } = this.#space;
    return { bytes, keys, evictions, refused };
  }

  /** Forgets some of those that were not seen for a month; call it now and then. */
  expire(clock: number): void {
    this.#space.settle();
    this.#space.expire(clock, 500);
  }

  /** Whoever was seen in several hours never leaves for names that somebody made up. */
  keeps(slot: number): boolean {
    return (this.#people[this.#space.payload(slot)]?.seen.count ?? 0) >= USUAL.hours;
  }

  release(slot: number): void {
    const at = this.#space.payload(slot);
    const key = this.#space.keyOf(slot);
    const person = this.#people[at];
    if (person === undefined) return;
    this.#drop(person.seen, key, -1, '');
    for (const [index, trait] of TRAITS.entries())
      for (const [value, hours] of person.traits[trait]) this.#drop(hours, key, index, value);
    this.#people[at] = undefined;
    this.#free.push(at);
  }

  restore(row: string, text: Uint8Array | string): void {
    const parsed = readRow(row);
    const hours = readHours(text);
    if (parsed === undefined || hours === undefined) return this.#log.delete(row);
    const { key, trait, value } = parsed;
    let slot = this.#table.slots.get(key) ?? -1;
    if (slot < 0) slot = this.#place(this.#space.restore(this.#table, key, PERSON_BYTES, endOf(hours)), hours.since);
    this.#space.extend(slot, endOf(hours));
    const person = this.#people[this.#space.payload(slot)]!;
    if (trait < 0) Object.assign(person.seen, hours);
    else {
      this.#told.delete(person);
      person.traits[TRAITS[trait]!].set(value, hours);
      this.#space.charge(slot, VALUE_BYTES + bytesOfText(value));
    }
    return undefined;
  }

  collect(put: PutRow): void {
    this.#space.settle();
    for (const [hours, [key, trait, value]] of this.#dirty)
      this.#log.put(rowOf(key, trait, value), writeHours(hours), put);
    this.#dirty.clear();
    this.#log.collect(put);
  }

  #find(key: string, hour: number): Person | undefined {
    this.#space.settle();
    const slot = this.#space.find(this.#table, key, (hour - 1) * HOUR);
    return slot < 0 ? undefined : this.#people[this.#space.payload(slot)];
  }

  /** The slot of an identity, seen in this hour; -1 where there is no room for it. */
  #personOf(key: string, hour: number): number {
    this.#space.settle();
    const expires = (hour + FORGOTTEN) * HOUR;
    let slot = this.#space.find(this.#table, key, (hour - 1) * HOUR);
    if (slot < 0) {
      slot = this.#space.add(this.#table, key, PERSON_BYTES, expires, (hour - 1) * HOUR);
      if (slot < 0) return slot;
      this.#place(slot, hour);
      this.#dirty.set(this.#people[this.#space.payload(slot)]!.seen, [this.#space.keyOf(slot), -1, '']);
      return slot;
    }
    this.#space.use(slot);
    const { seen } = this.#people[this.#space.payload(slot)]!;
    if (addHour(seen, hour)) {
      this.#space.extend(slot, expires);
      this.#dirty.set(seen, [this.#space.keyOf(slot), -1, '']);
    }
    return slot;
  }

  #note(slot: number, key: string, index: number, value: string, hour: number): void {
    const person = this.#people[this.#space.payload(slot)];
    // Whoever had to make room for somebody else has nothing to note.
    if (person === undefined) return;
    const values = person.traits[TRAITS[index]!];
    const known = values.get(value);
    if (known !== undefined) {
      if (!addHour(known, hour)) return;
      this.#dirty.set(known, [key, index, value]);
      this.#told.delete(person);
      return;
    }
    const bytes = VALUE_BYTES + bytesOfText(value);
    if (!this.#space.makeRoom(slot, bytes, (hour - 1) * HOUR)) return;
    const stale = makePlace(values, hour);
    if (stale === undefined) return;
    for (const [each, hours] of stale) {
      this.#space.charge(slot, -VALUE_BYTES - bytesOfText(each));
      this.#drop(hours, key, index, each);
    }
    this.#told.delete(person);
    const text = ownText(value);
    const hours = firstHour(hour);
    values.set(text, hours);
    this.#space.charge(slot, bytes);
    this.#dirty.set(hours, [key, index, text]);
  }

  #place(slot: number, hour: number): number {
    const at = this.#free.pop() ?? this.#people.length;
    this.#people[at] = newPerson(hour);
    this.#space.setPayload(slot, at);
    return slot;
  }

  #drop(hours: Hours, key: string, trait: number, value: string): void {
    this.#dirty.delete(hours);
    this.#log.delete(rowOf(key, trait, value));
  }
}

const isUsual = (hours: Hours, hour: number): boolean =>
  hoursBefore(hours, hour) >= USUAL.hours && hour - hours.since >= USUAL.span;

/** Whether so much was seen of somebody before that hour that what was not seen says something. */
const isEnough = (seen: Hours, hour: number): boolean =>
  hoursBefore(seen, hour) >= ENOUGH.hours && hour - seen.since >= ENOUGH.span;

const endOf = (hours: Hours): number => (hours.last + FORGOTTEN) * HOUR;

/** What a trait of the event is; undefined where it has none, or none that is learnt. */
function valueOf(event: AuditEvent, trait: Trait, actor: ActorClass): string | undefined {
  const isPart = actor === 'control-plane' || actor === 'node';
  switch (trait) {
    case 'deed':
      return isPart ? undefined : `${event.verb.slice(0, 32)} ${event.resource.slice(0, 96) || 'other paths'}`;
    case 'namespace':
      return isPart || event.object === undefined ? undefined : event.object.namespace.slice(0, 63);
    case 'network':
      return event.peer === '' ? undefined : networkOf(event.peer);
    default:
      return programOf(event.userAgent) || 'an unnamed program';
  }
}
