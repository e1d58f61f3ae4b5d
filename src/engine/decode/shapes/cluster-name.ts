import type { JsonView } from '../json-view.ts';

/** Names that can be a cluster's: printable, and no longer than a name in Kubernetes may be. */
const NAME = /^[\x21-\x7e]{1,253}$/;

/** The first of these members that holds the name of a cluster. */
export function clusterName(value: JsonView, ...members: readonly string[]): string | undefined {
  for (const member of members) {
    const name = asClusterName(value.at(member)?.text);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The text where it can be the name of a cluster. */
export const asClusterName = (text: string | undefined): string | undefined =>
  text !== undefined && NAME.test(text) ? text : undefined;
