import type { AuditEvent, BoundRole, RoleRef } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { type Binding, bindingAfter, bindingOfRow, rowOfBinding } from './binding-body.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { type JsonRecord, nameOf } from './shape.ts';
import { type Written, writtenBy } from './written.ts';

/** Roles that are told of one subject. */
const MAX_ROLES = 100;

type Kind = 'RoleBinding' | 'ClusterRoleBinding';

/** Someone who holds a role, and where: the namespace is empty for the whole cluster. */
export interface Holder {
  readonly subject: string;
  readonly scope: string;
}

/** Who is bound to what, learnt from the writes of bindings. */
export class BindingFacts {
  readonly table: BoundedTable;
  readonly #bySubject = new Map<string, Set<string>>();
  readonly #byRole = new Map<string, Set<string>>();

  constructor(budgetBytes: number) {
    // The indexes cost about as much again as the rows.
    this.table = new BoundedTable('binding', budgetBytes / 2, (key, text) => this.#unlink(key, text));
  }

  boundTo(subject: string): readonly BoundRole[] {
    this.#settle();
    const keys = new Set(this.#bySubject.get(subject));
    // A binding may name a service account by its user name, too.
    const account = /^ServiceAccount:([^:]+):([^:]+)$/.exec(subject);
    const byUserName = account && this.#bySubject.get(`User:system:serviceaccount:${account[1]}:${account[2]}`);
    for (const key of byUserName ?? []) keys.add(key);
    const roles = new Map<string, BoundRole>();
    for (const key of keys) {
      if (roles.size === MAX_ROLES) break;
      const { role } = bindingOfRow(this.table.get(key)!);
      const scope = scopeOf(key);
      roles.set(`${scope}/${role.kind}/${role.name}`, { ...refOf(role, scope), scope });
    }
    return [...roles.values()];
  }

  /** The binding of that name, with its namespace (empty for cluster-wide ones). */
  of(namespace: string, name: string): Binding | undefined {
    this.#settle();
    const key = objectKey(namespace, name);
    const text = key === undefined ? undefined : this.table.get(key);
    return text === undefined ? undefined : bindingOfRow(text);
  }

  /** Some of those who are known to hold the role, the widest scope first. */
  holdersOf(ref: RoleRef): readonly Holder[] {
    this.#settle();
    return [...(this.#byRole.get(`${ref.kind}/${ref.namespace}/${ref.name}`) ?? [])]
      .sort((a, b) => Number(scopeOf(a) !== '') - Number(scopeOf(b) !== ''))
      .slice(0, MAX_ROLES)
      .flatMap((key) =>
        bindingOfRow(this.table.get(key)!)
          .subjects.slice(0, MAX_ROLES)
          .map((subject) => ({ subject, scope: scopeOf(key) })),
      )
      .slice(0, MAX_ROLES);
  }

  learn(event: AuditEvent, kind: Kind): void {
    this.#settle();
    for (const each of writtenBy(event, kind)) this.#take(each, kind);
  }

  /** Takes a binding as a cluster holds it. */
  import(object: JsonRecord, kind: Kind): void {
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

  #take(written: Written, kind: Kind): void {
    if (written.to === 'cleared') return this.table.deleteAll(written.namespace);
    const namespace = kind === 'RoleBinding' ? written.namespace : '';
    if (kind === 'RoleBinding' && namespace === '') return;
    const key = objectKey(namespace, written.name);
    if (key === undefined) return;
    if (written.to === 'gone') return this.table.delete(key);
    const binding = bindingAfter(written, namespace, this.of(namespace, written.name));
    if (binding === undefined) return;
    const text = rowOfBinding(binding);
    if (this.table.set(key, text, 'major')) this.#link(key, text);
  }

  #settle(): void {
    this.table.settle((key, text) => this.#link(key, text));
  }

  #link(key: string, text: string): void {
    for (const [index, name] of this.#indexed(key, text)) {
      const keys = index.get(name);
      if (keys) keys.add(key);
      else index.set(name, new Set([key]));
    }
  }

  #unlink(key: string, text: string): void {
    for (const [index, name] of this.#indexed(key, text)) {
      const keys = index.get(name);
      keys?.delete(key);
      if (keys?.size === 0) index.delete(name);
    }
  }

  *#indexed(key: string, text: string): Iterable<readonly [index: Map<string, Set<string>>, name: string]> {
    const { role, subjects } = bindingOfRow(text);
    const { kind, namespace, name } = refOf(role, scopeOf(key));
    yield [this.#byRole, `${kind}/${namespace}/${name}`];
    for (const subject of subjects) yield [this.#bySubject, subject];
  }
}

const scopeOf = (key: string): string => key.slice(0, key.indexOf('/'));

/** A role is named within the namespace of its binding. */
const refOf = ({ kind, name }: Binding['role'], scope: string): RoleRef => ({
  kind,
  namespace: kind === 'Role' ? scope : '',
  name,
});
