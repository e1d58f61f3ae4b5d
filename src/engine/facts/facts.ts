import type {
  AuditEvent,
  BoundRole,
  Client,
  Command,
  Facts,
  Grant,
  Habit,
  History,
  Interest,
  Issued,
  PodFact,
  Reached,
  RoleRef,
  RoleStrength,
  Trait,
} from '../../model/index.ts';
import type { Persistent, PutRow } from '../persist.ts';
import { allowedBy, subjectsOfUser } from './allowed-by.ts';
import { authorityOf } from './authority.ts';
import { Habits } from '../habits/habits.ts';
import { BindingFacts } from './bindings.ts';
import type { BoundedTable } from './bounded-table.ts';
import { clientOf } from './client.ts';
import { commandOf } from './command.ts';
import { isSystem } from './control-plane.ts';
import { fateOf } from './fate.ts';
import { grantOf } from './grant.ts';
import { classOf, identityOf, isPodBound } from './identity.ts';
import { IssuedFacts } from './issued.ts';
import { PodFacts } from './pods.ts';
import { asksPrivilege } from './privilege.ts';
import { reachedBy } from './reached.ts';
import { RoleFacts } from './roles.ts';
import { strengthOf } from './rules.ts';
import { type JsonRecord, nameOf } from './shape.ts';
import { WORKLOADS, WorkloadFacts } from './workloads.ts';

const RBAC = 'rbac.authorization.k8s.io';
const CERTIFICATES = 'certificates.k8s.io';
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** What is left of the budget goes to pods. */
const SHARES = { roles: 0.25, bindings: 0.3, habits: 0.3, issued: 0.05 };

/** Who learns from the writes of a resource, and the API groups that it may be of. */
interface Learner {
  readonly groups: readonly string[];
  learn(event: AuditEvent): void;
}

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
    {
      resources: [...WORKLOADS.keys()],
      apiGroups: ['', 'apps', 'batch'],
      verbs: WRITES,
      outcome: 'success',
      final: true,
    },
    // Tokens: asked for, or made by way of a secret.
    { resources: ['serviceaccounts/token'], apiGroups: [''], verbs: ['create'], outcome: 'success', final: true },
    { resources: ['secrets'], apiGroups: [''], verbs: ['create', 'update'], outcome: 'success', final: true },
    {
      resources: ['certificatesigningrequests', 'certificatesigningrequests/status'],
      apiGroups: [CERTIFICATES],
      verbs: WRITES,
      outcome: 'success',
      final: true,
    },
  ];

  readonly identity = identityOf;
  readonly classOf = classOf;
  readonly isPodBound = isPodBound;
  readonly authority = authorityOf;
  readonly strengthOf = strengthOf;
  readonly subjectsOf = subjectsOfUser;
  readonly allowedBy = allowedBy;
  readonly isSystem = isSystem;
  readonly fate = fateOf;

  readonly habits: Habits;
  readonly #roles: RoleFacts;
  readonly #bindings: BindingFacts;
  readonly #pods: PodFacts;
  readonly #workloads: WorkloadFacts;
  readonly #issued: IssuedFacts;
  readonly #kinds: ReadonlyMap<string, Kept>;
  readonly #learners: ReadonlyMap<string, Learner>;

  // Several detectors ask about one event in a row.
  #granted: { event: AuditEvent; grant: Grant | undefined } | undefined;
  #entered: { event: AuditEvent; reached: Reached | undefined } | undefined;
  #commanded: { event: AuditEvent; command: Command | undefined } | undefined;
  #driven: { event: AuditEvent; client: Client } | undefined;
  #remembered: { event: AuditEvent; history: History } | undefined;
  #used: { event: AuditEvent; habits: Map<Trait, Habit> } | undefined;

  constructor(options: { budgetBytes: number; seed?: number }) {
    const { budgetBytes, seed = 0 } = options;
    this.habits = new Habits(budgetBytes * SHARES.habits, seed);
    this.#roles = new RoleFacts(budgetBytes * SHARES.roles);
    this.#bindings = new BindingFacts(budgetBytes * SHARES.bindings);
    this.#issued = new IssuedFacts(budgetBytes * SHARES.issued);
    const left = budgetBytes * (1 - Object.values(SHARES).reduce((sum, each) => sum + each));
    this.#pods = new PodFacts(left * 0.75);
    this.#workloads = new WorkloadFacts(left * 0.25);
    this.#kinds = new Map<string, Kept>([
      ['role', this.#roles],
      ['binding', this.#bindings],
      ['pod', this.#pods],
      ['gone', this.#pods.gone],
      ['workload', this.#workloads],
      ['issued', this.#issued],
    ]);
    this.#learners = new Map(this.#allLearners());
  }

  *#allLearners(): Iterable<readonly [resource: string, learner: Learner]> {
    const rbac = (learn: Learner['learn']): Learner => ({ groups: [RBAC], learn });
    yield ['roles', rbac((event) => this.#roles.learn(event, 'Role'))];
    yield ['clusterroles', rbac((event) => this.#roles.learn(event, 'ClusterRole'))];
    yield ['rolebindings', rbac((event) => this.#bindings.learn(event, 'RoleBinding'))];
    yield ['clusterrolebindings', rbac((event) => this.#bindings.learn(event, 'ClusterRoleBinding'))];
    const learn = (event: AuditEvent): void => this.#pods.learn(event);
    for (const resource of ['pods', 'pods/ephemeralcontainers']) yield [resource, { groups: [''], learn }];
    const workload = { groups: ['', 'apps', 'batch'], learn: (event: AuditEvent) => this.#workloads.learn(event) };
    for (const resource of WORKLOADS.keys()) yield [resource, workload];
    const issue = (event: AuditEvent): void => this.#issued.learn(event);
    for (const resource of ['secrets', 'serviceaccounts/token']) yield [resource, { groups: [''], learn: issue }];
    for (const resource of ['certificatesigningrequests', 'certificatesigningrequests/status'])
      yield [resource, { groups: [CERTIFICATES], learn: issue }];
  }

  /** Rows that were given up for want of space. */
  get evicted(): number {
    return this.#tables.reduce((sum, { evicted }) => sum + evicted, 0);
  }

  /** Estimated heap bytes of what is kept. */
  get bytes(): number {
    // The index of bindings costs about as much again.
    return this.#tables.reduce((sum, { bytes }) => sum + bytes, this.#bindings.table.bytes);
  }

  get #tables(): readonly BoundedTable[] {
    const kept = [this.#roles, this.#bindings, this.#pods, this.#workloads, this.#issued];
    return kept.map(({ table }) => table);
  }

  learn(event: AuditEvent): void {
    this.#granted = undefined;
    const learner = this.#learners.get(event.resource);
    if (learner === undefined || !event.final || event.outcome !== 'success' || !WRITES.includes(event.verb)) return;
    if (learner.groups.includes(event.object?.apiGroup ?? '')) learner.learn(event);
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

  client(event: AuditEvent): Client {
    if (this.#driven?.event !== event) this.#driven = { event, client: clientOf(event) };
    return this.#driven.client;
  }

  history(event: AuditEvent): History {
    if (this.#remembered?.event !== event) this.#remembered = { event, history: this.habits.history(event) };
    return this.#remembered.history;
  }

  habit(event: AuditEvent, trait: Trait): Habit {
    if (this.#used?.event !== event) this.#used = { event, habits: new Map() };
    const { habits } = this.#used;
    let habit = habits.get(trait);
    if (habit === undefined) habits.set(trait, (habit = this.habits.habit(event, trait)));
    return habit;
  }

  usual(event: AuditEvent): string {
    return this.habits.usual(event);
  }

  issued(event: AuditEvent): Issued | undefined {
    return this.#issued.of(event);
  }

  role(ref: RoleRef): RoleStrength | undefined {
    return this.#roles.of(ref);
  }

  boundTo(subject: string): readonly BoundRole[] {
    return this.#bindings.boundTo(subject);
  }

  pod(namespace: string, name: string): PodFact | undefined {
    return this.#pods.of(namespace, name) ?? this.#workloads.of(namespace, name) ?? this.#pods.ofGone(namespace, name);
  }

  grant(event: AuditEvent): Grant | undefined {
    if (this.#granted?.event !== event)
      this.#granted = { event, grant: grantOf(event, { roles: this.#roles, bindings: this.#bindings }) };
    return this.#granted.grant;
  }

  asksPrivilege(event: AuditEvent): boolean {
    return asksPrivilege(event.requestObject);
  }

  reached(event: AuditEvent): Reached | undefined {
    if (this.#entered?.event !== event) this.#entered = { event, reached: reachedBy(event) };
    return this.#entered.reached;
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
