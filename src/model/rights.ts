/** How much a set of RBAC rules allows. admin: as good as cluster-admin. strong: a step from it. secrets: reads secrets. */
export type Strength = 'admin' | 'strong' | 'secrets' | 'ordinary' | 'unknown';

export interface RoleStrength {
  readonly strength: Strength;
  /** Why, in plain words: "all verbs on all resources", "may bind roles". */
  readonly because: readonly string[];
}

/** A role's or a cluster role's name; namespace is empty for cluster roles. */
export interface RoleRef {
  readonly kind: 'Role' | 'ClusterRole';
  readonly namespace: string;
  readonly name: string;
}

/** A role as it is bound: the namespace in which it holds, empty for the whole cluster. */
export interface BoundRole extends RoleRef {
  readonly scope: string;
}

/** What let a request in, as RBAC's authorizer tells it: a binding (its namespace empty for a cluster-wide one) and its role. */
export interface Admittance {
  readonly namespace: string;
  readonly name: string;
  readonly role: RoleRef;
}

/** Who a binding is for. */
export interface Subject {
  /** "User:alice", "Group:sre", "ServiceAccount:ns:name". */
  readonly name: string;
  /** The name it acts under: "alice", "sre", "system:serviceaccount:ns:name". */
  readonly user: string;
  /** Nobody in particular: the anonymous user, the groups of all users or service accounts, and system:masters. */
  readonly isEveryone: boolean;
  /** The actor of the event, or a group that the actor, but not everybody, is in. */
  readonly isActor: boolean;
}

/**
 * What the write of a role or binding gives that was not there before, whether it succeeded or was only tried; for a deletion, what
 * it takes away.
 */
export interface Grant {
  /** The written object's name, also where the server made it up; empty where it is not to be seen. */
  readonly name: string;
  /** "ClusterRole edit to Group sre and 2 more in web"; for a role that is bound "more to Group sre in web", else empty. */
  readonly label: string;
  /** What the role allows in the end, where it is bound; undefined for a role that was never seen. */
  readonly allows: RoleStrength | undefined;
  /**
   * What is new: of the role (or of those that take it in), or for the newly bound, who may have held some of it already. Of strength
   * unknown where it is not to be seen.
   */
  readonly adds: RoleStrength;
  /** Namespace in which it holds, empty for everywhere; undefined for a role that nobody is known to hold. */
  readonly scope: string | undefined;
  /** Who is newly bound, or holds the role that was written; the most telling first: everyone, the actor, the others. */
  readonly subjects: readonly Subject[];
  /** Cluster roles that take the new rights in by their aggregation rules: "view", "edit", "admin", or others. */
  readonly aggregatesTo: readonly string[];
  /** A patch that shows only a piece of a rule or subject. */
  readonly isPiece: boolean;
  /** Nothing of the content is to be seen. */
  readonly isHidden: boolean;
  /** False where what was there before is not known: then all that is there now counts as new. */
  readonly isCompared: boolean;
  /** One of the roles and bindings that the API server itself makes at its start. */
  readonly isBuiltIn: boolean;
}
