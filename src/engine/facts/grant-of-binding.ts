import { clip } from '../../model/index.ts';
import type { AuditEvent, Grant, RoleRef, RoleStrength } from '../../model/index.ts';
import { changedNothing, isMaking } from './attempt.ts';
import { type Binding, bindingAfter, roleOf, subjectsPut } from './binding-body.ts';
import type { Known } from './known-rights.ts';
import { gained, joined, NO_RIGHTS, UNKNOWN_RIGHTS, within } from './rights.ts';
import { at, recordOf } from './shape.ts';
import { subjectsOf } from './subjects.ts';
import { subjectsFor, toldSubjects } from './told-subjects.ts';
import type { Written } from './written.ts';

/** Newcomers whose rights before are looked up; of more, each counts as one without. */
const MAX_COMPARED = 20;
/** Roles of one subject that are looked at. */
const MAX_HELD = 50;

/** What the write of a binding gives to those who are new in it. */
export function bindingGrant(
  event: AuditEvent,
  attempt: Written,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  known: Known,
): Omit<Grant, 'name' | 'isBuiltIn'> {
  const before = isMaking(event) ? undefined : known.bindings.of(namespace, name);
  const isGone = attempt.to === 'gone';
  const after = isGone ? before : bindingAfter(attempt, namespace, before);
  const { names, isWhole } = newcomersOf(event, attempt, namespace, before, after);
  const role = after?.role ?? roleOf(at(recordOf(event.requestObject), 'roleRef'));
  const ref: RoleRef | undefined = role && { ...role, namespace: role.kind === 'Role' ? namespace : '' };
  const rights = ref && known.roles.of(ref);
  const allows = rights && within(rights, namespace);
  const subjects = subjectsFor(names, event);
  const isHidden = attempt.to === 'unseen' && !changedNothing(event);
  const told = `${role === undefined ? 'its role' : `${role.kind} ${clip(role.name)}`} to`;
  return {
    label: isHidden && before === undefined ? '' : `${told} ${toldSubjects(subjects, namespace)}`,
    allows,
    adds: isGone ? NO_RIGHTS : isHidden ? UNKNOWN_RIGHTS : addedTo(names, allows, namespace, known),
    scope: namespace,
    subjects,
    aggregatesTo: [],
    isPiece: !isWhole,
    isHidden,
    isCompared: isMaking(event) || before !== undefined,
  };
}

interface Newcomers {
  readonly names: readonly string[];
  /** False where a patch shows only a piece of a subject. */
  readonly isWhole: boolean;
}

/** Who is in the binding and was not before; where that is not known, whom a JSON patch puts in, or all who are there now. */
function newcomersOf(
  event: AuditEvent,
  attempt: Written,
  namespace: string,
  before: Binding | undefined,
  after: Binding | undefined,
): Newcomers {
  if (attempt.to === 'gone') return { names: before?.subjects ?? [], isWhole: true };
  if (changedNothing(event)) return { names: [], isWhole: true };
  if (before) {
    const old = new Set(before.subjects);
    return { names: (after?.subjects ?? []).filter((subject) => !old.has(subject)), isWhole: true };
  }
  const operations = event.verb === 'patch' && Array.isArray(event.requestObject) ? event.requestObject : undefined;
  if (operations) {
    const { subjects, isWhole } = subjectsPut(operations, namespace);
    if (isWhole || after === undefined) return { names: subjects, isWhole };
  }
  const body = recordOf(event.verb === 'patch' && !isMaking(event) ? event.requestObject : undefined);
  // A patch that does not speak of subjects leaves them alone, known or not.
  if (body && !['subjects', 'userNames', 'groupNames', '$patch'].some((each) => each in body))
    return { names: [], isWhole: true };
  if (after) return { names: after.subjects, isWhole: true };
  // Its role is not to be seen, its subjects are.
  const asked = attempt.to === 'unseen' ? undefined : event.requestObject;
  return { names: subjectsOf(asked, namespace), isWhole: true };
}

/** What the newcomers did not hold before, where the binding holds. */
function addedTo(
  names: readonly string[],
  allows: RoleStrength | undefined,
  namespace: string,
  known: Known,
): RoleStrength {
  if (names.length === 0) return NO_RIGHTS;
  if (allows === undefined || allows.strength === 'unknown') return UNKNOWN_RIGHTS;
  if (names.length > MAX_COMPARED) return allows;
  let adds = NO_RIGHTS;
  for (const name of names) {
    const held = heldBy(name, namespace, known);
    const more = gained(held, joined(held, allows));
    adds = adds === NO_RIGHTS ? more : joined(adds, more);
  }
  return adds;
}

/** What a subject may do in a namespace (an empty one: everywhere), by the bindings that name it. */
function heldBy(subject: string, namespace: string, { roles, bindings }: Known): RoleStrength {
  let held = NO_RIGHTS;
  for (const { scope, ...ref } of bindings.boundTo(subject).slice(0, MAX_HELD)) {
    const rights = scope === '' || scope === namespace ? roles.of(ref) : undefined;
    if (rights) held = joined(held, within(rights, namespace));
  }
  return held;
}
