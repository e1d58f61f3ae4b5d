import type { AuditEvent } from './event.ts';
import { clip, counted } from './wording.ts';

/** Where clients ask what they may do, and who they are. */
export const SELF_REVIEWS = ['selfsubjectrulesreviews', 'selfsubjectaccessreviews', 'selfsubjectreviews'];
const SENSITIVE =
  /^(secrets|serviceaccounts\/token|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy|(cluster)?role(binding)?s|certificatesigningrequests|(mutating|validating)webhookconfigurations)(\/|$)/;
/** What no dashboard polls and no controller does by the way. */
const TELLING =
  /^(pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy|serviceaccounts\/token|certificatesigningrequests\/approval|\/(debug|logs|configz|pods|run|exec)\b.*|impersonation)$/;
const READS = new Set(['get', 'list', 'watch', 'head']);
/** Who deploys asks for one thing by name, then writes it; who looks around lists. */
const BY_NAME = 0.25;

/**
 * What a request asked for, as one text for `reachOf`: the deed, the kind and the namespace. Without the name, since guessing the names of one
 * kind is one thing; with whom it is about where acting as another was refused.
 */
export function askedFor(event: AuditEvent): string {
  const { denial, statusMessage, resource, object, uri } = event;
  const verb = event.verb === 'watch' ? 'list' : event.verb;
  const other = denial === 'authorization' && /\bcannot impersonate\b/.test(statusMessage);
  // The message opens with whom it tried to be: users "system:admin" is forbidden …
  if (other) return `impersonate\nimpersonation\n${clip(statusMessage.split(' is forbidden', 1)[0]!)}`;
  return `${verb}\n${resource || pathOf(uri)}\n${object?.namespace ?? ''}`;
}

/** Without the query, in which a client may put anything, and without a slash at its end. */
export function pathOf(uri: string): string {
  const path = uri.split('?', 1)[0]!;
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** How far a set of requests reaches. */
export interface Reach {
  /** Different kinds in different namespaces; by name or to change it counts a quarter. Rounded up. */
  readonly cells: number;
  /** Namespaces; the empty one where something was cluster-wide. Paths have none. */
  readonly scopes: ReadonlySet<string>;
  readonly kinds: readonly string[];
  /** Kinds that hold or give power: secrets, tokens, roles. */
  readonly sensitive: number;
  /** Kinds that nobody asks for by the way: commands in pods, tokens, acting as another. */
  readonly telling: number;
  /** Different deeds that are not reading. */
  readonly writes: number;
}

/** How far these different things, made by `askedFor`, reach together. */
export function reachOf(things: readonly string[]): Reach {
  const [kinds, scopes, writes] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let cells = 0;
  for (const thing of things) {
    const [verb, last] = [thing.indexOf('\n'), thing.lastIndexOf('\n')];
    kinds.add(thing.slice(verb + 1, last));
    // A path, or acting as another: neither is in a namespace.
    const isElsewhere = thing[verb + 1] === '/' || thing.startsWith('impersonate\n');
    const isList = thing.startsWith('list\n');
    cells += isList || isElsewhere ? 1 : BY_NAME;
    if (isElsewhere) continue;
    scopes.add(thing.slice(last + 1));
    if (!isList && !READS.has(thing.slice(0, verb))) writes.add(thing.slice(0, last));
  }
  const names = [...kinds];
  return {
    cells: Math.ceil(cells),
    scopes,
    kinds: names,
    sensitive: names.filter((kind) => SENSITIVE.test(kind)).length,
    telling: names.filter((kind) => TELLING.test(kind)).length,
    writes: writes.size,
  };
}

/** Namespaces, an empty one for the whole cluster, in words: "in 3 namespaces and cluster-wide"; or empty. */
export function whereOf(scopes: ReadonlySet<string>): string {
  const isWide = scopes.has('');
  const named = `in ${counted(scopes.size - (isWide ? 1 : 0), 'namespace')}`;
  if (!isWide) return scopes.size === 0 ? '' : named;
  return scopes.size === 1 ? 'cluster-wide' : `${named} and cluster-wide`;
}
