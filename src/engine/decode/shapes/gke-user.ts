import type { JsonView } from '../json-view.ts';
import { textIn } from './event-text.ts';

const MOST_DELEGATES = 8;

/** As an event's user. */
interface GkeUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly extra?: { readonly serviceAccountDelegationInfo: readonly string[] };
}

/**
 * Who asked, and as whom, by AuditLog.authenticationInfo. Without a principal nobody logged in; then the authority selector may name
 * system:anonymous. Beside a principal it is whom the request asked to act as, whether that was allowed or not.
 */
export function gkeUsers(info: JsonView | undefined): { user: GkeUser | undefined; impersonated: GkeUser | undefined } {
  const principal = textIn(info, 'principalEmail') || textIn(info, 'principalSubject') || '';
  const selector = textIn(info, 'authoritySelector') ?? '';
  const name = principal === '' ? selector : principal;
  const isDisguised = selector !== '' && selector !== name;
  return {
    user: name === '' ? undefined : { username: name, groups: groupsOf(name), ...delegatesIn(info) },
    impersonated: isDisguised ? { username: selector, groups: groupsOf(selector) } : undefined,
  };
}

/**
 * Groups are in no log of GKE, and without them no service account is told from a person. Those that Kubernetes gives to every holder
 * of such a name are filled in. A certificate in the name of a service account or node cannot be told by this.
 */
function groupsOf(name: string): readonly string[] {
  if (name === 'system:anonymous') return ['system:unauthenticated'];
  const [system, kind, namespace] = name.split(':', 3);
  if (system !== 'system') return ['system:authenticated'];
  if (kind === 'serviceaccount' && namespace !== undefined)
    return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return kind === 'node' && namespace !== undefined
    ? ['system:nodes', 'system:authenticated']
    : ['system:authenticated'];
}

/** Through whom the credential of a Google service account was had, the first one first. */
function delegatesIn(info: JsonView | undefined): Pick<GkeUser, 'extra'> {
  const names: string[] = [];
  for (const each of info?.at('serviceAccountDelegationInfo')?.elements() ?? []) {
    const name = textIn(each, 'firstPartyPrincipal', 'principalEmail') ?? textIn(each, 'principalSubject');
    if (name !== undefined) names.push(name);
    if (names.length === MOST_DELEGATES) break;
  }
  return names.length === 0 ? {} : { extra: { serviceAccountDelegationInfo: names } };
}
