import type { Micros } from './time.ts';

/** A user on its own account (a pattern), or one acting as another: never the one for the other. */
export type ExceptionIdentity = string | { readonly user: string; readonly as: string };

/**
 * What is known and not to be told: findings that match every scope that is given here become muted alerts. Patterns are exact text;
 * `*` stands for any characters. What an event leaves out (no user, no namespace) matches no pattern.
 */
export interface Exception {
  /** Kebab-case, unique; written into each alert that it mutes. */
  readonly id: string;
  /** Ids of detectors. */
  readonly detectors?: readonly string[] | undefined;
  readonly clusters?: readonly string[] | undefined;
  /** Of the event's object; a request across namespaces has none. */
  readonly namespaces?: readonly string[] | undefined;
  readonly identities?: readonly ExceptionIdentity[] | undefined;
  /** "secrets/db-*", "pods/exec/web-*": the type, a slash, the name. A name `*` also stands for none: a list. */
  readonly objects?: readonly string[] | undefined;
  /** Addresses or blocks that the last hop is in. */
  readonly sources?: readonly string[] | undefined;
  readonly reason: string;
  /** Who answers for it. */
  readonly author: string;
  /** From this event time on it mutes nothing. */
  readonly expires: Micros;
}

/** The type and the name of an exception's object: what stands before and behind the last slash; undefined where there is none. */
export function splitObject(object: string): readonly [type: string, name: string] | undefined {
  const slash = object.lastIndexOf('/');
  return slash < 1 || slash === object.length - 1 ? undefined : [object.slice(0, slash), object.slice(slash + 1)];
}
