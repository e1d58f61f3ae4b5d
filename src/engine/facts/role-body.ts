import type { RoleStrength } from '../../model/index.ts';
import { isBeneath, patchedBy } from './json-patch.ts';
import { type Labels, labelsOf } from './label-selector.ts';
import { joined, UNKNOWN_RIGHTS } from './rights.ts';
import { strengthOf } from './rules.ts';
import { type JsonRecord, at, listOf, recordOf, textOf } from './shape.ts';
import type { Written } from './written.ts';

/** What is known of a role. */
export interface Role {
  readonly rights: RoleStrength;
  readonly labels: Labels;
  /** Of the roles that it takes in. */
  readonly selectors: readonly unknown[];
  /** As written; undefined where they were not seen, or are too long to keep. */
  readonly rules: readonly unknown[] | undefined;
}

/** Longest rules, selectors and labels that are kept, as JSON. */
const MAX_KEPT = 2_048;
const MAX_LABELS = 40;
/** The parts of a role that matter. */
const ROOTS = ['/rules', '/metadata/labels', '/aggregationRule'];
const UNSEEN: Role = { rights: UNKNOWN_RIGHTS, labels: new Map(), selectors: [], rules: undefined };

/** The role as a write left it (or would have), from what was known of it before. */
export function roleAfter(written: Written, known: Role | undefined): Role {
  if (written.to === 'whole') return judged(written.object, known);
  const before = known ?? UNSEEN;
  if (written.to !== 'patched') return { ...before, rights: unseen(before.rights), rules: undefined };
  const body = recordOf(written.patch);
  if (body) return body['$patch'] === 'replace' ? judged(body, known) : merged(body, before);
  return stepped(listOf(written.patch), before);
}

/** Whether a patch speaks of anything that matters; one that does not leaves rights alone, known or not. */
export function speaksOfRights(patch: unknown): boolean {
  const body = recordOf(patch);
  if (body)
    return ['rules', 'aggregationRule', '$patch'].some((name) => name in body) || !!at(body, 'metadata', 'labels');
  return listOf(patch).some((each) => ROOTS.some((root) => isBeneath(textOf(at(each, 'path')), root)));
}

/** The role as a row keeps it. */
export function rowOfRole({ rights, labels, selectors, rules }: Role): string {
  // The labels that aggregation lives on first: a crowd of others must not drive them out.
  const kept = [...labels].sort(([a], [b]) => Number(isFlow(b)) - Number(isFlow(a))).slice(0, MAX_LABELS);
  return JSON.stringify({
    ...rights,
    ...(kept.length > 0 && { labels: Object.fromEntries(kept) }),
    ...(selectors.length > 0 && fits(selectors) && { selectors }),
    ...(rules && fits(rules) && { rules }),
  });
}

export function roleOfRow(text: string): Role {
  const row = JSON.parse(text) as RoleStrength & Partial<Pick<Role, 'selectors' | 'rules'>> & { labels?: unknown };
  const { strength, because, labels, selectors = [], rules } = row;
  return { rights: { strength, because }, labels: labelsOf(labels), selectors, rules };
}

const isFlow = (label: string): boolean => label.includes('/aggregate-to-');
const fits = (value: unknown): boolean => JSON.stringify(value).length <= MAX_KEPT;

function judged(object: JsonRecord, known: Role | undefined): Role {
  const labels = labelsOf(at(object, 'metadata', 'labels'));
  const selectors = listOf(at(object, 'aggregationRule', 'clusterRoleSelectors'));
  const rules = object['rules'];
  // The aggregation controller fills the rules in by a write of its own; until that is seen, what is known stays.
  if (recordOf(object['aggregationRule']) && listOf(rules).length === 0) {
    const rights = known?.rights ?? { strength: 'unknown', because: ['aggregates other cluster roles'] };
    return { rights, labels, selectors, rules: [] };
  }
  return { rights: strengthOf({ rules: rules ?? [] }), labels, selectors, rules: listOf(rules) };
}

/** Merge, strategic merge and apply agree where roles are concerned: lists are replaced, labels merged, null deletes. */
function merged(body: JsonRecord, before: Role): Role {
  const labels = new Map(before.labels);
  const changed = recordOf(at(body, 'metadata', 'labels'));
  if (changed?.['$patch'] === 'replace') labels.clear();
  for (const [name, value] of Object.entries(changed ?? {})) if (value === null) labels.delete(name);
  for (const [name, value] of labelsOf(changed)) labels.set(name, value);
  const isAggregate = 'aggregationRule' in body;
  const selectors = isAggregate ? listOf(at(body, 'aggregationRule', 'clusterRoleSelectors')) : before.selectors;
  if (!('rules' in body)) return { ...before, labels, selectors };
  const rules = body['rules'] ?? [];
  return { rights: strengthOf({ rules }), labels, selectors, rules: listOf(rules) };
}

function stepped(operations: readonly unknown[], before: Role): Role {
  const { rights, labels, selectors, rules } = before;
  const document = {
    rules: rules ?? [],
    metadata: { labels: Object.fromEntries(labels) },
    ...(selectors.length > 0 && { aggregationRule: { clusterRoleSelectors: selectors } }),
  };
  // Where the rules are not known, only labels and selectors can be followed to the letter.
  const after = recordOf(patchedBy(document, operations, rules ? ROOTS : ROOTS.slice(1)));
  if (after && rules) return judged(after, before);
  const labelled = after ? labelsOf(at(after, 'metadata', 'labels')) : labels;
  const taken = after ? listOf(at(after, 'aggregationRule', 'clusterRoleSelectors')) : selectors;
  return { rights: guessed(operations, rights), labels: labelled, selectors: taken, rules: undefined };
}

/** Best effort where the rules before are not known: what is put in counts, what is taken out is not believed. */
function guessed(operations: readonly unknown[], before: RoleStrength): RoleStrength {
  let rights = before;
  for (const operation of operations) {
    const path = textOf(at(operation, 'path'));
    if (!isBeneath(path, '/rules') || ['remove', 'test'].includes(textOf(at(operation, 'op')))) continue;
    const value = at(operation, 'value');
    const depth = path.split('/').length;
    if (depth === 2) rights = strengthOf(value);
    else if (depth === 3 && value !== undefined) rights = joined(rights, strengthOf([value]));
    // One verb or resource of a rule changed: the rule around it is not known here.
    else rights = unseen(rights);
  }
  return rights;
}

/** The role changed where nobody looked: a strong one is still taken for strong, anything less is unknown. */
const unseen = (rights: RoleStrength): RoleStrength =>
  rights.strength === 'admin' || rights.strength === 'strong' ? rights : UNKNOWN_RIGHTS;

/** What a JSON patch puts into rules by itself, and whether all of it could be read without the rules before. */
export function piecesOf(operations: readonly unknown[]): { readonly rights: RoleStrength; readonly isWhole: boolean } {
  const inRules = operations.filter(
    (each) => isBeneath(textOf(at(each, 'path')), '/rules') && !['remove', 'test'].includes(textOf(at(each, 'op'))),
  );
  const values = inRules.flatMap((each) => at(each, 'value'));
  const rules = values.filter((value) => recordOf(value) !== undefined && 'verbs' in (value as object));
  return { rights: strengthOf(rules), isWhole: rules.length === values.length };
}
