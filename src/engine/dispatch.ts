import type { Interest } from '../model/index.ts';

/** What dispatch looks at: a cursor on an event, or an event. */
export interface Dispatchable {
  readonly resource: string;
  readonly apiGroup: string;
  readonly verb: string;
  readonly code: number;
  readonly final: boolean;
}

interface Candidate {
  readonly subscriber: number;
  readonly apiGroups: ReadonlySet<string> | undefined;
  readonly final: boolean;
  readonly reused: boolean;
  readonly by: Interest['by'];
}

/** What the code of a response comes to, as interests tell outcomes apart: no code yet, success, refused, another failure. */
const classOf = (code: number): number => (code < 400 ? (code > 0 ? 1 : 0) : code === 403 || code === 401 ? 2 : 3);
const CLASSES: readonly (readonly Interest['outcome'][])[] = [
  [undefined],
  [undefined, 'success'],
  [undefined, 'failure', 'refused'],
  [undefined, 'failure'],
];

/** The candidates for a resource and verb, by the class of the response. */
type ByClass = readonly (readonly Candidate[])[];

/** Whether the present request is by one of those. */
export type Admits = (by: NonNullable<Interest['by']>) => boolean;

/** Resources and verbs whose candidates are remembered; an attacker who invents more only costs a search each. */
const REMEMBERED = 4_096;

/**
 * Who wants an event: found by the resource, the verb and what became of it, then by the few conditions that are left. An event that
 * nobody wants costs two map lookups.
 */
export class Dispatch {
  readonly #interests: readonly { readonly subscriber: number; readonly interest: Interest }[];
  readonly #known = new Map<string, Map<string, ByClass>>();
  #remembered = 0;

  constructor(subscribers: readonly (readonly Interest[])[]) {
    this.#interests = subscribers.flatMap((interests, subscriber) =>
      interests.map((interest) => ({ subscriber, interest })),
    );
  }

  /** Writes the subscribers that want the event into `into`, each once, in rising order, and returns how many they are. */
  match(event: Dispatchable, reused: boolean, into: number[], admits: Admits): number {
    const byClass = this.#known.get(event.resource)?.get(event.verb) ?? this.#search(event.resource, event.verb);
    const candidates = byClass[classOf(event.code)]!;
    let found = 0;
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index]!;
      if (found > 0 && into[found - 1] === candidate.subscriber) continue;
      if (candidate.final && !event.final) continue;
      if (candidate.reused && !reused) continue;
      if (candidate.apiGroups !== undefined && !candidate.apiGroups.has(event.apiGroup)) continue;
      if (candidate.by !== undefined && !admits(candidate.by)) continue;
      into[found] = candidate.subscriber;
      found += 1;
    }
    return found;
  }

  #search(resource: string, verb: string): ByClass {
    const interests = this.#interests.filter(
      ({ interest: { resources, verbs } }) =>
        (resources?.some((pattern) => covers(pattern, resource)) ?? true) && (verbs?.includes(verb) ?? true),
    );
    const byClass = CLASSES.map((outcomes) =>
      interests
        .filter(({ interest }) => outcomes.includes(interest.outcome))
        .map(({ subscriber, interest }) => ({
          subscriber,
          apiGroups: interest.apiGroups && new Set(interest.apiGroups),
          final: interest.final ?? false,
          reused: interest.reusedAuditId ?? false,
          by: interest.by,
        })),
    );
    if (this.#remembered >= REMEMBERED) return byClass;
    this.#remembered += 1;
    const verbs = this.#known.get(resource) ?? new Map<string, ByClass>();
    this.#known.set(resource, verbs.set(verb, byClass));
    return byClass;
  }
}

function covers(pattern: string, resource: string): boolean {
  if (pattern === resource) return true;
  const slash = pattern.indexOf('/');
  if (slash < 0) return false;
  const [type = '', subresource = ''] = resource.split('/', 2);
  const [wantedType, wantedSubresource] = [pattern.slice(0, slash), pattern.slice(slash + 1)];
  if (wantedType !== '*' && wantedType !== type) return false;
  return wantedSubresource === '*' ? wantedType !== '*' || subresource !== '' : wantedSubresource === subresource;
}
