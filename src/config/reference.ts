import { stringify } from 'yaml';
import { z } from 'zod';
import { ANY_NAME, spell } from './env.ts';
import { configSchema, type Catalogue } from './schema.ts';

/** The part of JSON Schema that the settings use. */
interface Shape {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
}

type Tree = { [key: string]: unknown };

const shapeOf = (catalogue: Catalogue): Shape =>
  z.toJSONSchema(configSchema(catalogue), { io: 'input', unrepresentable: 'any' }) as Shape;

const variants = (shape: Shape): readonly Shape[] => shape.oneOf ?? shape.anyOf ?? [];

/** The names of all settings as a tree; a `*` stands for any name. */
export function settingsTree(catalogue: Catalogue): Tree {
  return treeOf(shapeOf(catalogue));
}

function treeOf(shape: Shape): Tree {
  const tree: Tree = {};
  for (const variant of variants(shape)) Object.assign(tree, treeOf(variant));
  for (const [key, value] of Object.entries(shape.properties ?? {})) tree[key] = treeOf(value);
  if (typeof shape.additionalProperties === 'object' && !shape.properties) tree[ANY_NAME] = treeOf(shape.additionalProperties);
  return tree;
}

/** config/default.yaml: every setting with its default and what it means. */
export function defaultYaml(catalogue: Catalogue): string {
  const head = '# GENERATED from the schemas (npm run generate). Every setting with its default: copy what you change.\n';
  return head + Object.entries(shapeOf(catalogue).properties ?? {}).map(([key, shape]) => `\n${yamlOf(key, shape, '')}`).join('');
}

function yamlOf(key: string, shape: Shape, indent: string): string {
  const about = shape.description ? `${indent}# ${shape.description}\n` : '';
  const named = typeof shape.additionalProperties === 'object' && !shape.properties ? shape.additionalProperties : undefined;
  if (named) {
    const examples = variants(named).map((variant) => {
      const type = String(variant.properties?.['type']?.const);
      const lines = Object.entries(variant.properties ?? {})
        .filter(([each]) => each !== 'type')
        .map(([each, value]) => yamlOf(each, value, '    '))
        .join('');
      return `  my-${type}:\n    type: ${type}\n${lines}`;
    });
    return `${about}${indent}${key}: {}\n${comment(examples.join(''))}`;
  }
  if (shape.properties) {
    const inner = Object.entries(shape.properties).map(([each, value]) => yamlOf(each, value, `${indent}  `));
    return `${about}${indent}${key}:\n${inner.join('')}`;
  }
  if (shape.default === undefined) return `${about}${indent}# ${key}: ${wordFor(shape)}\n`;
  return `${about}${indent}${stringify({ [key]: shape.default }, { flowCollectionPadding: true, collectionStyle: 'flow' })
    .trim()
    .replace(/^\{ (.*) \}$/s, '$1')}\n`;
}

const comment = (text: string): string => text.replaceAll(/^/gm, '# ').replace(/# $/, '');

/** config/README.md: every setting in one table, with its environment variable. */
export function referenceMarkdown(catalogue: Catalogue): string {
  const rows = rowsOf(shapeOf(catalogue), [], []);
  return `${INTRODUCTION}
| setting | environment variable | values | default | meaning |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

const INTRODUCTION = `# Configuration

<!-- GENERATED from the schemas (npm run generate). Do not edit. -->

Lapwing reads one YAML file (\`--config FILE\`, or \`LAPWING_CONFIG\`); without one every setting has its default. Each setting can
also be given by an environment variable, which wins over the file: its value is read as YAML. In the table NAME stands for the
name you gave a source or a sink. \`lapwing check --config FILE\` says whether a file is right. Durations are written 250ms, 30s,
5m, 12h, 90d; sizes 512KiB, 64MiB, 10GiB. A credential is plain text, \`{ env: VARIABLE }\` or \`{ file: PATH }\`, and is never
printed.

The data directory (\`dataDir\`) holds the embedded store: alerts, what the detectors remember, positions. It belongs to one
running Lapwing, has mode 0700, and is \`$XDG_STATE_HOME/lapwing\`, else \`~/.local/state/lapwing\`, unless set.
`;

function rowsOf(shape: Shape, path: readonly string[], spelled: readonly string[]): readonly string[] {
  const rows: string[] = [];
  for (const [key, value] of Object.entries(shape.properties ?? {})) {
    const [where, variable] = [[...path, key], [...spelled, spell(key)]];
    const named = typeof value.additionalProperties === 'object' && !value.properties ? value.additionalProperties : undefined;
    if (named && variants(named).length > 0)
      for (const variant of variants(named)) {
        const type = String(variant.properties?.['type']?.const);
        const { type: _, ...others } = variant.properties ?? {};
        rows.push(row([...where, 'NAME', 'type'], [...variable, 'NAME', 'TYPE'], { const: type, description: `A ${type}.` }, true));
        rows.push(...rowsOf({ ...variant, properties: others }, [...where, `NAME (${type})`], [...variable, 'NAME']));
      }
    else if (value.properties) rows.push(...rowsOf(value, where, variable));
    else rows.push(row(where, variable, value, shape.required?.includes(key) ?? false));
  }
  return rows;
}

function row(path: readonly string[], variable: readonly string[], shape: Shape, required: boolean): string {
  const byDefault = shape.default === undefined ? (required ? '**required**' : '') : `\`${JSON.stringify(shape.default)}\``;
  const cells = [`\`${path.join('.')}\``, `\`LAPWING_${variable.join('_')}\``, wordFor(shape), byDefault, shape.description ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function wordFor(shape: Shape): string {
  if (shape.const !== undefined) return String(shape.const);
  if (shape.enum) return shape.enum.map(String).join(', ');
  if (variants(shape).length > 0) return [...new Set(variants(shape).map(wordFor))].join(' or ');
  if (shape.type === 'array') return `list of ${shape.items ? wordFor(shape.items) : 'anything'}`;
  if (shape.properties) return `{ ${Object.keys(shape.properties).join(', ')} }`;
  if (shape.type === 'object') return 'mapping';
  return Array.isArray(shape.type) ? shape.type.join(' or ') : String(shape.type ?? 'text').replace('string', 'text');
}
