import type { AuditEvent, RoleRef } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { type JsonRecord, at, listOf, nameOf, recordOf, textOf } from './shape.ts';
import { subjectsOf } from './subjects.ts';
import { type Written, writtenBy } from './written.ts';

/** Subjects that are kept of one binding; real ones hold a handful. */
const MAX_SUBJECTS = 500;
/** Longest of them: kind, namespace and name. */
const MAX_SUBJECT = 1_300;
/** Roles that are told of one subject. */
const MAX_ROLES = 100;

type Kind = 'RoleBinding' | 'ClusterRoleBinding';

/** A binding as kept: kind and name of the role, then its subjects. */
type Row = readonly [kind: RoleRef['kind'], name: string, ...subjects: string[]];

/** Who is bound to what, learnt from the writes of bindings. */
export class BindingFacts {
  readonly table: BoundedTable;
  readonly #bySubject = new Map<string, Set<string>>();

  constructor(budgetBytes: number) {
    // The index costs about as much again as the rows.
    this.table = new BoundedTable('binding', budgetBytes / 2, (key, text) => this.#unlink(key, text));
  }

  boundTo(subject: string): readonly RoleRef[] {
    this.#settle();
    const keys = new Set(this.#bySubject.get(subject));
    // A binding may name a service account by its user name, too.
    const account = /^ServiceAccount:([^:]+):([^:]+)$/.exec(subject);
    const byUserName = account && this.#bySubject.get(`User:system:serviceaccount:${account[1]}:${account[2]}`);
    for (const key of byUserName ?? []) keys.add(key);
    const refs = new Map<string, RoleRef>();
    for (const key of keys) {
      if (refs.size === MAX_ROLES) break;
      const [kind, name] = JSON.parse(this.table.get(key)!) as Row;
      const namespace = kind === 'Role' ? key.slice(0, key.indexOf('/')) : '';
      refs.set(`${namespace}/${name}`, { kind, namespace, name });
    }
    return [...refs.values()];
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
    const known = this.table.get(key);
    const row = written.to === 'whole' ? rowOf(written.object, namespace) : patched(written, namespace, known);
    if (row === undefined) return;
    const text = JSON.stringify(row);
    if (this.table.set(key, text, 'major')) this.#link(key, text);
  }

  #settle(): void {
    this.table.settle((key, text) => this.#link(key, text));
  }

  #link(key: string, text: string): void {
    const [, , ...subjects] = JSON.parse(text) as Row;
    for (const subject of subjects) {
      const keys = this.#bySubject.get(subject);
      if (keys) keys.add(key);
      else this.#bySubject.set(subject, new Set([key]));
    }
  }

  #unlink(key: string, text: string): void {
    const [, , ...subjects] = JSON.parse(text) as Row;
    for (const subject of subjects) {
      const keys = this.#bySubject.get(subject);
      keys?.delete(key);
      if (keys?.size === 0) this.#bySubject.delete(subject);
    }
  }
}

function rowOf(object: unknown, namespace: string): Row | undefined {
  const kind = at(object, 'roleRef', 'kind');
  const name = textOf(at(object, 'roleRef', 'name'));
  if ((kind !== 'Role' && kind !== 'ClusterRole') || name === '' || name.length > 253) return undefined;
  return [kind, name, ...keptOf(at(object, 'subjects'), namespace)];
}

/** As many subjects as are kept, absurd ones left out. */
const keptOf = (subjects: unknown, namespace: string): readonly string[] =>
  subjectsOf(subjects, namespace)
    .filter((subject) => subject.length <= MAX_SUBJECT)
    .slice(0, MAX_SUBJECTS);

/** Best effort where only the patch is to be seen; a role reference never changes. */
function patched(written: Written, namespace: string, known: string | undefined): Row | undefined {
  if (written.to !== 'patched' || known === undefined) return undefined;
  const [kind, name, ...subjects] = JSON.parse(known) as Row;
  const body = recordOf(written.patch);
  if (body) return 'subjects' in body ? [kind, name, ...keptOf(body['subjects'], namespace)] : undefined;
  let after: readonly string[] = subjects;
  for (const operation of listOf(written.patch)) {
    const path = textOf(at(operation, 'path'));
    const value = at(operation, 'value');
    const op = at(operation, 'op');
    if (path === '/subjects') after = op === 'remove' ? [] : keptOf(value, namespace);
    else if (path.startsWith('/subjects/') && op !== 'remove')
      after = [...new Set([...after, ...keptOf([value], namespace)])].slice(0, MAX_SUBJECTS);
  }
  return [kind, name, ...after];
}
