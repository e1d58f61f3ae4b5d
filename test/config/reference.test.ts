import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { catalogue } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { referenceMarkdown } from '../../src/config/reference.ts';
import { SAMPLES } from '../../src/config/samples.ts';
import { formatDuration, Secret } from '../../src/model/index.ts';

interface Row {
  readonly path: readonly string[];
  readonly variable: string;
  readonly values: string;
  readonly byDefault: string;
  readonly isRequired: boolean;
}

/** Every row of the reference. */
const rows: readonly (Row & { readonly section: string })[] = referenceMarkdown(catalogue)
  .split(/^#+ /m)
  .flatMap((part) => {
    const section = part.slice(0, part.indexOf('\n'));
    return [...part.matchAll(/^\| `([^`]+)` \| `(LAPWING_[A-Z_]+)` \| (.*?) \| (.*?) \| (.*) \|$/gm)].map(
      ([, path = '', variable = '', values = '', byDefault = '', meaning = '']) => ({
        section,
        path: path.split('.'),
        variable,
        values,
        byDefault: byDefault.replaceAll('`', ''),
        isRequired: byDefault.startsWith('**'),
        meaning,
      }),
    );
  });

/** A value that the setting takes and that is not its default, as YAML. */
function valueFor({ path, values, byDefault, section }: Row & { section: string }): unknown {
  const name = path.at(-1)!;
  if (name === 'type') return section.split(': ')[1] ?? 'memory';
  if (values === 'true, false' || values.startsWith('true, false or')) return byDefault !== 'true';
  if (values === 'duration') return '77s';
  if (values === 'size') return '77MiB';
  if (values.startsWith('whole number')) return Number(byDefault) + 1 || 3;
  if (SAMPLES.has(name)) return SAMPLES.get(name);
  if (values === 'text') return { path: '/other', groupId: 'other', indexPrefix: 'other' }[name];
  return values.split(', ').find((each) => each !== byDefault);
}

const at = (tree: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key === 'NAME' ? 'audit' : key], tree);

/** What came of a value, in the words of the configuration. */
function asWritten(found: unknown, values: string): unknown {
  if (values === 'duration') return formatDuration(found as number);
  if (values === 'size') return `${(found as number) / 1024 ** 2}MiB`;
  if (Array.isArray(found)) return found.map((each) => asWritten(each, values));
  return found instanceof Secret ? { [found.from]: found.reference } : found;
}

describe('the reference', () => {
  it('lists every setting once, with a default or none, and what it takes', () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(new Set(rows.map(({ section, variable }) => section + variable)).size).toBe(rows.length);
    for (const { values, path } of rows) expect(`${path.join('.')}: ${values}`).not.toMatch(/: $/);
  });

  it.each(rows.map((row) => [row.section, row.variable, row] as const))('%s: %s works', (section, _, row) => {
    const given = valueFor(row);
    expect(given, 'a value to try').toBeDefined();
    const [, type] = section.split(': ');
    // What else the source, the sink or the mapping around the setting needs.
    const others = rows.filter(
      (each) =>
        each.section === section &&
        each !== row &&
        (each.isRequired ||
          (each.path.length === row.path.length && each.path.at(-2) === row.path.at(-2) && row.path.length > 3)),
    );
    const isApiKey = row.path.at(-1) === 'apiKey';
    const env: Record<string, string> = {};
    for (const each of [...others, row]) {
      if (type !== undefined && each.path[1] !== 'NAME') continue;
      if (/(USERNAME|PASSWORD)$/.test(each.variable) && isApiKey) continue;
      if (each.variable.endsWith('API_KEY') && !isApiKey) continue;
      const value = valueFor(each);
      env[each.variable.replace('_NAME_', '_AUDIT_')] =
        typeof value === 'string' ? value : stringify(value, { collectionStyle: 'flow' }).trim();
    }
    const config = loadConfig(catalogue, undefined, env);
    expect(asWritten(at(config, row.path), row.values)).toEqual(given);
  });
});
