import type { Denial, Outcome } from './event.ts';
import type { Micros } from './time.ts';

/** In rising order. info and low: activity worth keeping. medium and up: what an analyst is asked to look at. */
export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** -1, 0 or 1 as a is milder than, as grave as, or graver than b. */
export const compareSeverity = (a: Severity, b: Severity): number =>
  Math.sign(SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b));

/** The allowed values of rule.category. */
export const CATEGORIES = [
  'forbidden',
  'secrets',
  'exec',
  'rbac',
  'anonymous',
  'workload',
  'persistence',
  'credential',
  'network',
  'delete',
  'impersonation',
  'discovery',
  'evasion',
  'identity',
  'meta',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** What an identity is, told by groups, uid and credential, never by its name alone. */
export const ACTOR_CLASSES = [
  'control-plane',
  'node',
  'serviceaccount',
  'human',
  'anonymous',
  'unauthenticated',
] as const;
export type ActorClass = (typeof ACTOR_CLASSES)[number];

/** Whether it is a part of the cluster itself. */
export const isComponent = (actor: ActorClass): boolean => actor === 'control-plane' || actor === 'node';

/** One tactic or technique of MITRE ATT&CK; a technique with a dot is a subtechnique. */
export interface AttackRef {
  readonly id: string;
  readonly name: string;
}

/** One contributing event, small enough to keep: redacted, each field cut. */
export interface Evidence {
  readonly time: Micros;
  readonly auditId: string;
  readonly stage: string;
  readonly verb: string;
  /** Cut at 512 characters. */
  readonly uri: string;
  readonly code: number;
  /** Set where it made the alert graver. */
  readonly telling?: true;
}

/** Who acted, as the alert tells it. */
export interface Actor {
  /** Absent for a failed login: then source.ip is the actor. */
  readonly user?: string;
  /** The impersonated identity, where there is one. */
  readonly effectiveUser?: string;
  readonly class: ActorClass;
  readonly groups: readonly string[];
  /** The last hop. */
  readonly ip?: string;
  readonly claimedIps: readonly string[];
  readonly userAgent?: string;
}

/** What was acted on; absent where the finding spans several. */
export interface Target {
  readonly namespace?: string;
  readonly resource?: { readonly type: string; readonly name?: string };
  readonly apiVersion?: string;
}

/** What moved the severity and by how much, in the detector's own words. */
export interface Contribution {
  readonly what: string;
  readonly points: number;
}

/** How much history stands behind a judgement of novelty. */
export interface Baseline {
  /** Earlier sightings; of an identity as a whole, at most one an hour counts. */
  readonly events: number;
  readonly since: Micros | null;
  /** What is usual for the identity, in words. */
  readonly usual?: string;
}

/** What a detector says of one event. The engine gives it identity and life. */
export interface Finding {
  /** What repeats join (actor, object …), scoped to detector and cluster by the engine. Cut and hashed where it is long. */
  readonly key: string;
  readonly severity: Severity;
  /** One readable sentence; called anew at each revision with the alert's life so far. */
  readonly reason: (life: AlertLife) => string;
  /** ECS event.action, e.g. "secret-list"; the detector's id where absent. */
  readonly action?: string;
  /** Contributing events before this one; the engine adds the present event. */
  readonly evidence?: readonly Evidence[];
  /** How the window is told, e.g. "5m". */
  readonly window?: string;
  readonly observed?: Readonly<Record<string, number>>;
  readonly threshold?: Readonly<Record<string, number>>;
  readonly baseline?: Baseline;
  readonly contributions?: readonly Contribution[];
  /** Replaces the event's own object; null where the finding spans many objects. */
  readonly target?: Target | null;
  /** The subject of a grant. */
  readonly targetUser?: string;
  /** The decoded, redacted command of an exec. */
  readonly commandLine?: string;
  /** Replace the detector's own tactics and techniques. */
  readonly tactics?: readonly AttackRef[];
  readonly techniques?: readonly AttackRef[];
}

/** The part of an alert that grows as findings join it. */
export interface AlertLife {
  /** Contributing events. */
  readonly count: number;
  readonly firstSeen: Micros;
  readonly lastSeen: Micros;
}

/** What the rule says of itself, carried in every alert so that no reader needs the detector. */
export interface RuleInfo {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly category: Category;
  readonly reference: string;
  /** What to look at next. */
  readonly next: readonly string[];
}

/** A finding with identity and life: first_seen, last_seen, count and revisions. Plain data: survives JSON. */
export interface Alert extends AlertLife {
  /** sha256 hex of detector, version, cluster, key, anchor and ordinal. */
  readonly id: string;
  /** From 1, plus one for each finding that joins. */
  readonly revision: number;
  readonly cluster: string;
  readonly key: string;
  /** Set where an exception mutes it: kept and counted, and not told to people. */
  readonly muted?: { readonly exception: string };
  readonly severity: Severity;
  readonly reason: string;
  readonly rule: RuleInfo;
  readonly tactics: readonly AttackRef[];
  readonly techniques: readonly AttackRef[];
  /** Of the gravest finding. */
  readonly action: string;
  /** Every action it has seen, in the order of their coming; only ever grows, up to 16. */
  readonly actions: readonly string[];
  readonly eventCategory: readonly string[];
  readonly eventType: readonly string[];
  readonly outcome: Outcome;
  readonly denial?: Denial;
  readonly code: number;
  readonly actor: Actor;
  readonly target?: Target;
  readonly targetUser?: string;
  readonly commandLine?: string;
  readonly relatedUsers: readonly string[];
  readonly relatedIps: readonly string[];
  readonly window?: string;
  readonly observed: Readonly<Record<string, number>>;
  readonly threshold: Readonly<Record<string, number>>;
  readonly baseline?: Baseline;
  readonly contributions: readonly Contribution[];
  readonly evidence: {
    readonly total: number;
    readonly auditIds: readonly string[];
    readonly sample: readonly Evidence[];
  };
}
