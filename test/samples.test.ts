import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detectors } from '../detectors/index.ts';
import { toDocument } from '../src/model/index.ts';
import { replay } from './support/detector.ts';

const folder = new URL('../samples/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ndjson'))
  .map((file) => file.slice(0, -'.ndjson'.length));
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const documents = (file: string): readonly unknown[] =>
  replay(detectors, new Uint8Array(readFileSync(new URL(file, folder)))).map(toDocument);

interface Told {
  readonly rule: { readonly id: string };
  readonly lapwing: { readonly severity: string };
}

describe('samples', () => {
  test('every detector has a sample, a table, and is listed in the README', () => {
    expect(detectors).not.toHaveLength(0);
    const readme = readFileSync(new URL('../detectors/README.md', import.meta.url), 'utf8');
    for (const { id } of detectors) {
      expect(names).toContain(id);
      expect(existsSync(new URL(`detectors/${id}.test.ts`, import.meta.url)), `test/detectors/${id}.test.ts`).toBe(
        true,
      );
      expect(readme).toMatch(new RegExp(`^\\| \`${id}\` +\\|`, 'm'));
    }
    expect(names).toContain('quiet-day');
  });

  test.each(names)('%s leads to its golden alerts', (name) => {
    const golden = `${name}.alerts.json`;
    const told = documents(`${name}.ndjson`);
    if (process.env['UPDATE_GOLDEN'] === '1')
      writeFileSync(new URL(golden, folder), `${JSON.stringify(told, null, 2)}\n`);
    expect(told).toEqual(JSON.parse(read(golden)));
    // The sample of a detector shows that detector, the quiet day none.
    expect((told as Told[]).some(({ rule }) => rule.id === name)).toBe(name !== 'quiet-day');
    expect(told.length > 0).toBe(name !== 'quiet-day');
  });

  test('the demo holds every attack, and each is something to look at', () => {
    const told = documents('demo/audit.ndjson') as Told[];
    for (const id of ['exec-into-pod', 'forbidden-burst', 'rbac-escalation', 'secret-reads'])
      expect(told.some(({ rule, lapwing }) => rule.id === id && !['info', 'low'].includes(lapwing.severity))).toBe(
        true,
      );
  });
});
