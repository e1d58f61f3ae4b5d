import type { z } from 'zod';
import type { ActorClass, AttackRef, Category, Evidence, Finding } from './alert.ts';
import type { AuditEvent, User } from './event.ts';
import type { Admittance, BoundRole, Grant, RoleRef, RoleStrength } from './rights.ts';
import type { Micros } from './time.ts';

/**
 * Which events a detector is called for: all named conditions must hold, a missing one holds always. Resources are
 * "secrets", "pods/exec"; a star may stand for either half of the second form. Compiled into
 * the dispatch index, so that ordinary traffic costs nothing.
 */
export interface Interest {
  readonly resources?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly verbs?: readonly string[];
  /** refused: 401 or 403. */
  readonly outcome?: 'success' | 'failure' | 'refused';
  /** Only the one event that speaks for its request (AuditEvent.final). */
  readonly final?: boolean;
  readonly reusedAuditId?: boolean;
  /**
   * Only requests by such: anonymous clients; users who were refused, or addresses where a login failed, within a day and at least a
   * second before. What everybody does all day is worth a look there, and nowhere else.
   */
  readonly by?: 'anonymous' | 'refused' | 'failed login';
}

/** What a sliding count saw: the exact number within the window, saturating at the limit that was asked for. */
export interface Count {
  readonly count: number;
  /** Event time of the oldest within the window. */
  readonly first: Micros;
  /** The counted events, oldest first, at most `limit`. */
  readonly evidence: readonly Evidence[];
}

export interface Sighting {
  /** True where the key was not known (or its ttl had passed). */
  readonly isNew: boolean;
  /** When it was first seen. */
  readonly since: Micros;
  /** How often it was seen since, this event included. */
  readonly times: number;
}

/**
 * What a detector may remember, scoped to its id, its version and the event's cluster. Bounded by bytes, expired by event time,
 * persisted by the engine. `name` tells one memory of a detector from another; `window` and `ttl` are spans in microseconds.
 */
export interface Memory {
  /**
   * Adds the present event under the key and counts the events within any window of this length that holds it: sliding,
   * the border is (t − window, t]. Saturates at limit (at most 1,024).
   */
  count(name: string, key: string, window: Micros, limit: number): Count;
  /** Adds a value under the key: the number of different values seen within the window, saturating at limit (at most 1,024). */
  distinct(name: string, key: string, value: string, window: Micros, limit: number): number;
  /** Adds a value as `distinct` does; true where the window did not hold it before. */
  adds(name: string, key: string, value: string, window: Micros, limit: number): boolean;
  /** The values `distinct` would count now, without adding one. */
  members(name: string, key: string, window: Micros): readonly string[];
  /** How many values `members` would give. */
  size(name: string, key: string, window: Micros): number;
  /** Remembers the key for ttl after its last sighting. */
  firstSeen(name: string, key: string, ttl: Micros): Sighting;
  /** A run of sightings with no gap longer than `gap`; isNew where this one opens it. */
  session(name: string, key: string, gap: Micros): Sighting;
}

/** What is known of a pod from the writes that made it. */
export interface PodFact {
  readonly privileged: boolean;
  /** "privileged container", "hostPath /", "hostPID", "capability SYS_ADMIN" … */
  readonly because: readonly string[];
  readonly serviceAccount: string;
}

/** Who acts, judged by groups, uid and credential. */
export interface Identity {
  /** Stable key of the actor: the effective user's name, else the source address; impersonation names both. */
  readonly key: string;
  readonly class: ActorClass;
  /** A readable name: "Service account data:etl", "User alice", "Unauthenticated client 10.0.0.9". */
  readonly label: string;
}

/** A side of what an identity does. deed: verb and resource. network: the block its address is in. agent: the program it names. */
export type Trait = 'deed' | 'namespace' | 'network' | 'agent';

/**
 * usual: seen in several hours, over more than a day. unusual: not so, although the identity has history enough. unknown: too little
 * history to tell, or a deed on something sensitive that was seen before: such deeds never become usual by themselves.
 */
export type Habit = 'usual' | 'unusual' | 'unknown';

/** How well an identity is known. Hours count, not events: nobody becomes well known quickly. */
export interface History {
  /** Different hours in which it acted, before the present one. */
  readonly hours: number;
  /** The hour in which it was first seen, null where that is the present one. */
  readonly since: Micros | null;
  /** Whether what it never did before says anything. */
  readonly isEnough: boolean;
  /** Whether it was first seen within the last day, in a cluster that is known for a week. */
  readonly isNewcomer: boolean;
}

/** A credential whose issue was seen: who asked for it, for whom. */
export interface Issued {
  /** The key of the identity that asked. */
  readonly by: string;
  /** Its readable name. */
  readonly label: string;
  /** The user name that the credential is for. */
  readonly forUser: string;
  readonly at: Micros;
  /** The last hop of the request for it. */
  readonly peer: string;
}

/**
 * What a command line does. fetch-and-run: hands what it fetched to a shell. escape: a way from the container to its node. miner: digs for
 * coins. cover-up: wipes a history or logs. disguised: hides what it runs. foothold: stays behind (cron, keys, accounts). tool: an attack
 * or cluster tool. The others are plain words.
 */
export type CommandTrait =
  | 'shell'
  | 'download'
  | 'fetch-and-run'
  | 'token'
  | 'metadata'
  | 'reverse-shell'
  | 'sensitive-file'
  | 'copy-out'
  | 'escape'
  | 'miner'
  | 'cover-up'
  | 'foothold'
  | 'disguised'
  | 'tool';

export interface Command {
  readonly argv: readonly string[];
  /** For reading: arguments joined, credentials masked, control characters escaped, cut at 2,048 characters. */
  readonly line: string;
  readonly traits: readonly CommandTrait[];
}

/**
 * What a request through a proxy of the API server is after. inventory: lists what runs. logs: reads log files. command: has a kubelet run or join something. sensitive: a path or port that gives secrets away.
 */
export type Aim = 'inventory' | 'logs' | 'command' | 'sensitive' | 'other';

/** Where a request into a running pod, a service or a node ends up. */
export interface Reached {
  /** The pod's, also where a kubelet is asked for it; empty for a node. */
  readonly namespace: string;
  /** Without the scheme and port that a proxy's name may carry. */
  readonly name: string;
  /** The name without what was generated for it: the pods of one workload share it. */
  readonly workload: string;
  /** Whether it is a pod, as far as the request tells. */
  readonly isPod: boolean;
  /** Undefined where the request goes through no proxy. */
  readonly aim: Aim | undefined;
  /** What makes the aim sensitive: "port 2379", "actuator/heapdump"; or empty. */
  readonly because: string;
  /** Asks for a terminal, as only people do. */
  readonly hasTerminal: boolean;
}

/**
 * What drives a request, as its user agent claims. tool: kubectl and its like. script: curl, wget, Python. bare: Go's HTTP library
 * without a name of its own (also client-go, where it upgrades a connection). component: named as the parts of Kubernetes name
 * themselves. library: anything else.
 */
export type Client = 'tool' | 'script' | 'bare' | 'component' | 'library';

/**
 * What became of a write. refused: by the authorizer. escalation: by RBAC's check against giving more than one has. admission: by
 * anything else that said 403. failed: for other reasons, or not known.
 */
export type Fate = 'done' | 'dry run' | 'refused' | 'escalation' | 'admission' | 'failed';

/**
 * Reference data of the event's cluster, learnt from events, as it was just before the present event; and the vocabulary that
 * detectors share.
 */
export interface Facts {
  identity(event: AuditEvent): Identity;
  classOf(user: User): ActorClass;
  client(event: AuditEvent): Client;
  /** Whether the user holds a token that was made for a pod. */
  isPodBound(user: User): boolean;
  /** What is known of the acting identity from earlier hours. */
  history(event: AuditEvent): History;
  /** Whether this side of the event is what its identity usually does. Novelty may raise a severity; being usual never lowers one. */
  habit(event: AuditEvent, trait: Trait): Habit;
  /** What the identity usually does, in words: "watches pods, gets configmaps; in web; from 10.244.0.0/16; with argocd"; or empty. */
  usual(event: AuditEvent): string;
  /** Who asked for the credential that the event was made with; undefined where its issue was not seen. */
  issued(event: AuditEvent): Issued | undefined;
  /** Who needs no further rights: a member of system:masters, or a person who was let in as cluster-admin. Nobody acting as another. */
  authority(event: AuditEvent): 'masters' | 'cluster-admin' | undefined;
  /** What the role allows, by facts or as a well-known default role; undefined where it was never seen. */
  role(ref: RoleRef): RoleStrength | undefined;
  /** Judges rules of a role as they stand in an object. */
  strengthOf(rules: unknown): RoleStrength;
  /** Roles known to be bound to a user, group or service account ("User:alice", "ServiceAccount:ns:name"). */
  boundTo(subject: string): readonly BoundRole[];
  /** The subjects of bindings that mean this user, as boundTo takes them: its name, its service account, its groups. */
  subjectsOf(user: User): readonly string[];
  /** What let the request in; undefined where the audit log does not tell. */
  allowedBy(event: AuditEvent): Admittance | undefined;
  /** Undefined for anything but the write of one role or binding. */
  grant(event: AuditEvent): Grant | undefined;
  /** Also of a pod that is gone since a short while, and of pods whose workload was seen instead of them. */
  pod(namespace: string, name: string): PodFact | undefined;
  /** Whether the request asks for a privileged debug container. */
  asksPrivilege(event: AuditEvent): boolean;
  /** Namespaces of the cluster itself: kube-system, openshift-*. */
  isSystem(namespace: string): boolean;
  fate(event: AuditEvent): Fate;
  /**
   * Where a request that reaches into a pod, service or node ends up. Undefined for any other, for one that has only been received, and
   * for what only looks: at metrics, health or the debug containers there are.
   */
  reached(event: AuditEvent): Reached | undefined;
  /** The decoded command of an exec, of a debug container, or of a kubelet run/exec request. */
  command(event: AuditEvent): Command | undefined;
}

/** What a detector says of itself. All of it is documentation that reaches analysts, and tests insist on it. */
export interface DetectorMeta {
  /** The file's name, kebab-case. */
  readonly id: string;
  /** Raised when the meaning changes: memory and identities of the older version end. */
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly category: Category;
  /** ECS event.category[] and event.type[]. */
  readonly eventCategory: readonly string[];
  readonly eventType: readonly string[];
  readonly tactics: readonly AttackRef[];
  readonly techniques: readonly AttackRef[];
  /** What the audit policy must keep for the detector to see, in plain words. */
  readonly needs: string;
  /** Known harmless causes, and how to tell. */
  readonly falsePositives: readonly string[];
  /** Known gaps: what it will not see. */
  readonly blindSpots: readonly string[];
  /** What an analyst looks at next, in the order in which it pays; plain sentences. */
  readonly next: readonly string[];
  /** Event time during which further findings of the same key join the open alert. */
  readonly quiet: Micros;
}

/** A stateful judgement: pure, synchronous, no clock, no dice. State lives in memory and facts only. */
export interface Detector<P = never> extends DetectorMeta {
  /** Parameters with their defaults and descriptions; part of the configuration. */
  readonly params: z.ZodType<P>;
  readonly wants: readonly Interest[];
  on(event: AuditEvent, memory: Memory, facts: Facts, params: P): readonly Finding[];
}

/** Lets TypeScript infer the parameters from their schema. */
export const defineDetector = <P>(detector: Detector<P>): Detector => detector as unknown as Detector;
