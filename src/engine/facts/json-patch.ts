import { at, listOf, recordOf, textOf } from './shape.ts';

/** Operations that are followed; no real patch of a role or binding has more. */
const MAX_OPERATIONS = 1_000;
/** Values that copies may add together: each could double the document. */
const MAX_COPIED = 10_000;

/** An object being changed, without a prototype that a path could reach. */
type Fields = Map<string, unknown>;

/**
 * The document after JSON patch operations (RFC 6902), of which only those beneath `roots` are followed; undefined where one of these
 * does not fit the document: then the document is not what was patched. Tests are taken for passed.
 */
export function patchedBy(document: unknown, operations: readonly unknown[], roots: readonly string[]): unknown {
  if (operations.length > MAX_OPERATIONS) return undefined;
  const root: Fields = new Map([['', open(document)]]);
  let copied = 0;
  for (const operation of operations) {
    const path = textOf(at(operation, 'path'));
    if (!roots.some((each) => isBeneath(path, each))) continue;
    if (at(operation, 'op') === 'copy') copied += sizeOf(valueAt(root, textOf(at(operation, 'from'))));
    if (copied > MAX_COPIED || !follow(root, operation, path)) return undefined;
  }
  return close(root.get(''));
}

/** Whether the pointer names the root or something below it. */
export const isBeneath = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`);

function follow(root: Fields, operation: unknown, path: string): boolean {
  const from = textOf(at(operation, 'from'));
  switch (at(operation, 'op')) {
    case 'test':
      return true;
    case 'add':
      return put(root, path, open(at(operation, 'value')), true);
    case 'replace':
      return put(root, path, open(at(operation, 'value')), false);
    case 'remove':
      return remove(root, path);
    case 'copy':
    case 'move': {
      const value = valueAt(root, from);
      if (value === undefined) return false;
      const own = open(close(value));
      return (at(operation, 'op') === 'copy' || remove(root, from)) && put(root, path, own, true);
    }
    default:
      return false;
  }
}

function put(root: Fields, path: string, value: unknown, isInsert: boolean): boolean {
  const [holder, name] = holderOf(root, path);
  if (holder instanceof Map) {
    if (!isInsert && !holder.has(name)) return false;
    holder.set(name, value);
    return true;
  }
  if (!Array.isArray(holder)) return false;
  const index = name === '-' ? holder.length : indexOf(name);
  if (index === undefined || index > holder.length || (!isInsert && index === holder.length)) return false;
  holder.splice(index, isInsert ? 0 : 1, value);
  return true;
}

function remove(root: Fields, path: string): boolean {
  const [holder, name] = holderOf(root, path);
  if (holder instanceof Map) return holder.delete(name);
  const index = indexOf(name);
  if (!Array.isArray(holder) || index === undefined || index >= holder.length) return false;
  holder.splice(index, 1);
  return true;
}

function valueAt(root: Fields, path: string): unknown {
  const [holder, name] = holderOf(root, path);
  if (holder instanceof Map) return holder.get(name);
  const index = indexOf(name);
  return Array.isArray(holder) && index !== undefined ? holder[index] : undefined;
}

/** What holds the value that a pointer names, and its name there. */
function holderOf(root: Fields, path: string): readonly [holder: unknown, name: string] {
  const names = path.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop()!;
  let here: unknown = root;
  for (const name of names) {
    if (here instanceof Map) here = (here as Fields).get(name);
    else if (Array.isArray(here)) here = here[indexOf(name) ?? -1];
    else return [undefined, last];
  }
  return [here, last];
}

function sizeOf(value: unknown): number {
  const parts = value instanceof Map ? [...(value as Fields).values()] : listOf(value);
  return parts.reduce<number>((sum, part) => sum + sizeOf(part), 1);
}

const indexOf = (name: string): number | undefined => (/^(0|[1-9]\d{0,5})$/.test(name) ? Number(name) : undefined);

/** A copy in which objects are maps. */
function open(value: unknown): unknown {
  if (Array.isArray(value)) return listOf(value).map(open);
  const record = recordOf(value);
  return record ? new Map(Object.entries(record).map(([name, each]) => [name, open(each)])) : value;
}

function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (!(value instanceof Map)) return value;
  const record = Object.create(null) as Record<string, unknown>;
  for (const [name, each] of value as Fields) record[name] = close(each);
  return record;
}
