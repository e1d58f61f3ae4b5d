import type { AuditEvent, RoleRef, RoleStrength } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { Aggregation } from './aggregation.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { defaultLabels, defaultRole, defaultSelectors } from './default-roles.ts';
import { gained } from './rights.ts';
import { type Role, roleAfter, roleOfRow, rowOfRole } from './role-body.ts';
import { type JsonRecord, nameOf } from './shape.ts';
import { type Written, writtenBy } from './written.ts';

/** What roles allow and which of them take others in, learnt from their writes. Short rules are kept, so that patches can be followed. */
export class RoleFacts {
  readonly aggregation = new Aggregation();
  readonly table: BoundedTable;

  constructor(budgetBytes: number) {
    this.table = new BoundedTable('role', budgetBytes, (key) => this.#unlink(key));
  }

  of(ref: RoleRef): RoleStrength | undefined {
    return this.role(ref)?.rights;
  }

  /** All that is known of a role. */
  role(ref: RoleRef): Role | undefined {
    this.#settle();
    const key = keyOf(ref);
    const text = key === undefined ? undefined : this.table.get(key);
    if (text !== undefined) return roleOfRow(text);
    const rights = defaultRole(ref);
    return rights && { rights, labels: defaultLabels(ref), selectors: defaultSelectors(ref), rules: undefined };
  }

  learn(event: AuditEvent, kind: RoleRef['kind']): void {
    this.#settle();
    for (const each of writtenBy(event, kind)) this.#take(each, kind);
  }

  /** Takes a role as a cluster holds it. */
  import(object: JsonRecord, kind: RoleRef['kind']): void {
    this.#settle();
    this.#take({ to: 'whole', ...nameOf(object), object }, kind);
  }

  restore(key: string, value: string): void {
    this.table.restore(key, value);
  }

  collect(put: PutRow): void {
    this.#settle();
    this.table.collect(put);
  }

  #take(written: Written, kind: RoleRef['kind']): void {
    if (written.to === 'cleared') return this.table.deleteAll(written.namespace);
    const ref: RoleRef = { kind, namespace: kind === 'Role' ? written.namespace : '', name: written.name };
    const key = keyOf(ref);
    if (key === undefined) return;
    if (written.to === 'gone') return this.table.delete(key);
    const after = roleAfter(written, this.role(ref));
    if (isAsByDefault(ref, after)) return this.table.delete(key);
    const text = rowOfRole(after);
    const { strength } = after.rights;
    const weight = strength === 'ordinary' && after.selectors.length === 0 ? 'minor' : 'major';
    if (this.table.set(key, text, weight)) this.#link(key, text);
  }

  #settle(): void {
    this.table.settle((key, text) => this.#link(key, text));
  }

  // Only cluster roles take in, or are taken in; their keys have no namespace.
  #link(key: string, text: string): void {
    if (key.startsWith('/')) this.aggregation.link(key.slice(1), roleOfRow(text));
  }

  #unlink(key: string): void {
    if (key.startsWith('/')) this.aggregation.unlink(key.slice(1));
  }
}

// A default role name in the namespace of a Role is that Role's own name: kinds never share a key, as cluster roles have no namespace.
const keyOf = (ref: RoleRef): string | undefined =>
  (ref.namespace === '') === (ref.kind === 'ClusterRole') ? objectKey(ref.namespace, ref.name) : undefined;

/** A default role with nothing added needs no row. */
function isAsByDefault(ref: RoleRef, { rights, labels, selectors }: Role): boolean {
  const byDefault = defaultRole(ref);
  if (byDefault === undefined || gained(byDefault, rights).because.length > 0) return false;
  const usual = defaultLabels(ref);
  const taken = JSON.stringify(defaultSelectors(ref));
  return (
    [...labels].every(([name, value]) => usual.get(name) === value) &&
    selectors.every((selector) => taken.includes(JSON.stringify(selector)))
  );
}
