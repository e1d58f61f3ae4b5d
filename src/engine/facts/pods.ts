import type { AuditEvent, PodFact } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { privilegeOf } from './privilege.ts';
import { type JsonRecord, at, listOf, nameOf, recordOf, textOf } from './shape.ts';
import { type Written, isDryRun, writtenBy } from './written.ts';

/** Every pod without another service account runs as this one. */
const DEFAULT_ACCOUNT = 'default';
/** Generated names end in this many random characters. */
const SUFFIX = 5;
/** Marks the row of a generated name's beginning; no object's name ends so. */
const GENERATED = '*';

/** Without any of these in its body a pod is as plain as can be: the names of all that `privilegeOf` reads, and its account. */
const NOT_PLAIN: readonly string[] = ['host', 'privileged', 'procMount', 'capabilities', 'serviceAccount'];

/** A new pod of which it is certain, unread, that it is plain, and that the event itself has the name it was given. */
const isPlain = (event: AuditEvent): boolean =>
  event.verb === 'create' &&
  event.resource === 'pods' &&
  (event.object?.name !== '' || event.bodiesMayHold(['generateName'])) &&
  !event.bodiesMayHold(NOT_PLAIN);

type Row = readonly [serviceAccount: string, ...because: string[]];

/**
 * Pods that are privileged or run as a service account of their own, learnt from the writes that made them; of others nothing is
 * kept. Where an audit level hides a generated name, the beginning of the name stands for all pods made from it.
 */
export class PodFacts {
  readonly table: BoundedTable;

  constructor(budgetBytes: number) {
    this.table = new BoundedTable('pod', budgetBytes);
  }

  of(namespace: string, name: string): PodFact | undefined {
    this.table.settle();
    const key = objectKey(namespace, name);
    if (key === undefined) return undefined;
    const text = this.table.get(key) ?? this.table.get(key.slice(0, -SUFFIX) + GENERATED);
    if (text === undefined) return undefined;
    const [serviceAccount, ...because] = JSON.parse(text) as Row;
    return { privileged: because.length > 0, because, serviceAccount };
  }

  learn(event: AuditEvent): void {
    this.table.settle();
    if (isPlain(event)) this.#takePlain(event);
    else for (const each of writtenBy(event, 'Pod')) this.#take(each);
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

  #take(written: Written): void {
    if (written.to === 'cleared') return this.table.deleteAll(written.namespace);
    if (written.to === 'unseen' || written.namespace === '') return;
    if (written.to === 'whole') return this.#takeWhole(written.namespace, written.name, written.object);
    const key = objectKey(written.namespace, written.name);
    if (key === undefined) return;
    if (written.to === 'gone') this.table.delete(key);
    else this.#takePatch(key, written.namespace, written.name, written.patch);
  }

  #takePlain(event: AuditEvent): void {
    const key = objectKey(event.object?.namespace ?? '', event.object?.name ?? '');
    if (key !== undefined && !isDryRun(event)) this.table.delete(key);
  }

  #takeWhole(namespace: string, name: string, object: unknown): void {
    const prefix = textOf(at(object, 'metadata', 'generateName')).slice(0, 248);
    const key = objectKey(namespace, name || (prefix === '' ? '' : prefix + GENERATED));
    if (key === undefined) return;
    const spec = at(object, 'spec');
    const account = textOf(at(spec, 'serviceAccountName')) || textOf(at(spec, 'serviceAccount')) || DEFAULT_ACCOUNT;
    const row: Row = [account.slice(0, 253), ...privilegeOf(spec).because];
    const isPlain = row.length === 1 && account === DEFAULT_ACCOUNT;
    // Other pods of the same beginning may still be privileged: a plain one does not clear them.
    if (!isPlain) this.#keep(key, row);
    else if (name !== '') this.table.delete(key);
  }

  /** A pod's spec is fixed but for what is harmless and for ephemeral containers, which only ever come to it. */
  #takePatch(key: string, namespace: string, name: string, patch: unknown): void {
    const containers = Array.isArray(patch)
      ? patch.flatMap((operation) => {
          const path = textOf(at(operation, 'path'));
          if (!path.startsWith('/spec/ephemeralContainers') || at(operation, 'op') === 'remove') return [];
          const value = at(operation, 'value');
          return Array.isArray(value) ? (value as readonly unknown[]) : [value];
        })
      : listOf(at(recordOf(patch), 'spec', 'ephemeralContainers'));
    const { because } = privilegeOf({ ephemeralContainers: containers });
    if (because.length === 0) return;
    const known = this.of(namespace, name);
    const all = [...new Set([...(known?.because ?? []), ...because])];
    this.#keep(key, [known?.serviceAccount ?? DEFAULT_ACCOUNT, ...all.slice(0, 8)]);
  }

  #keep(key: string, row: Row): void {
    this.table.set(key, JSON.stringify(row), row.length > 1 ? 'major' : 'minor');
  }
}
