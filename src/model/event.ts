import type { Micros } from './time.ts';

/** The stages of a request, in the order in which a request passes them. */
export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof STAGES)[number] | '';

export const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof LEVELS)[number] | '';

/** success: code below 400; failure: 400 and above or a Panic; unknown: no code yet. */
export type Outcome = 'success' | 'failure' | 'unknown';

/**
 * Who said no. authentication: 401. authorization: 403 by the authorizer (or a refused impersonation). admission: 403 although
 * the decision was allow (admission plug-ins, RBAC's escalation check).
 */
export type Denial = 'authentication' | 'authorization' | 'admission';

/** What is odd about the bytes that an event was read from, and what was made of it. */
export const FLAWS = [
  /** The record was cut on its way: what stood behind the cut is missing. */
  'cut short',
  /** A name is given twice in one object: the last one counts, as for the API server. */
  'duplicate keys',
  /** A value deeper than is read stands as a marker. */
  'nested too deep',
  /** An integer that JavaScript cannot hold stands as text. */
  'large number',
  /** Bytes that are not UTF-8 stand as U+FFFD. */
  'not UTF-8',
] as const;
export type Flaw = (typeof FLAWS)[number];

/** An identity as the API server wrote it. An event without a user (a failed login) has an empty name. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** What was asked for; absent fields are empty strings. */
export interface ObjectRef {
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
}

/**
 * One audit event, read lazily from its bytes; secret material is already redacted in every field. Every string in it is
 * chosen by whoever made the request.
 */
export interface AuditEvent {
  /** Scope of everything the engine remembers; empty where no cluster name is configured or derived. */
  readonly cluster: string;
  /** stageTimestamp, else requestReceivedTimestamp. */
  readonly time: Micros;
  /** Time of receipt, absent for files. */
  readonly received: Micros | undefined;
  /** Chosen by the client: never an identity by itself. Cut at 256 characters. */
  readonly auditId: string;
  readonly stage: Stage;
  readonly level: Level;
  readonly verb: string;
  /** Path and query with credentials masked, cut at 8,192 characters. */
  readonly uri: string;
  /** HTTP status, 0 where there is none. */
  readonly code: number;
  readonly statusReason: string;
  readonly statusMessage: string;
  readonly user: User;
  readonly impersonated: User | undefined;
  /** As written: only the last entry (see peer) is not the client's to choose. */
  readonly sourceIps: readonly string[];
  /** The last hop, or empty. */
  readonly peer: string;
  readonly userAgent: string;
  readonly object: ObjectRef | undefined;
  /** "secrets", "pods/exec"; empty for non-resource requests. */
  readonly resource: string;
  readonly decision: 'allow' | 'forbid' | '';
  readonly decisionReason: string;
  readonly outcome: Outcome;
  readonly denial: Denial | undefined;
  /** True for the one event that speaks for the whole request: ResponseComplete, Panic, or the lone ResponseStarted of a 401. */
  readonly final: boolean;
  /** The same Audit-ID and stage came before with another user, verb or URI. */
  readonly reusedAuditId: boolean;
  /** Its record was cut on its way: what is absent may have been there. */
  readonly cutShort: boolean;
  /** All that is odd about its bytes; reads them anew, so for people rather than for every event. */
  readonly flaws: readonly Flaw[];
  /** The value of an annotation, or an empty string. */
  annotation(name: string): string;
  /** Parsed and redacted when asked for; undefined where the audit level leaves it out. Plain data with null prototypes. */
  readonly requestObject: unknown;
  readonly responseObject: unknown;
  /**
   * False only where there are bodies and none of them can hold one of these texts, as a name or in a value: tells without
   * parsing that there is nothing to look for. Never proof that something is there.
   */
  bodiesMayHold(texts: readonly string[]): boolean;
}
