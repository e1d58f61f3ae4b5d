import {
  isWithin,
  parseBlock,
  splitObject,
  type AddressBlock,
  type AuditEvent,
  type Exception,
  type ExceptionIdentity,
  type Micros,
} from '../model/index.ts';
import { compilePattern, type Matches } from './pattern.ts';
import type { Persistent, PutRow } from './persist.ts';

/** The space of the rows that count hits; the key is the exception's id. */
export const HITS_SPACE = 'exceptions';

/** How often an exception has muted something. Times are event times. */
export interface Hits {
  /** When a finding was first held against it. */
  readonly since: Micros;
  readonly findings: number;
  /** Absent where it never muted anything. */
  readonly last?: Micros;
}

/** Reads a row of hits. */
export const readHits = (value: Uint8Array | string): Hits =>
  JSON.parse(typeof value === 'string' ? value : new TextDecoder().decode(value)) as Hits;

interface Compiled {
  readonly id: string;
  readonly expires: Micros;
  readonly detectors: ReadonlySet<string> | undefined;
  /** One test for each scope that is given. */
  readonly holds: readonly ((event: AuditEvent) => boolean)[];
}

/**
 * The exceptions of the configuration, compiled, and how often each was hit. They look at the event that a detector spoke at: who
 * made the request, as whom, on which object, from where. The first in the configuration that matches mutes the finding.
 */
export class Exceptions implements Persistent {
  readonly #exceptions: readonly Compiled[];
  readonly #hits = new Map<string, Hits>();
  readonly #changed = new Set<string>();

  constructor(exceptions: readonly Exception[]) {
    this.#exceptions = exceptions.map(compiled);
  }

  /** The id of the exception that mutes a finding of the detector at this event, and counts it; undefined where none does. */
  mute(detector: string, event: AuditEvent): string | undefined {
    for (const exception of this.#exceptions) {
      if (event.time >= exception.expires || exception.detectors?.has(detector) === false) continue;
      const isHit = exception.holds.every((holds) => holds(event));
      this.#count(exception.id, event.time, isHit);
      if (isHit) return exception.id;
    }
    return undefined;
  }

  /** Hits by the exception's id; those that no finding was ever held against are absent. */
  get hits(): ReadonlyMap<string, Hits> {
    return this.#hits;
  }

  /** Hits of an exception that the configuration no longer has go. */
  restore(key: string, value: Uint8Array | string): void {
    if (this.#exceptions.some(({ id }) => id === key)) this.#hits.set(key, readHits(value));
    else this.#changed.add(key);
  }

  collect(put: PutRow): void {
    for (const id of this.#changed) {
      const hits = this.#hits.get(id);
      put(id, hits === undefined ? null : JSON.stringify(hits));
    }
    this.#changed.clear();
  }

  #count(id: string, time: Micros, isHit: boolean): void {
    const known = this.#hits.get(id);
    if (known !== undefined && !isHit) return;
    const { since, findings, last } = known ?? { since: time, findings: 0 };
    this.#hits.set(id, {
      since: Math.min(since, time),
      findings: findings + (isHit ? 1 : 0),
      ...(isHit && { last: Math.max(last ?? time, time) }),
    });
    this.#changed.add(id);
  }
}

function compiled({ id, expires, detectors, ...scope }: Exception): Compiled {
  const { clusters, namespaces, identities, objects, sources } = scope;
  return {
    id,
    expires,
    detectors: detectors && new Set(detectors),
    holds: [
      ...(clusters ? [textTest(clusters, ({ cluster }) => cluster)] : []),
      ...(namespaces ? [textTest(namespaces, ({ object }) => object?.namespace ?? '')] : []),
      ...(identities ? [anyOf(identities.map(identityTest))] : []),
      ...(objects ? [anyOf(objects.map(objectTest))] : []),
      ...(sources ? [sourceTest(sources)] : []),
    ],
  };
}

const anyOf =
  (tests: readonly ((event: AuditEvent) => boolean)[]) =>
  (event: AuditEvent): boolean =>
    tests.some((holds) => holds(event));

function textTest(patterns: readonly string[], of: (event: AuditEvent) => string): (event: AuditEvent) => boolean {
  const tests = patterns.map((pattern) => named(compilePattern(pattern)));
  return (event) => {
    const text = of(event);
    return tests.some((matches) => matches(text));
  };
}

/** Whoever acts as another is somebody else than either: both names count, and only where both are asked for. */
function identityTest(identity: ExceptionIdentity): (event: AuditEvent) => boolean {
  const user = named(compilePattern(typeof identity === 'string' ? identity : identity.user));
  if (typeof identity === 'string') return (event) => event.impersonated === undefined && user(event.user.name);
  const as = named(compilePattern(identity.as));
  return (event) => event.impersonated !== undefined && user(event.user.name) && as(event.impersonated.name);
}

function objectTest(object: string): (event: AuditEvent) => boolean {
  const [type = '', name = ''] = splitObject(object) ?? [];
  const matchesType = named(compilePattern(type));
  const matchesName = compilePattern(name);
  return (event) => matchesType(event.resource) && matchesName(event.object?.name ?? '');
}

function sourceTest(sources: readonly string[]): (event: AuditEvent) => boolean {
  const blocks = sources.map(parseBlock).filter((block): block is AddressBlock => block !== undefined);
  return ({ peer }) => blocks.some((block) => isWithin(peer, block));
}

/** What an event leaves out is nobody and nowhere: not even a star stands for it. */
const named =
  (matches: Matches): Matches =>
  (text) =>
    text !== '' && matches(text);
