import { isUtf8 } from 'node:buffer';
import {
  FLAWS,
  LEVELS,
  STAGES,
  type AuditEvent,
  type Denial,
  type Flaw,
  type Level,
  type Micros,
  type ObjectRef,
  type Outcome,
  type Stage,
  type User,
} from '../../model/index.ts';
import type { Annotations } from './annotation-scanner.ts';
import { NOBODY } from './asker.ts';
import { bodyFlaws } from './body-flaws.ts';
import type { EventScanner } from './event-scanner.ts';
import { readAnnotations, readStrings, readUser } from './parts.ts';
import { cutRedacted, redactName, redactText, redactUri } from './redact.ts';
import { redactObject } from './redact-object.ts';
import { NAME } from './interner.ts';
import { rawText } from './raw-text.ts';
import { readBody } from './read-body.ts';
import { SPAN, SPANS } from './spans.ts';

/** Longest texts of an event, in characters. */
const LIMITS = { auditId: 256, uri: 8192, statusMessage: 1024, userAgent: 1100, name: NAME } as const;

const NO_ANNOTATIONS: Annotations = new Map();
const KNOWN_STAGES: ReadonlySet<string> = new Set(STAGES);
const KNOWN_LEVELS: ReadonlySet<string> = new Set(LEVELS);

/** A typed array costs as much as all the rest of an event: many share one. */
const SHARERS = 128;
let places = new Int32Array(SHARERS * SPANS);
let taken = 0;

/** Writes the spans into `places`, and tells where. */
function placeFor(spans: Int32Array): number {
  if (taken === places.length) {
    places = new Int32Array(SHARERS * SPANS);
    taken = 0;
  }
  const at = taken;
  for (let index = 0; index < SPANS; index += 1) places[at + index] = spans[index]!;
  taken += SPANS;
  return at;
}

/** What an event object is made from. */
export interface EventParts {
  readonly bytes: Buffer;
  readonly ascii: boolean;
  /** Where it stands in its bytes. */
  readonly from: number;
  readonly to: number;
  readonly scanned: EventScanner;
  readonly cluster: string;
  readonly received: Micros | undefined;
  readonly time: Micros;
  readonly final: boolean;
  readonly reusedAuditId: boolean;
  readonly cutShort: boolean;
}

/** An event over its bytes: each part is decoded, cut and redacted when it is asked for, and most of them only once. */
export class LazyEvent implements AuditEvent {
  readonly cluster: string;
  readonly time: Micros;
  readonly received: Micros | undefined;
  readonly stage: Stage;
  readonly verb: string;
  readonly code: number;
  readonly resource: string;
  readonly final: boolean;
  readonly reusedAuditId: boolean;
  readonly cutShort: boolean;
  readonly #from: number;
  readonly #to: number;
  readonly #bytes: Buffer;
  readonly #ascii: boolean;
  /** Where its parts stand, from `at` on. */
  readonly #spans: Int32Array;
  readonly #at: number;
  readonly #apiGroup: string;
  #user: User | undefined;
  #impersonated: User | undefined;
  #annotations: Annotations | undefined;
  #object: ObjectRef | undefined;
  #sourceIps: readonly string[] | undefined;
  #auditId: string | undefined;
  #uri: string | undefined;
  #userAgent: string | undefined;
  #statusMessage: string | undefined;
  // Asked for by several detectors in a row, when the event is judged: after that nobody holds it.
  #request: unknown;
  #response: unknown;
  #requestText: string | undefined;
  #responseText: string | undefined;

  constructor(parts: EventParts) {
    const { scanned } = parts;
    this.cluster = parts.cluster;
    this.time = parts.time;
    this.received = parts.received;
    this.final = parts.final;
    this.reusedAuditId = parts.reusedAuditId;
    this.cutShort = parts.cutShort;
    this.#from = parts.from;
    this.#to = parts.to;
    this.verb = scanned.verb;
    this.code = scanned.code;
    this.resource = scanned.resource;
    this.stage = KNOWN_STAGES.has(scanned.stage) ? (scanned.stage as Stage) : '';
    this.#apiGroup = scanned.apiGroup;
    this.#bytes = parts.bytes;
    this.#ascii = parts.ascii;
    this.#at = placeFor(scanned.spans);
    this.#spans = places;
    // What repeats is decoded once for all events that share its bytes.
    const { user, annotations } = scanned;
    if (user !== undefined) this.#user = user.user ??= readUser(this.#raw(SPAN.user));
    if (annotations !== undefined)
      this.#annotations = annotations.values ??= readAnnotations(this.#raw(SPAN.annotations));
  }

  get auditId(): string {
    return (this.#auditId ??= this.#named(SPAN.auditId, LIMITS.auditId));
  }

  get level(): Level {
    const level = this.#text(SPAN.level, 32);
    return KNOWN_LEVELS.has(level) ? (level as Level) : '';
  }

  get uri(): string {
    return (this.#uri ??= cutRedacted(redactUri(this.#text(SPAN.uri, 2 * LIMITS.uri)), LIMITS.uri));
  }

  get statusReason(): string {
    return this.#redacted(SPAN.statusReason, LIMITS.name);
  }

  get statusMessage(): string {
    return (this.#statusMessage ??= this.#redacted(SPAN.statusMessage, LIMITS.statusMessage));
  }

  get user(): User {
    return (this.#user ??= this.#there(SPAN.user) ? readUser(this.#raw(SPAN.user)) : NOBODY);
  }

  get impersonated(): User | undefined {
    if (!this.#there(SPAN.impersonated)) return undefined;
    return (this.#impersonated ??= readUser(this.#raw(SPAN.impersonated)));
  }

  get sourceIps(): readonly string[] {
    return (this.#sourceIps ??= this.#there(SPAN.sourceIps) ? readStrings(this.#raw(SPAN.sourceIps)) : []);
  }

  get peer(): string {
    return this.sourceIps.at(-1) ?? '';
  }

  get userAgent(): string {
    return (this.#userAgent ??= this.#redacted(SPAN.userAgent, LIMITS.userAgent));
  }

  get object(): ObjectRef | undefined {
    if (!this.#there(SPAN.object)) return undefined;
    return (this.#object ??= {
      // Without a subresource the two are one.
      resource: this.#there(SPAN.subresource) ? this.#named(SPAN.resource, LIMITS.name) : this.resource,
      subresource: this.#named(SPAN.subresource, LIMITS.name),
      namespace: this.#redacted(SPAN.namespace, LIMITS.name),
      name: this.#redacted(SPAN.name, LIMITS.name),
      apiGroup: this.#apiGroup,
      apiVersion: this.#named(SPAN.apiVersion, LIMITS.name),
    });
  }

  get decision(): 'allow' | 'forbid' | '' {
    const decision = this.annotation('authorization.k8s.io/decision');
    return decision === 'allow' || decision === 'forbid' ? decision : '';
  }

  get decisionReason(): string {
    return this.annotation('authorization.k8s.io/reason');
  }

  get outcome(): Outcome {
    if (this.stage === 'Panic' || this.code >= 400) return 'failure';
    return this.code === 0 ? 'unknown' : 'success';
  }

  get denial(): Denial | undefined {
    if (this.code === 401) return 'authentication';
    if (this.code !== 403) return undefined;
    return this.decision === 'allow' ? 'admission' : 'authorization';
  }

  annotation(name: string): string {
    const { annotations } = this;
    // Some of those who pass events on may not write a dot in a name.
    return annotations.get(name) ?? annotations.get(name.replaceAll('.', '_')) ?? '';
  }

  get flaws(): readonly Flaw[] {
    const bytes = this.#bytes.subarray(this.#from, this.#to);
    const found = this.cutShort ? [] : bodyFlaws(bytes.toString('utf8'));
    return FLAWS.filter(
      (flaw) =>
        found.includes(flaw) ||
        (flaw === 'cut short' && this.cutShort) ||
        (flaw === 'not UTF-8' && !this.#ascii && !isUtf8(bytes)),
    );
  }

  /** All annotations, cut and redacted. */
  get annotations(): Annotations {
    return (this.#annotations ??= this.#there(SPAN.annotations)
      ? readAnnotations(this.#raw(SPAN.annotations))
      : NO_ANNOTATIONS);
  }

  get requestObject(): unknown {
    return (this.#request ??= this.#body(SPAN.request, this.#requestText));
  }

  get responseObject(): unknown {
    return (this.#response ??= this.#body(SPAN.response, this.#responseText));
  }

  bodiesMayHold(texts: readonly string[]): boolean {
    const hasRequest = this.#there(SPAN.request);
    const hasResponse = this.#there(SPAN.response);
    if (!hasRequest && !hasResponse) return true;
    return (
      (hasRequest && mayHold((this.#requestText ??= this.#raw(SPAN.request)), texts)) ||
      (hasResponse && mayHold((this.#responseText ??= this.#raw(SPAN.response)), texts))
    );
  }

  #there(part: number): boolean {
    return this.#spans[this.#at + part + 1]! > 0;
  }

  #raw(part: number): string {
    const at = this.#at + part;
    return this.#bytes.toString(this.#ascii ? 'latin1' : 'utf8', this.#spans[at]!, this.#spans[at + 1]!);
  }

  #text(part: number, limit: number): string {
    const at = this.#at + part;
    return rawText(this.#bytes, this.#ascii, this.#spans[at]!, this.#spans[at + 1]!, limit);
  }

  #named(part: number, limit: number): string {
    return cutRedacted(redactName(this.#text(part, 2 * limit)), limit, redactName);
  }

  #redacted(part: number, limit: number): string {
    return cutRedacted(redactText(this.#text(part, 2 * limit)), limit);
  }

  #body(part: number, text: string | undefined): unknown {
    return this.#there(part) ? redactObject(readBody(text ?? this.#raw(part)), this.object) : undefined;
  }
}

/** Of lists of texts that are asked for again and again: one pass for all, where single texts are found faster one by one. */
const LOOKS = new WeakMap<readonly string[], RegExp>();
const FEW = 2;

/** An escape may spell any letter. */
function mayHold(raw: string, texts: readonly string[]): boolean {
  if (texts.length <= FEW) return raw.includes('\\u') || texts.some((text) => raw.includes(text));
  let look = LOOKS.get(texts);
  if (look === undefined) {
    const plain = texts.map((text) => text.replace(/[^\w]/g, String.raw`\$&`));
    LOOKS.set(texts, (look = new RegExp(['\\\\u', ...plain].join('|'))));
  }
  return look.test(raw);
}
