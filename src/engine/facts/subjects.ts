import { at, listOf, textOf, textsOf } from './shape.ts';

/** OpenShift's own kinds, and what they are. */
const KINDS: ReadonlyMap<unknown, 'User' | 'Group'> = new Map([
  ['User', 'User'],
  ['SystemUser', 'User'],
  ['Group', 'Group'],
  ['SystemGroup', 'Group'],
]);

/** The different subjects of a binding as Facts.boundTo names them; malformed ones are left out. */
export function subjectsOf(binding: unknown, namespace: string): readonly string[] {
  const names = new Set<string>();
  for (const subject of listOf(at(binding, 'subjects'))) {
    const name = textOf(at(subject, 'name'));
    if (name === '') continue;
    const kind = KINDS.get(at(subject, 'kind'));
    if (kind) names.add(`${kind}:${name}`);
    else if (at(subject, 'kind') === 'ServiceAccount')
      names.add(`ServiceAccount:${textOf(at(subject, 'namespace')) || namespace}:${name}`);
  }
  for (const name of textsOf(at(binding, 'userNames'))) names.add(asAccount(name));
  for (const name of textsOf(at(binding, 'groupNames'))) names.add(`Group:${name}`);
  return [...names];
}

/** OpenShift repeats service accounts among the user names. */
const asAccount = (name: string): string => {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  return account === undefined ? `User:${name}` : `ServiceAccount:${namespace}:${account}`;
};
