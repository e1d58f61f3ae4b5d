import { stringify } from 'yaml';
import { spell } from './env.ts';
import { SAMPLES } from './samples.ts';
import type { Catalogue } from './schema.ts';
import { entriesOf, namedIn, shapeOf, typeOf, variantsOf, type Shape } from './shape.ts';
import { valuesOf } from './values.ts';

const YAML_HEAD = `# GENERATED from the schemas (npm run generate). Every setting with its default: copy what you change.
# A setting behind "# " has no default; the value there is an example. ./README.md says which values each setting takes.
`;

/** config/default.yaml: every setting with its default and what it means. */
export const defaultYaml = (catalogue: Catalogue): string =>
  YAML_HEAD +
  Object.entries(shapeOf(catalogue).properties ?? {})
    .map(([key, shape]) => `\n${settingYaml(key, shape, false)}`)
    .join('');

/** One setting in YAML, with what it means; commented out where it has no default and nothing forces it. */
function settingYaml(key: string, shape: Shape, isRequired: boolean): string {
  const named = namedIn(shape);
  if (named && variantsOf(named).length > 0) return about(shape) + namedYaml(key, named);
  if (entriesOf(shape)) return about(shape) + listYaml(key);
  const body = shape.properties
    ? `${key}:\n${indented(settingsYaml(shape))}`
    : `${flow(key, shape.default ?? SAMPLES.get(key) ?? `(${valuesOf(shape)})`)}\n`;
  const isSet = shape.default !== undefined || isRequired;
  return about(shape) + (isSet ? body : commented(body));
}

const settingsYaml = (shape: Shape): string =>
  Object.entries(shape.properties ?? {})
    .filter(([key]) => key !== 'type' || shape.properties?.['type']?.const === undefined)
    .map(([key, value]) => settingYaml(key, value, shape.required?.includes(key) ?? false))
    .join('');

/** An empty mapping, and an example for each type that may stand in it. */
function namedYaml(key: string, named: Shape): string {
  const examples = variantsOf(named).map((variant) => {
    const type = typeOf(variant);
    return `${about(variant)}my-${type}:\n${indented(`type: ${type}\n${settingsYaml(variant)}`)}`;
  });
  return `# To use one of these examples delete the {} and the "# " in front of its lines.\n${key}: {}\n${commented(indented(examples.join('')))}`;
}

/** An empty list, and an example of what may stand in it. */
const listYaml = (key: string): string =>
  `# To use this example delete the [] and the "# " in front of its lines.\n${key}: []\n${commented(indented(stringify(SAMPLES.get(key), { lineWidth: 0 })))}`;

const about = ({ description }: Shape): string => (description === undefined ? '' : `# ${description}\n`);

const flow = (key: string, value: unknown): string =>
  stringify({ [key]: value }, { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .replace(/^\{ (.*) \}$/s, '$1');

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
const commented = (text: string): string => text.replaceAll(/^(?=.)/gm, '# ');

const INTRODUCTION = `# Configuration

<!-- GENERATED from the schemas (npm run generate). Do not edit. -->

Lapwing reads one YAML file (\`--config FILE\`, or \`LAPWING_CONFIG\`); without one every setting has its default.
\`lapwing check --config FILE\` says whether a file is right. Durations are written 250ms, 30s, 5m, 12h, 90d; sizes 512KiB, 64MiB,
10GiB. [default.yaml](default.yaml) has every setting with its default, and examples.

**Credentials** are plain text, \`{ env: VARIABLE }\` or \`{ file: PATH }\`, and are never printed.

**Environment variables** win over the file, setting by setting. A value is text where the setting takes text, else YAML
(\`[a, b]\`, \`{ env: VARIABLE }\`); an empty one counts as not set. NAME stands for the name of a source or a sink; one that only
variables give is a single word (\`LAPWING_SOURCES_AUDIT_TYPE=file\` makes the source \`audit\`). A variable that begins with
\`LAPWING_\` and names no setting is an error; those that Kubernetes sets for Services, and those that a credential is read from,
are left alone.

**The data directory** (\`dataDir\`) holds the embedded store: alerts, what the detectors remember, positions. It belongs to one
running Lapwing, has mode 0700, and is \`$XDG_STATE_HOME/lapwing\`, else \`~/.local/state/lapwing\`, unless set.
`;

/** config/README.md: every setting with its environment variable, values, default and meaning. */
export function referenceMarkdown(catalogue: Catalogue): string {
  const top = Object.entries(shapeOf(catalogue).properties ?? {});
  const isNamed = ([, shape]: [string, Shape]) => variantsOf(namedIn(shape) ?? {}).length > 0;
  const [named, plain] = [top.filter(isNamed), top.filter((each) => !isNamed(each))];
  const lists = plain.filter(([, shape]) => entriesOf(shape));
  const general = plain.filter(([key, shape]) => key !== 'detectors' && !entriesOf(shape));
  const sections = [
    section(
      '## General',
      '',
      general.flatMap(([key, shape]) => rowsOf([key], shape, false)),
    ),
    ...named.flatMap(([key, shape]) => [
      `## ${capital(key)}\n\n${shape.description ?? ''} \`type\` says which kind it is.\n`,
      ...variantsOf(namedIn(shape)!).map((variant) => {
        const rows = Object.entries(variant.properties!).map(([each, value]) =>
          rowsOf([key, 'NAME', each], value, variant.required?.includes(each) ?? false),
        );
        // `type` first, as one writes it.
        return section(
          `### ${key}: ${typeOf(variant)}`,
          variant.description ?? '',
          [...rows.slice(-1), ...rows].flat().slice(0, -1),
        );
      }),
    ]),
    ...plain
      .filter(([key]) => key === 'detectors')
      .map(([key, shape]) => section(`## ${capital(key)}`, shape.description ?? '', rowsOf([key], shape, false))),
    ...lists.map(([key, shape]) => {
      const fields = Object.entries(entriesOf(shape)!.properties!).map(([field, value]) => {
        const isRequired = entriesOf(shape)!.required?.includes(field) ?? false;
        return line([`\`${field}\``, valuesOf(value), isRequired ? '**required**' : '', value.description ?? '']);
      });
      const variable = `As a whole in the environment: \`LAPWING_${spell(key)}\`, a YAML list.`;
      const text = `${shape.description ?? ''} [docs/${key}.md](../docs/${key}.md) has examples. ${variable}`;
      return `## ${capital(key)}\n\n${text}\n\n| field | values | | meaning |\n|---|---|---|---|\n${fields.join('\n')}\n`;
    }),
  ];
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

const section = (heading: string, text: string, rows: readonly string[]): string =>
  `${heading}\n\n${text === '' ? '' : `${text}\n\n`}${TABLE_HEAD}${rows.join('\n')}\n`;

const TABLE_HEAD = `| setting | environment variable | values | default | meaning |
|---|---|---|---|---|
`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function rowsOf(path: readonly string[], shape: Shape, isRequired: boolean): readonly string[] {
  if (!shape.properties) return [row(path, shape, isRequired)];
  const isOptional = shape.default === undefined && !isRequired;
  return Object.entries(shape.properties).flatMap(([key, value]) => {
    const needed = shape.required?.includes(key) ?? false;
    if (!isOptional || !needed || value.properties) return rowsOf([...path, key], value, needed);
    return [row([...path, key], value, `required with \`${path.at(-1)}\``)];
  });
}

function row(path: readonly string[], shape: Shape, required: boolean | string): string {
  const cells = [
    `\`${path.join('.')}\``,
    `\`LAPWING_${path.map((key) => (key === 'NAME' ? key : spell(key))).join('_')}\``,
    valuesOf(shape),
    shape.default === undefined
      ? required === true
        ? '**required**'
        : required || ''
      : `\`${flow('x', shape.default).slice(3)}\``,
    shape.description ?? '',
  ];
  return line(cells);
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
