import { at, listOf, recordOf, textOf, textsOf } from './shape.ts';

/** Labels of an object, as far as they are texts. */
export type Labels = ReadonlyMap<string, string>;

/** Longest name (with its prefix) and value of a label. */
const MAX_NAME = 317;
const MAX_VALUE = 63;

/** The labels that stand in an object's metadata; what can be none is left out. */
export const labelsOf = (labels: unknown): Labels =>
  new Map(
    Object.entries(recordOf(labels) ?? {}).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && entry[0].length <= MAX_NAME && entry[1].length <= MAX_VALUE,
    ),
  );

/** Whether a Kubernetes label selector selects these labels. An empty selector selects everything; one that is none, nothing. */
export function selects(selector: unknown, labels: Labels): boolean {
  if (recordOf(selector) === undefined) return false;
  const wanted = Object.entries(recordOf(at(selector, 'matchLabels')) ?? {});
  return (
    wanted.every(([name, value]) => labels.get(name) === value) &&
    listOf(at(selector, 'matchExpressions')).every((expression) => holds(expression, labels))
  );
}

function holds(expression: unknown, labels: Labels): boolean {
  const value = labels.get(textOf(at(expression, 'key')));
  const values = textsOf(at(expression, 'values'));
  switch (at(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
