import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toDocument } from '../../src/model/index.ts';
import { MAPPINGS, TEMPLATE_VERSION } from '../../src/sinks/elasticsearch-mapping.ts';
import { templateOf } from '../../src/sinks/elasticsearch-template.ts';
import { hostileAlert } from '../support/alert.ts';

interface Field {
  readonly type?: string;
  readonly ignore_above?: number;
  readonly ignore_malformed?: boolean;
  readonly enabled?: boolean;
  readonly properties?: Readonly<Record<string, Field>>;
}

const root: Field = MAPPINGS;

/** All mapped leaves, by dotted path. */
function leaves(field: Field, path = ''): [path: string, field: Field][] {
  return field.properties === undefined
    ? [[path, field]]
    : Object.entries(field.properties).flatMap(([name, each]) => leaves(each, path === '' ? name : `${path}.${name}`));
}

/** Paths of a document that the mapping does not name; what is below a flattened or opaque field belongs to it. */
function unmapped(value: unknown, field: Field | undefined, path: string): string[] {
  if (field === undefined) return [path];
  if (field.properties === undefined) return [];
  return Object.entries(value as object).flatMap(([key, each]) =>
    unmapped(each, Object.hasOwn(field.properties!, key) ? field.properties![key] : undefined, `${path}.${key}`),
  );
}

test('every field that any document can have is mapped', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(hostileAlert(), (alert) => {
      const document = toDocument(alert);
      expect(unmapped(document, root, '')).toStrictEqual([]);
      for (const key of Object.keys(document)) seen.add(key);
    }),
  );
  expect(Object.keys(MAPPINGS.properties).filter((key) => !seen.has(key))).toStrictEqual(['workflow']);
});

test('no field can refuse a value: long text is not indexed, and what is no date, number or address is ignored', () => {
  const fields = leaves(root);
  expect(fields.length).toBeGreaterThan(60);
  for (const [path, { type, ignore_above: above, ignore_malformed: malformed, enabled }] of fields) {
    const isSafe =
      type === 'text' ||
      (type === 'object' && enabled === false) ||
      // 32,766 bytes of UTF-8 is the longest term that Lucene takes.
      (['keyword', 'flattened'].includes(type!) && above! * 4 <= 32_766) ||
      (['date', 'ip', 'long'].includes(type!) && malformed === true);
    expect([path, isSafe]).toStrictEqual([path, true]);
  }
});

test('fields never come into being by a document', () => {
  expect(MAPPINGS.dynamic).toBe(false);
});

test('the template makes monthly indices behind the alias, and leaves shards to the cluster unless they are set', () => {
  const template = templateOf({ prefix: 'lapwing-alerts' });
  expect(template).toMatchObject({
    index_patterns: ['lapwing-alerts-*'],
    version: TEMPLATE_VERSION,
    composed_of: ['lapwing-alerts@custom'],
    ignore_missing_component_templates: ['lapwing-alerts@custom'],
    template: { aliases: { 'lapwing-alerts': {} } },
  });
  expect(template.template.settings.index).not.toHaveProperty('number_of_shards');
  expect(templateOf({ prefix: 'a', shards: 2, replicas: 0 }).template.settings.index).toMatchObject({
    number_of_shards: 2,
    number_of_replicas: 0,
  });
});
