import { clip } from '../../model/index.ts';
import type { AuditEvent, Subject } from '../../model/index.ts';

const EVERYONE =
  /^(User:system:anonymous|Group:system:(authenticated|unauthenticated|masters|serviceaccounts(:[^]*)?))$/;

/** The subjects as the event's grant tells them: everyone, the actor, the others; the last one written before those above it. */
export function subjectsFor(names: readonly string[], event: AuditEvent): readonly Subject[] {
  const all = [...new Set(names)].map((name) => subjectOf(name, event));
  return [
    ...all.filter(({ isEveryone }) => isEveryone),
    ...all.filter(({ isEveryone, isActor }) => isActor && !isEveryone),
    ...all.filter(({ isEveryone, isActor }) => !isActor && !isEveryone).reverse(),
  ];
}

/** "Group sre and 2 more in web". */
export function toldSubjects(subjects: readonly Subject[], scope: string): string {
  const first = clip(subjects[0]?.name.replace(':', ' ') ?? 'nobody');
  const more = subjects.length > 1 ? ` and ${subjects.length - 1} more` : '';
  return `${first}${more} ${scope === '' ? 'cluster-wide' : `in ${clip(scope)}`}`;
}

/** The actor is whoever sent the request, and whoever it acts as: both gain. */
function subjectOf(name: string, { user, impersonated }: AuditEvent): Subject {
  const [kind, plain] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
  const acts = kind === 'ServiceAccount' ? `system:serviceaccount:${plain}` : plain;
  const isEveryone = EVERYONE.test(name);
  const isMember = (groups: readonly string[] = []): boolean => !isEveryone && groups.includes(acts);
  const isActor =
    kind === 'Group'
      ? isMember(user.groups) || isMember(impersonated?.groups)
      : user.name === acts || impersonated?.name === acts;
  return { name, user: acts, isEveryone, isActor };
}
