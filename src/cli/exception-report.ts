import { readHits, type Hits } from '../engine/exceptions.ts';
import { DAY, formatTime, parseBlock, splitObject, type Exception, type Micros } from '../model/index.ts';
import { plural } from './progress.ts';

/** Until then an exception may still wait for what it is about. */
const PATIENCE: Micros = 7 * DAY;
const LONGEST: Micros = 366 * DAY;
/** Blocks with fewer bits than these are no place in a network. */
const WIDEST_V4 = 96 + 8;
const WIDEST_V6 = 32;

/** Gives the row that counts the hits of an exception; undefined where there is no store to ask. */
export type HitsOf = ((id: string) => Uint8Array | string | undefined) | undefined;

/** What `lapwing check` says of exceptions, a line each. */
export interface ExceptionReport {
  readonly summary: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly string[];
}

/** Looks for exceptions that are expired, wider than they can be meant, or never hit. Event times are held against `now`. */
export function reportExceptions(exceptions: readonly Exception[], hitsOf: HitsOf, now: Micros): ExceptionReport {
  const summary: string[] = [];
  const notes: string[] = [];
  const findings: string[] = [];
  for (const exception of exceptions) {
    const { id, author, expires } = exception;
    const found = hitsOf?.(id);
    const hits = found === undefined ? undefined : readHits(found);
    const isExpired = expires <= now;
    summary.push(`${id} (${author}; ${isExpired ? 'expired' : 'until'} ${dayOf(expires)}): ${toldHits(hits, hitsOf)}`);
    const name = `exceptions: ${id}`;
    if (isExpired) findings.push(`${name} expired on ${dayOf(expires)}: delete it, or say anew until when`);
    const broad = isExpired ? [] : breadthOf(exception, now);
    if (broad.length > 0) findings.push(`${name} is over-broad: ${broad.join('; ')}`);
    if (hitsOf === undefined || isExpired || (hits?.findings ?? 0) > 0) continue;
    if (hits !== undefined && hits.since < now - PATIENCE)
      findings.push(`${name} was never hit since ${dayOf(hits.since)}: delete it, or look for what it misses`);
    else notes.push(`${name} was not hit yet`);
  }
  if (hitsOf === undefined && exceptions.length > 0)
    notes.push('exceptions: there is no store to read here, so which of them are never hit is not known');
  return { summary, notes, findings };
}

/** Each way in which an exception mutes more than somebody can have thought of. */
function breadthOf(exception: Exception, now: Micros): readonly string[] {
  const { detectors, clusters = [], namespaces = [], identities = [], objects = [], sources = [], expires } = exception;
  const reasons: string[] = [];
  const isAnything = objects.every((each) => isBlank(splitObject(each)?.[1] ?? ''));
  if (isAnything && [namespaces, identities, sources].every((scope) => scope.length === 0))
    reasons.push('it says neither who, nor on what, nor from where');
  if (detectors === undefined) reasons.push('it names no detector, and mutes those of later versions as well');
  const wide = [
    ...[...clusters, ...namespaces].filter(isBlank),
    ...identities
      .flatMap((each) => (typeof each === 'string' ? [each] : [each.user, each.as]))
      .filter((each) => isBlank(each) || EVERYBODY.has(each)),
    ...objects.filter((each) => (splitObject(each) ?? []).every(isBlank)),
    ...sources.filter(isWide),
  ];
  for (const each of new Set(wide)) reasons.push(`${JSON.stringify(each)} takes in too much`);
  if (expires - now > LONGEST) reasons.push(`it ends more than a year from now, on ${dayOf(expires)}`);
  return reasons;
}

/** Stars and nothing, or next to nothing, besides. */
const isBlank = (pattern: string): boolean => pattern.includes('*') && pattern.replaceAll('*', '').length < 2;

/** Patterns that mean a whole kind of identities. */
const EVERYBODY: ReadonlySet<string> = new Set(['system:*', 'system:serviceaccount:*', 'system:node:*']);

function isWide(source: string): boolean {
  const bits = parseBlock(source)?.bits ?? 0;
  return source.includes(':') ? bits < WIDEST_V6 : bits < WIDEST_V4;
}

function toldHits(hits: Hits | undefined, hitsOf: HitsOf): string {
  if (hitsOf === undefined) return 'hits not known';
  if (hits?.last === undefined) return 'no hits';
  return `${plural(hits.findings, 'hit')}, the last on ${dayOf(hits.last)}`;
}

const dayOf = (time: Micros): string => formatTime(time).slice(0, 10);
