import type { ActorClass, AuditEvent, Identity, User } from '../../model/index.ts';
import { hash53 } from '../text-hash.ts';
import { API_SERVER, COMPONENTS, CONTROLLERS } from './control-plane.ts';
import { readable } from './shape.ts';

const ACCOUNT_PREFIX = 'system:serviceaccount:';
const NODE_PREFIX = 'system:node:';
const CREDENTIAL = 'authentication.kubernetes.io/credential-id';
/** Set where a token was minted for a pod: no control loop runs in one. */
const OF_A_POD = 'authentication.kubernetes.io/pod-name';

/** Longest part of a key; two parts, a separator and room to spare stay under 300. */
const MAX_PART = 140;
const MAX_LABEL_PART = 100;

/**
 * The class of an identity by groups, uid and credential; a name only counts where these agree with it. An impersonated user has
 * no credential of its own: use `identityOf` for an event.
 */
export function classOf(user: User): ActorClass {
  const { name, groups } = user;
  if (name === '') return 'unauthenticated';
  const isAuthenticated = groups.includes('system:authenticated');
  if (isAnonymous(user)) return 'anonymous';
  const account = accountOf(user);
  if (account) return isController(user, account) ? 'control-plane' : 'serviceaccount';
  if (name.startsWith(NODE_PREFIX) && name.length > NODE_PREFIX.length)
    return groups.includes('system:nodes') && !isToken(user) ? 'node' : 'human';
  if (name === API_SERVER)
    return groups.includes('system:masters') && user.uid !== '' && credentialOf(user) === ''
      ? 'control-plane'
      : 'human';
  return COMPONENTS.has(name) && isAuthenticated && !isToken(user) && !isPodBound(user) ? 'control-plane' : 'human';
}

/** Whether nobody logged in. */
export const isAnonymous = ({ name, groups }: User): boolean =>
  groups.includes('system:unauthenticated') ||
  (name === 'system:anonymous' && !groups.includes('system:authenticated'));

/** Users are read once for many events; what follows from one alone is worked out once, too. */
const KNOWN = new WeakMap<User, Identity>();
/** Everybody asks about one event in a row. */
let last: { readonly event: AuditEvent; readonly identity: Identity } | undefined;

/**
 * Who acts in this event. Whoever impersonates is judged as the identity put on, but never as control plane, node or
 * stranger: a disguise must not buy an exemption. The key holds both names then.
 */
export function identityOf(event: AuditEvent): Identity {
  if (last?.event !== event) last = { event, identity: identified(event) };
  return last.identity;
}

function identified(event: AuditEvent): Identity {
  const { user, impersonated } = event;
  if (impersonated === undefined) {
    const known = KNOWN.get(user);
    if (known) return known;
  }
  const { peer } = event;
  const own = classOf(user);
  if (impersonated === undefined || impersonated.name === '') {
    const identity: Identity = { key: keyOf(user, own, peer), class: own, label: labelOf(user, own, peer) };
    // The others are told by the address as well.
    if (own !== 'unauthenticated' && own !== 'anonymous') KNOWN.set(user, identity);
    return identity;
  }
  const worn = classOf(impersonated);
  const masters = impersonated.groups.includes('system:masters') ? ' (system:masters)' : '';
  return {
    key: `${keyOf(user, own, peer)} as ${partOf(impersonated.name)}`,
    class: disguised(own, worn),
    label: `${labelOf(user, own, peer)} as ${readable(impersonated.name, MAX_LABEL_PART)}${masters}`,
  };
}

function disguised(own: ActorClass, worn: ActorClass): ActorClass {
  if (worn === 'serviceaccount' || worn === 'human') return worn;
  return own === 'control-plane' || own === 'node' ? 'human' : own;
}

interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** The service account this user is, undefined for one that only bears the name (a certificate's CN, an OIDC name). */
function accountOf(user: User): Account | undefined {
  if (!user.name.startsWith(ACCOUNT_PREFIX)) return undefined;
  const [namespace, name, rest] = user.name.slice(ACCOUNT_PREFIX.length).split(':', 3);
  if (!namespace || !name || rest !== undefined) return undefined;
  const { groups } = user;
  const isMember = groups.includes('system:serviceaccounts') && groups.includes(`system:serviceaccounts:${namespace}`);
  return isMember && !credentialOf(user).startsWith('X509') ? { namespace, name } : undefined;
}

// The controller manager's tokens belong to no pod; one that does was taken by a workload. The uid keeps out impersonation.
const isController = (user: User, account: Account): boolean =>
  account.namespace === 'kube-system' && CONTROLLERS.has(account.name) && user.uid !== '' && !isPodBound(user);

const credentialOf = (user: User): string => user.extra.get(CREDENTIAL)?.[0] ?? '';

/** Whether the user holds a token that was minted for a pod. */
export const isPodBound = (user: User): boolean => user.extra.has(OF_A_POD);

const isToken = (user: User): boolean => credentialOf(user).startsWith('JTI');

/** Separators of keys hold a space, and no escaped part does: no name can imitate another kind of key. */
function keyOf(user: User, actor: ActorClass, peer: string): string {
  if (actor === 'unauthenticated') return peer === '' ? 'no address' : partOf(peer, true);
  // Nothing but the address tells anonymous clients apart.
  if (actor === 'anonymous') return `${partOf(user.name).slice(0, 80)} from ${partOf(peer, true).slice(0, 60)}`;
  return partOf(user.name);
}

/** Escapes what could be mistaken for a separator or does not print; user names that look like an address are marked. */
function partOf(text: string, isAddress = false): string {
  let part = text;
  if (!/^[!-$&-}]*$/.test(text)) part = text.slice(0, 2 * MAX_PART).replace(/[^!-$&-}]/gu, escaped);
  if (!isAddress && /^[\da-fA-F:.]+$/.test(part) && /[:.]/.test(part)) part = escaped(part.slice(0, 1)) + part.slice(1);
  return part.length <= MAX_PART ? part : `${part.slice(0, MAX_PART - 15)}~${hashOf(text)}`;
}

const escaped = (char: string): string => `%${char.codePointAt(0)!.toString(16)};`;

/** Over the whole text, so that two long names with one beginning stay apart. */
const hashOf = (text: string): string => hash53(text).toString(16).padStart(14, '0');

function labelOf(user: User, actor: ActorClass, peer: string): string {
  const name = readable(user.name, MAX_LABEL_PART);
  const address = readable(peer, 64) || 'of unknown address';
  switch (actor) {
    case 'unauthenticated':
      return `Unauthenticated client ${address}`;
    case 'anonymous':
      return `Anonymous client ${address}`;
    case 'node':
      return `Node ${name.slice(NODE_PREFIX.length)}`;
    case 'control-plane':
      return `Control plane ${COMPONENTS.get(user.name) ?? name.slice(name.lastIndexOf(':') + 1)}`;
    case 'serviceaccount':
      return `Service account ${name.slice(ACCOUNT_PREFIX.length)}`;
    default:
      return user.name.startsWith(ACCOUNT_PREFIX) ? `User ${name} (not a service account)` : `User ${name}`;
  }
}
