import type { AuditEvent, RoleRef, RoleStrength, Strength } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { defaultRole } from './default-roles.ts';
import { cutReasons, strengthOf, stronger } from './rules.ts';
import { type JsonRecord, at, listOf, nameOf, recordOf, textOf } from './shape.ts';
import { type Written, writtenBy } from './written.ts';

/** What roles allow, learnt from their writes: strength and reasons, never the rules themselves. */
export class RoleFacts {
  readonly table: BoundedTable;

  constructor(budgetBytes: number) {
    this.table = new BoundedTable('role', budgetBytes);
  }

  of(ref: RoleRef): RoleStrength | undefined {
    this.table.settle();
    const key = keyOf(ref);
    const text = key === undefined ? undefined : this.table.get(key);
    return text === undefined ? defaultRole(ref) : (JSON.parse(text) as RoleStrength);
  }

  learn(event: AuditEvent, kind: RoleRef['kind']): void {
    this.table.settle();
    for (const each of writtenBy(event, kind)) this.#take(each, kind);
  }

  /** Takes a role as a cluster holds it. */
  import(object: JsonRecord, kind: RoleRef['kind']): void {
    this.table.settle();
    this.#take({ to: 'whole', ...nameOf(object), object }, kind);
  }

  restore(key: string, value: string): void {
    this.table.restore(key, value);
  }

  collect(put: PutRow): void {
    this.table.settle();
    this.table.collect(put);
  }

  #take(written: Written, kind: RoleRef['kind']): void {
    if (written.to === 'cleared') return this.table.deleteAll(written.namespace);
    const ref: RoleRef = { kind, namespace: kind === 'Role' ? written.namespace : '', name: written.name };
    const key = keyOf(ref);
    if (key === undefined) return;
    if (written.to === 'gone') return this.table.delete(key);
    const known = this.of(ref);
    const byDefault = defaultRole(ref);
    const judged = written.to === 'whole' ? judge(written.object, known) : patched(written, known);
    const adds = byDefault && judged.because.some((reason) => !byDefault.because.includes(reason) && !isFlow(reason));
    if (byDefault && !adds) return this.table.delete(key);
    this.table.set(key, JSON.stringify(judged), judged.strength === 'ordinary' ? 'minor' : 'major');
  }
}

// A default role name in the namespace of a Role is that Role's own name: kinds never share a key, as cluster roles have no namespace.
const keyOf = (ref: RoleRef): string | undefined =>
  (ref.namespace === '') === (ref.kind === 'ClusterRole') ? objectKey(ref.namespace, ref.name) : undefined;

function judge(object: JsonRecord, known: RoleStrength | undefined): RoleStrength {
  // The aggregation controller fills the rules in by a write of its own; until that is seen, what is known stays.
  if (recordOf(object['aggregationRule']) && listOf(object['rules']).length === 0)
    return known ?? { strength: 'unknown', because: ['aggregates other cluster roles'] };
  const { strength, because } = strengthOf({ rules: object['rules'] ?? [] });
  return { strength, because: cutReasons([...because, ...aggregation(object, strength)]) };
}

/** A role with such a label hands its rules to everyone who holds the default role. */
function aggregation(object: JsonRecord, strength: Strength): readonly string[] {
  if (strength === 'ordinary') return [];
  const labels = recordOf(at(object, 'metadata', 'labels'));
  return ['admin', 'edit', 'view'].flatMap((name) =>
    textOf(labels?.[`rbac.authorization.k8s.io/aggregate-to-${name}`]) === 'true' ? [FLOW + name] : [],
  );
}

const FLOW = 'flows into the default role ';
/** Default roles flow into each other by default. */
const isFlow = (reason: string): boolean => reason.startsWith(FLOW);

/** Best effort where only the patch is to be seen: lists of rules replace, JSON patch operations add. */
function patched(written: Written, known: RoleStrength | undefined): RoleStrength {
  const unchanged: RoleStrength = known ?? { strength: 'unknown', because: [] };
  if (written.to !== 'patched') return unseen(known);
  const body = recordOf(written.patch);
  if (body) return 'rules' in body ? judge(body, known) : unchanged;
  let { strength, because } = unchanged;
  for (const operation of listOf(written.patch)) {
    const path = textOf(at(operation, 'path'));
    const value = at(operation, 'value');
    if (path !== '/rules' && !path.startsWith('/rules/')) continue;
    if (at(operation, 'op') === 'remove') continue;
    const depth = path.split('/').length;
    if (depth === 2) ({ strength, because } = strengthOf(value));
    else if (depth === 3) ({ strength, because } = joined({ strength, because }, strengthOf([value])));
    // One verb or resource of a rule changed: the rule around it is not known here.
    else ({ strength, because } = unseen({ strength, because }));
  }
  return { strength, because };
}

const joined = (a: RoleStrength, b: RoleStrength): RoleStrength => ({
  strength: stronger(a.strength, b.strength),
  because: cutReasons([...new Set([...a.because, ...b.because])]),
});

/** The role changed where nobody looked: a strong one is still taken for strong, anything less is unknown. */
const unseen = (known: RoleStrength | undefined): RoleStrength =>
  known && (known.strength === 'admin' || known.strength === 'strong') ? known : { strength: 'unknown', because: [] };
