import type { AuditEvent, Grant, RoleRef, RoleStrength } from '../../model/index.ts';
import { changedNothing, isMaking } from './attempt.ts';
import type { Known } from './known-rights.ts';
import { gained, isTelling, joined, NO_RIGHTS, UNKNOWN_RIGHTS, within } from './rights.ts';
import { piecesOf, roleAfter, type Role, speaksOfRights } from './role-body.ts';
import { subjectsFor, toldSubjects } from './told-subjects.ts';
import { recordOf } from './shape.ts';
import type { Written } from './written.ts';

const NOTHING: Role = { rights: NO_RIGHTS, labels: new Map(), selectors: [], rules: undefined };

/** What the write of a role adds: to the role itself, by what it takes in, and to those that take it in. */
export function roleGrant(
  event: AuditEvent,
  attempt: Written,
  ref: RoleRef,
  { roles, bindings }: Known,
): Omit<Grant, 'name' | 'isBuiltIn'> {
  const known = roles.role(ref);
  const holders = bindings.holdersOf(ref);
  const scope = holders[0]?.scope;
  const subjects = subjectsFor(
    holders.map(({ subject }) => subject),
    event,
  );
  const label = subjects.length === 0 ? '' : `more to ${toldSubjects(subjects, scope ?? '')}`;
  const same = { label, scope, subjects, aggregatesTo: [], isHidden: false, isPiece: false, isCompared: true };
  if (attempt.to === 'gone') return { ...same, allows: known?.rights, adds: NO_RIGHTS };
  const before = isMaking(event) ? NOTHING : known;
  const after = roleAfter(attempt, isMaking(event) ? undefined : known);
  const allows = within(after.rights, ref.namespace);
  const body = event.verb === 'patch' && !isMaking(event) ? event.requestObject : undefined;
  if (changedNothing(event) || (body !== undefined && body !== null && !speaksOfRights(body)))
    return { ...same, allows, adds: NO_RIGHTS };
  if (attempt.to === 'unseen')
    return { ...same, allows: known?.rights, adds: UNKNOWN_RIGHTS, isHidden: true, isCompared: false };
  const { rights, ...seen } = ownGain(event, before, after);
  const own = within(rights, ref.namespace);
  if (ref.kind === 'Role') return { ...same, allows, adds: own, ...seen };

  let adds = own;
  if (after.selectors.length > 0 && JSON.stringify(after.selectors) !== JSON.stringify(before?.selectors ?? []))
    adds = joined(adds, gained(before?.rights ?? NO_RIGHTS, roles.aggregation.selected(after.selectors)));
  const aggregatesTo: string[] = [];
  const already = new Set(before ? roles.aggregation.into(before.labels) : []);
  for (const name of roles.aggregation.into(after.labels)) {
    if (name === ref.name || (already.has(name) && adds.because.length === 0)) continue;
    const target = roles.of({ kind: 'ClusterRole', namespace: '', name }) ?? NO_RIGHTS;
    const handed = gained(target, already.has(name) ? adds : after.rights);
    if (!isTelling(handed) && (already.has(name) || handed.strength !== 'unknown')) continue;
    aggregatesTo.push(name);
    adds = joined(adds, handed);
  }
  return { ...same, allows, adds, aggregatesTo, ...seen };
}

interface Gain {
  readonly rights: RoleStrength;
  /** Only a piece of a rule is to be seen, of a role that is not known. */
  readonly isPiece: boolean;
  /** Known to be new: compared, or put in by the request itself. */
  readonly isCompared: boolean;
}

/** What the role allows more than before; where that is not known, what a JSON patch puts in, or all that is there now. */
function ownGain({ verb, requestObject }: AuditEvent, before: Role | undefined, after: Role): Gain {
  const held = before?.rights ?? NO_RIGHTS;
  const body = verb === 'patch' && before !== NOTHING ? requestObject : undefined;
  // A patch that does not speak of rules leaves them alone, known or not.
  if (recordOf(body) && !['rules', '$patch'].some((name) => name in (body as object)))
    return { rights: NO_RIGHTS, isPiece: false, isCompared: true };
  if (Array.isArray(body) && (before === undefined || (before.rules === undefined && after.rules === undefined))) {
    const { rights, isWhole } = piecesOf(body);
    if (isWhole || after.rules === undefined)
      return { rights: gained(held, rights), isPiece: !isWhole, isCompared: isWhole };
  }
  return { rights: gained(held, after.rights), isPiece: false, isCompared: before !== undefined };
}
