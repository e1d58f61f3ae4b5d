import type { RoleRef } from '../../model/index.ts';
import { cut } from '../decode/raw-text.ts';
import { patchedBy } from './json-patch.ts';
import { type JsonRecord, at, listOf, recordOf, textOf } from './shape.ts';
import { subjectsOf } from './subjects.ts';
import type { Written } from './written.ts';

/** Subjects that are kept of one binding; real ones hold a handful. */
const MAX_SUBJECTS = 500;
/** Longest of them: kind, namespace and name. */
const MAX_SUBJECT = 1_300;

/** A binding: its role, and its subjects as Facts.boundTo names them. */
export interface Binding {
  readonly role: Pick<RoleRef, 'kind' | 'name'>;
  readonly subjects: readonly string[];
}

/** A binding as kept: kind and name of the role, then its subjects. */
type Row = readonly [kind: RoleRef['kind'], name: string, ...subjects: string[]];

export const rowOfBinding = ({ role, subjects }: Binding): string =>
  JSON.stringify([role.kind, role.name, ...subjects]);

export function bindingOfRow(text: string): Binding {
  const [kind, name, ...subjects] = JSON.parse(text) as Row;
  return { role: { kind, name }, subjects };
}

/** The binding as a write left it (or would have); undefined where too much of it is not to be seen. A role reference never changes. */
export function bindingAfter(written: Written, namespace: string, known: Binding | undefined): Binding | undefined {
  if (written.to === 'whole') return whole(written.object, namespace);
  if (written.to !== 'patched' || known === undefined) return known;
  const body = recordOf(written.patch);
  if (body) {
    const isTold = 'subjects' in body || 'userNames' in body || 'groupNames' in body;
    return isTold ? { ...known, subjects: keptOf(body, namespace) } : known;
  }
  const document = { subjects: known.subjects.map(objectOf) };
  const after = patchedBy(document, listOf(written.patch), ['/subjects']);
  const subjects = after === undefined ? guessed(listOf(written.patch), known, namespace) : keptOf(after, namespace);
  return { ...known, subjects };
}

/** The subjects that a JSON patch puts in by itself, and whether all its values are such. */
export function subjectsPut(operations: readonly unknown[], namespace: string) {
  const values = operations
    .filter((each) => textOf(at(each, 'path')).startsWith('/subjects') && at(each, 'op') !== 'test')
    .flatMap((each) => at(each, 'value') ?? []);
  const subjects = keptOf({ subjects: values }, namespace);
  return { subjects, isWhole: values.every((value) => recordOf(value) !== undefined) };
}

/** The reference to a role; OpenShift's own bindings tell its kind by a namespace. */
export function roleOf(reference: unknown): Binding['role'] | undefined {
  const name = textOf(at(reference, 'name'));
  if (name === '' || name.length > 253) return undefined;
  const kind = at(reference, 'kind');
  if (kind === 'Role' || kind === 'ClusterRole') return { kind, name };
  return kind === undefined ? { kind: at(reference, 'namespace') ? 'Role' : 'ClusterRole', name } : undefined;
}

function whole(object: JsonRecord, namespace: string): Binding | undefined {
  const role = roleOf(object['roleRef']);
  return role && { role, subjects: keptOf(object, namespace) };
}

/** As many subjects as are kept, absurd ones cut: whoever has such a name must not go unseen. */
const keptOf = (binding: unknown, namespace: string): readonly string[] =>
  subjectsOf(binding, namespace)
    .slice(0, MAX_SUBJECTS)
    .map((subject) => cut(subject, MAX_SUBJECT));

/** What is known does not fit the patch: what it puts in is added. */
function guessed(operations: readonly unknown[], known: Binding, namespace: string): readonly string[] {
  const { subjects } = subjectsPut(operations, namespace);
  return [...new Set([...known.subjects, ...subjects])].slice(0, MAX_SUBJECTS);
}

function objectOf(subject: string): JsonRecord {
  const [kind = '', first = '', second] = subject.split(':');
  if (kind === 'ServiceAccount') return { kind, namespace: first, name: second ?? '' };
  return { kind, name: subject.slice(kind.length + 1) };
}
