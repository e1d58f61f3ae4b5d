import type { RoleStrength } from '../../model/index.ts';
import { AGGREGATES, defaultClusterRoles, defaultLabels, defaultRole, defaultSelectors } from './default-roles.ts';
import { type Labels, selects } from './label-selector.ts';
import { joined, NO_RIGHTS } from './rights.ts';
import type { Role } from './role-body.ts';

/** Roles that are told of one flow, and looked at for one. */
const MAX_TOLD = 20;

const clusterRole = (name: string) => ({ kind: 'ClusterRole', namespace: '', name }) as const;

/** Which cluster roles take in which others: an index beside the table of roles. Names only; the rest stays in the table. */
export class Aggregation {
  /** Of those that differ from the defaults. */
  readonly #selectors = new Map<string, readonly unknown[]>();
  readonly #labelled = new Map<string, { readonly labels: Labels; readonly rights: RoleStrength }>();

  link(name: string, role: Role): void {
    this.unlink(name);
    if (role.selectors.length > 0) this.#selectors.set(name, role.selectors);
    if (role.labels.size > 0) this.#labelled.set(name, { labels: role.labels, rights: role.rights });
  }

  unlink(name: string): void {
    this.#selectors.delete(name);
    this.#labelled.delete(name);
  }

  /** The cluster roles that take in one with these labels. */
  into(labels: Labels): readonly string[] {
    if (labels.size === 0 && this.#selectors.size === 0) return [];
    const takes = (selectors: readonly unknown[]): boolean => selectors.some((selector) => selects(selector, labels));
    const byDefault = AGGREGATES.filter(
      (name) => takes(defaultSelectors(clusterRole(name))) && !this.#selectors.has(name),
    );
    const others = [...this.#selectors].filter(([, selectors]) => takes(selectors)).map(([name]) => name);
    return [...byDefault, ...others].slice(0, MAX_TOLD);
  }

  /** What all the cluster roles allow that these selectors select. Roles without any label are not kept for it. */
  selected(selectors: readonly unknown[]): RoleStrength {
    const takes = (labels: Labels): boolean => selectors.some((selector) => selects(selector, labels));
    let all = NO_RIGHTS;
    for (const name of defaultClusterRoles())
      if (!this.#labelled.has(name) && takes(defaultLabels(clusterRole(name))))
        all = joined(all, defaultRole(clusterRole(name))!);
    for (const { labels, rights } of this.#labelled.values()) if (takes(labels)) all = joined(all, rights);
    return all;
  }
}
