import { at, listOf, textOf } from './shape.ts';

/** The different subjects of a binding as Facts.boundTo names them; malformed ones are left out. */
export function subjectsOf(subjects: unknown, namespace: string): readonly string[] {
  const names = new Set<string>();
  for (const subject of listOf(subjects)) {
    const name = textOf(at(subject, 'name'));
    if (name === '') continue;
    const kind = at(subject, 'kind');
    if (kind === 'User' || kind === 'Group') names.add(`${kind}:${name}`);
    else if (kind === 'ServiceAccount')
      names.add(`ServiceAccount:${textOf(at(subject, 'namespace')) || namespace}:${name}`);
  }
  return [...names];
}
