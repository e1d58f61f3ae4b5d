import { z } from 'zod';
import { ANY_NAME, PLAIN_TEXT, TEXT_OR_MAPPING } from './env.ts';
import { configSchema, type Catalogue } from './schema.ts';

/** The part of JSON Schema that the settings use. */
export interface Shape {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
}

type Tree = { [key: string]: unknown };

/** What a configuration may hold, as it is written (before defaults and transforms). */
export const shapeOf = (catalogue: Catalogue): Shape =>
  z.toJSONSchema(configSchema(catalogue), { io: 'input', unrepresentable: 'any' }) as Shape;

/** The alternatives of a setting that may be one thing or another; empty where there is only one. */
export const variantsOf = (shape: Shape): readonly Shape[] => shape.oneOf ?? shape.anyOf ?? [];

/** What stands under any name: a source, a sink; undefined where the names are fixed. */
export const namedIn = (shape: Shape): Shape | undefined =>
  typeof shape.additionalProperties === 'object' && !shape.properties ? shape.additionalProperties : undefined;

/** What stands in a list of mappings; undefined for everything else. */
export const entriesOf = ({ items }: Shape): Shape | undefined => (items?.properties ? items : undefined);

/** The `type` that a variant of a source or a sink has. */
export const typeOf = (variant: Shape): string => String(variant.properties?.['type']?.const);

/** The shape at a path; of several variants the one whose `type` the given value names, else the first that has the key. */
export function shapeAt(top: Shape, path: readonly PropertyKey[], given: unknown): Shape | undefined {
  let [shape, value]: [Shape | undefined, unknown] = [top, given];
  for (const key of path) {
    shape = shape && inside(shape, key, value);
    value = isTree(value) || Array.isArray(value) ? (value as Tree)[String(key)] : undefined;
  }
  return shape && variantIn(shape, value);
}

function inside(shape: Shape, key: PropertyKey, value: unknown): Shape | undefined {
  const { items, properties } = variantIn(shape, value);
  if (typeof key === 'number') return items;
  if (properties && Object.hasOwn(properties, String(key))) return properties[String(key)];
  return variantsOf(shape).find((each) => each.properties?.[String(key)])?.properties?.[String(key)] ?? namedIn(shape);
}

const variantIn = (shape: Shape, value: unknown): Shape =>
  variantsOf(shape).find((each) => isTree(value) && 'type' in value && typeOf(each) === value['type']) ?? shape;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names of all settings as a tree; a `*` stands for any name; leaves that take text say so. */
export const settingsTree = (catalogue: Catalogue): Tree => treeOf(shapeOf(catalogue)) as Tree;

function treeOf(shape: Shape): unknown {
  const variants = variantsOf(shape);
  const mappings = variants.filter(({ type }) => type === 'object');
  if (variants.some(({ type }) => type === 'string')) return TEXT_OR_MAPPING;
  if (shape.type === 'string') return PLAIN_TEXT;
  const tree: Tree = {};
  for (const variant of mappings) Object.assign(tree, treeOf(variant));
  for (const [key, value] of Object.entries(shape.properties ?? {})) tree[key] = treeOf(value);
  const named = namedIn(shape);
  if (named) tree[ANY_NAME] = treeOf(named);
  return tree;
}
