import type {
  AuditEvent,
  Command,
  Facts,
  Grant,
  Habit,
  History,
  Identity,
  Interest,
  Issued,
  PodFact,
  RoleRef,
  RoleStrength,
  Trait,
} from '../../model/index.ts';
import type { Persistent, PutRow } from '../persist.ts';
import { authorityOf } from './authority.ts';
import { BindingFacts } from './bindings.ts';
import { clientOf } from './client.ts';
import { commandOf } from './command.ts';
import { isSystem } from './control-plane.ts';
import { fateOf } from './fate.ts';
import { grantOf } from './grant.ts';
import { classOf, identityOf, isPodBound } from './identity.ts';
import { PodFacts } from './pods.ts';
import { asksPrivilege } from './privilege.ts';
import { RoleFacts } from './roles.ts';
import { strengthOf } from './rules.ts';
import { type JsonRecord, nameOf } from './shape.ts';

const RBAC = 'rbac.authorization.k8s.io';
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** What is left of the budget goes to pods. */
const SHARES = { roles: 0.35, bindings: 0.4 };

interface Kept {
  restore(key: string, value: string): void;
  collect(put: PutRow): void;
}

/**
 * The facts of one cluster. Detectors see them as they were before the present event; `learn` is called after them. Bounded by
 * bytes, a share for each kind, so that a flood of pods never drives out a role.
 */
export class ClusterFacts implements Facts, Persistent {
  /** The events that teach something. */
  static readonly wants: readonly Interest[] = [
    {
      resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
      apiGroups: [RBAC],
      verbs: WRITES,
      outcome: 'success',
      final: true,
    },
    {
      resources: ['pods', 'pods/ephemeralcontainers'],
      apiGroups: [''],
      verbs: WRITES,
      outcome: 'success',
      final: true,
    },
  ];

  readonly classOf = classOf;
  readonly client = clientOf;
  readonly isPodBound = isPodBound;
  readonly authority = authorityOf;
  readonly strengthOf = strengthOf;
  readonly isSystem = isSystem;
  readonly fate = fateOf;

  readonly #roles: RoleFacts;
  readonly #bindings: BindingFacts;
  readonly #pods: PodFacts;
  readonly #kinds: ReadonlyMap<string, Kept>;

  // Several detectors ask about one event in a row.
  #identified: { event: AuditEvent; identity: Identity } | undefined;
  #commanded: { event: AuditEvent; command: Command | undefined } | undefined;

  constructor(options: { budgetBytes: number }) {
    const { budgetBytes } = options;
    this.#roles = new RoleFacts(budgetBytes * SHARES.roles);
    this.#bindings = new BindingFacts(budgetBytes * SHARES.bindings);
    this.#pods = new PodFacts(budgetBytes * (1 - SHARES.roles - SHARES.bindings));
    this.#kinds = new Map<string, Kept>([
      ['role', this.#roles],
      ['binding', this.#bindings],
      ['pod', this.#pods],
    ]);
  }

  /** Rows that were given up for want of space. */
  get evicted(): number {
    return this.#roles.table.evicted + this.#bindings.table.evicted + this.#pods.table.evicted;
  }

  /** Estimated heap bytes of what is kept. */
  get bytes(): number {
    return this.#roles.table.bytes + 2 * this.#bindings.table.bytes + this.#pods.table.bytes;
  }

  learn(event: AuditEvent): void {
    if (!event.final || event.outcome !== 'success' || !WRITES.includes(event.verb)) return;
    const group = event.object?.apiGroup ?? '';
    switch (group === '' || group === RBAC ? `${group}:${event.resource}` : '') {
      case ':pods':
      case ':pods/ephemeralcontainers':
        return this.#pods.learn(event);
      case `${RBAC}:roles`:
        return this.#roles.learn(event, 'Role');
      case `${RBAC}:clusterroles`:
        return this.#roles.learn(event, 'ClusterRole');
      case `${RBAC}:rolebindings`:
        return this.#bindings.learn(event, 'RoleBinding');
      case `${RBAC}:clusterrolebindings`:
        return this.#bindings.learn(event, 'ClusterRoleBinding');
      default:
        return undefined;
    }
  }

  /**
   * Takes an object as a cluster holds it: a role, a binding, a pod. False for any other kind, and for what has no name. What is learnt
   * from events later replaces it.
   */
  import(object: JsonRecord): boolean {
    if (nameOf(object).name === '') return false;
    switch (object['kind']) {
      case 'Role':
      case 'ClusterRole':
        this.#roles.import(object, object['kind']);
        return true;
      case 'RoleBinding':
      case 'ClusterRoleBinding':
        this.#bindings.import(object, object['kind']);
        return true;
      case 'Pod':
        this.#pods.import(object);
        return true;
      default:
        return false;
    }
  }

  history(_event: AuditEvent): History {
    return { hours: 0, since: null, isEnough: false, isNewcomer: false };
  }

  habit(_event: AuditEvent, _trait: Trait): Habit {
    return 'unknown';
  }

  usual(_event: AuditEvent): string {
    return '';
  }

  issued(_event: AuditEvent): Issued | undefined {
    return undefined;
  }

  identity(event: AuditEvent): Identity {
    if (this.#identified?.event !== event) this.#identified = { event, identity: identityOf(event) };
    return this.#identified.identity;
  }

  role(ref: RoleRef): RoleStrength | undefined {
    return this.#roles.of(ref);
  }

  boundTo(subject: string): readonly RoleRef[] {
    return this.#bindings.boundTo(subject);
  }

  pod(namespace: string, name: string): PodFact | undefined {
    return this.#pods.of(namespace, name);
  }

  grant(event: AuditEvent): Grant | undefined {
    return grantOf(event, (ref) => this.role(ref));
  }

  asksPrivilege(event: AuditEvent): boolean {
    return asksPrivilege(event.requestObject);
  }

  command(event: AuditEvent): Command | undefined {
    if (this.#commanded?.event !== event) this.#commanded = { event, command: commandOf(event) };
    return this.#commanded.command;
  }

  restore(key: string, value: Uint8Array | string): void {
    const slash = key.indexOf('/');
    const text = typeof value === 'string' ? value : new TextDecoder().decode(value);
    this.#kinds.get(key.slice(0, slash))?.restore(key.slice(slash + 1), text);
  }

  collect(put: PutRow): void {
    for (const kind of this.#kinds.values()) kind.collect(put);
  }
}
