import type { AuditEvent, PodFact } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { debugContainersOf } from './debug-containers.ts';
import { NOT_PLAIN, type PodRow, factOf, rowOf, rowWith } from './pod-row.ts';
import { privilegeOf } from './privilege.ts';
import { type JsonRecord, at, nameOf, textOf } from './shape.ts';
import { type Written, writtenBy } from './written.ts';

/** Generated names end in this many random characters. */
const SUFFIX = 5;
/** Marks the row of a generated name's beginning; no object's name ends so. */
const GENERATED = '*';

const GENERATED_NAME = ['generateName'];

/** Of the pods that went, those that went last: a session may be told only when it ends, and it ends with its pod. */
const GONE_SHARE = 0.1;

/**
 * Pods that are privileged or run as a service account of their own, learnt from the writes that made them; of others nothing is
 * kept. Where an audit level hides a generated name, the beginning of the name stands for all pods made from it.
 */
export class PodFacts {
  readonly table: BoundedTable;
  readonly #gone: BoundedTable;
  /** The rows of those that went, as the keeper of all rows knows them. */
  readonly gone = {
    restore: (key: string, value: string): void => this.#gone.restore(key, value),
    collect: (put: PutRow): void => {
      this.#gone.settle();
      this.#gone.collect(put);
    },
  };

  constructor(budgetBytes: number) {
    this.table = new BoundedTable('pod', budgetBytes * (1 - GONE_SHARE));
    this.#gone = new BoundedTable('gone', budgetBytes * GONE_SHARE);
  }

  of(namespace: string, name: string): PodFact | undefined {
    this.table.settle();
    const key = objectKey(namespace, name);
    if (key === undefined) return undefined;
    const text = this.table.get(key) ?? this.table.get(key.slice(0, -SUFFIX) + GENERATED);
    return text === undefined ? undefined : factOf(text);
  }

  /** What was known of a pod that went lately. */
  ofGone(namespace: string, name: string): PodFact | undefined {
    this.#gone.settle();
    const text = this.#gone.get(objectKey(namespace, name) ?? '');
    return text === undefined ? undefined : factOf(text);
  }

  learn(event: AuditEvent): void {
    this.table.settle();
    if (!this.#isIdle(event)) for (const each of writtenBy(event, 'Pod')) this.#take(each);
  }

  /** Takes a pod as a cluster holds it. */
  import(object: JsonRecord): void {
    this.table.settle();
    this.#take({ to: 'whole', ...nameOf(object), object });
  }

  restore(key: string, value: string): void {
    this.table.restore(key, value);
  }

  collect(put: PutRow): void {
    this.table.settle();
    this.table.collect(put);
  }

  /** Whether it is certain, unread, that the write leaves all as it is: nothing is known of the pod, and it is as plain as can be. */
  #isIdle(event: AuditEvent): boolean {
    const { verb, object } = event;
    if (object === undefined || verb === 'deletecollection') return false;
    if (object.name === '') {
      // Without its name a plain pod cannot be told from others of the same beginning; they stay.
      const isNameless = verb === 'create' && event.resource === 'pods' && event.bodiesMayHold(GENERATED_NAME);
      return isNameless && !event.bodiesMayHold(NOT_PLAIN);
    }
    const key = objectKey(object.namespace, object.name);
    this.#gone.settle();
    if (key === undefined || this.table.get(key) !== undefined || this.#gone.get(key) !== undefined) return false;
    return verb === 'delete' || !event.bodiesMayHold(NOT_PLAIN);
  }

  #take(written: Written): void {
    if (written.to === 'cleared') return this.table.deleteAll(written.namespace);
    if (written.to === 'unseen' || written.namespace === '') return;
    if (written.to === 'whole') return this.#takeWhole(written.namespace, written.name, written.object);
    const key = objectKey(written.namespace, written.name);
    if (key === undefined) return;
    if (written.to === 'gone') this.#bury(key);
    else this.#takePatch(key, written.namespace, written.name, written.patch);
  }

  #takeWhole(namespace: string, name: string, object: unknown): void {
    const prefix = textOf(at(object, 'metadata', 'generateName')).slice(0, 248);
    const key = objectKey(namespace, name || (prefix === '' ? '' : prefix + GENERATED));
    if (key === undefined) return;
    const row = rowOf(at(object, 'spec'));
    // Other pods of the same beginning may still be privileged: a plain one does not clear them.
    if (row !== undefined) this.#keep(key, row);
    else if (name !== '') this.#forget(key);
  }

  /** A pod's spec is fixed but for what is harmless and for ephemeral containers, which only ever come to it. */
  #takePatch(key: string, namespace: string, name: string, patch: unknown): void {
    const containers = debugContainersOf(patch);
    const { because } = privilegeOf({ ephemeralContainers: containers });
    if (because.length === 0) return;
    const known = this.of(namespace, name);
    const row = rowWith(known?.serviceAccount ?? 'default', [...(known?.because ?? []), ...because]);
    if (row !== undefined) this.#keep(key, row);
  }

  #keep(key: string, { text, weight }: PodRow): void {
    this.#gone.settle();
    this.#gone.delete(key);
    this.table.set(key, text, weight);
  }

  #forget(key: string): void {
    this.#gone.settle();
    this.#gone.delete(key);
    this.table.delete(key);
  }

  #bury(key: string): void {
    this.#gone.settle();
    const text = this.table.get(key);
    if (text !== undefined) this.#gone.set(key, text, 'minor');
    this.table.delete(key);
  }
}
