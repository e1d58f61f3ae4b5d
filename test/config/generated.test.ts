import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { defaultYaml, referenceMarkdown } from '../../src/config/reference.ts';
import { configSchema } from '../../src/config/schema.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = read('config/default.yaml');
const schema = configSchema(catalogue);
const COMPONENTS = [
  ...catalogue.sources.map(({ type }) => ['sources', type] as const),
  ...catalogue.sinks.map(({ type }) => ['sinks', type] as const),
];

/** The example of one source or sink, as it is once the comment signs are gone. */
function exampleOf(kind: string, type: string): Record<string, unknown> {
  const lines = text.split('\n');
  const at = lines.indexOf(`${kind}: {}`);
  const end = lines.indexOf('', at);
  const block = lines.slice(at + 1, end).map((line) => line.replace(/^# /, ''));
  const example = (parse([`${kind}:`, ...block].join('\n')) as Record<string, Record<string, unknown>>)[kind]!;
  return { [kind]: { one: example[`my-${type}`] } };
}

describe('config/', () => {
  it('is fresh (npm run generate)', () => {
    expect(read('config/default.yaml')).toBe(defaultYaml(catalogue));
    expect(read('config/README.md')).toBe(referenceMarkdown(catalogue));
  });

  it('has a default.yaml that changes nothing', () => {
    const path = new URL('../../config/default.yaml', import.meta.url).pathname;
    expect(loadConfig(catalogue, path, { HOME: '/home/x' })).toEqual(
      loadConfig(catalogue, undefined, { HOME: '/home/x' }),
    );
    expect(Object.keys(parse(text) as object)).toEqual(expect.arrayContaining(['log', 'store', 'limits', 'detectors']));
  });

  it.each(COMPONENTS)('has an example for %s: %s that is right as it stands', (kind, type) => {
    const example = exampleOf(kind, type);
    expect(schema.safeParse(example)).toMatchObject({ success: true });
    expect(example).toMatchObject({ [kind]: { one: { type } } });
  });
});
