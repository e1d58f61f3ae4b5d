import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectors } from '../../detectors/index.ts';
import { VERSION } from '../../src/model/index.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const words = (text: string): string => text.replaceAll(/[\s`*]+/g, ' ');

describe('the package', () => {
  it('has one version', () => {
    expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(VERSION);
  });

  it('lists every detector file in detectors/index.ts (npm run build)', () => {
    const files = readdirSync(new URL('../../detectors/', import.meta.url)).filter((file) => file.endsWith('.ts'));
    const ids = files.filter((file) => file !== 'index.ts').map((file) => file.slice(0, -3));
    expect(detectors.map(({ id }) => id)).toEqual(ids.toSorted());
    expect(ids).not.toHaveLength(0);
  });
});

describe('docs/detections.md', () => {
  const sections = new Map(
    read('docs/detections.md')
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part]),
  );

  it.each(detectors.map((detector) => [detector.id, detector] as const))(
    'has a whole section on %s',
    (id, detector) => {
      const section = sections.get(id) ?? '';
      for (const heading of [
        'What it finds',
        'How it judges',
        'What to do first',
        'Needs',
        'False positives',
        'Blind spots',
      ])
        expect(section).toContain(`**${heading}.**`);
      expect(section).toContain('kubectl ');
      expect(words(section)).toContain(words(detector.needs));
      for (const each of [...detector.falsePositives, ...detector.blindSpots])
        expect(words(section)).toContain(words(each));
      for (const name of Object.keys((detector.params as unknown as { shape: object }).shape))
        expect(section).toContain(`\`${name}\``);
    },
  );

  it('has no section on a detector that is not there', () => {
    expect([...sections.keys()].filter((name) => /^[a-z-]+$/.test(name))).toEqual(detectors.map(({ id }) => id));
  });
});
