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
  readonly verbs: ReadonlySet<string> | undefined;
  readonly apiGroups: ReadonlySet<string> | undefined;
  readonly outcome: Interest['outcome'];
  readonly final: boolean;
  readonly reused: boolean;
  readonly by: Interest['by'];
}

/** Whether the present request is by one of those. */
export type Admits = (by: NonNullable<Interest['by']>) => boolean;

/** Resources whose candidates are remembered; an attacker who invents more only costs a search each. */
const REMEMBERED = 4_096;

/**
 * Who wants an event: found by the resource, then by the few conditions that an interest on that resource has. An event that
 * nobody wants costs one map lookup.
 */
export class Dispatch {
  readonly #interests: readonly { readonly subscriber: number; readonly interest: Interest }[];
  readonly #byResource = new Map<string, readonly Candidate[]>();

  constructor(subscribers: readonly (readonly Interest[])[]) {
    this.#interests = subscribers.flatMap((interests, subscriber) =>
      interests.map((interest) => ({ subscriber, interest })),
    );
  }

  /** Writes the subscribers that want the event into `into`, each once, in rising order, and returns how many they are. */
  match(event: Dispatchable, reused: boolean, into: number[], admits: Admits): number {
    const candidates = this.#byResource.get(event.resource) ?? this.#search(event.resource);
    let found = 0;
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index]!;
      if (found > 0 && into[found - 1] === candidate.subscriber) continue;
      if (candidate.final && !event.final) continue;
      if (candidate.outcome !== undefined && !hasOutcome(event.code, candidate.outcome)) continue;
      if (candidate.reused && !reused) continue;
      if (candidate.verbs !== undefined && !candidate.verbs.has(event.verb)) continue;
      if (candidate.apiGroups !== undefined && !candidate.apiGroups.has(event.apiGroup)) continue;
      if (candidate.by !== undefined && !admits(candidate.by)) continue;
      into[found] = candidate.subscriber;
      found += 1;
    }
    return found;
  }

  #search(resource: string): readonly Candidate[] {
    const candidates = this.#interests
      .filter(({ interest }) => interest.resources?.some((pattern) => covers(pattern, resource)) ?? true)
      .map(({ subscriber, interest }) => ({
        subscriber,
        verbs: interest.verbs && new Set(interest.verbs),
        apiGroups: interest.apiGroups && new Set(interest.apiGroups),
        outcome: interest.outcome,
        final: interest.final ?? false,
        reused: interest.reusedAuditId ?? false,
        by: interest.by,
      }));
    if (this.#byResource.size < REMEMBERED) this.#byResource.set(resource, candidates);
    return candidates;
  }
}

function hasOutcome(code: number, outcome: 'success' | 'failure' | 'refused'): boolean {
  if (outcome === 'refused') return code === 403 || code === 401;
  return outcome === 'success' ? code > 0 && code < 400 : code >= 400;
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
