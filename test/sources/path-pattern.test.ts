import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PathPattern } from '../../src/sources/path-pattern.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-pattern-'));
  const files = [
    'east/audit.log',
    'east/other.log',
    'west/audit.log',
    'west/audit.log.1',
    '.hidden/audit.log',
    'none/x',
    'prod-a-b.log',
  ];
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
  await mkdir(join(root, 'folder/audit.log'), { recursive: true });
  await symlink('west', join(root, 'link'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('PathPattern', () => {
  it.each<[string, [string, string?][]]>([
    ['*/audit.log', [['east/audit.log'], ['link/audit.log'], ['west/audit.log']]],
    [
      '{cluster}/audit.log',
      [
        ['east/audit.log', 'east'],
        ['link/audit.log', 'link'],
        ['west/audit.log', 'west'],
      ],
    ],
    ['w*t/audit*', [['west/audit.log'], ['west/audit.log.1']]],
    ['prod-{cluster}.log', [['prod-a-b.log', 'a-b']]],
    ['{cluster}-b.log', [['prod-a-b.log', 'prod-a']]],
    ['p*-{cluster}.log', [['prod-a-b.log', 'a-b']]],
    ['.h*/audit.log', [['.hidden/audit.log']]],
    ['folder/*', []],
    ['missing/*', []],
    ['*/*/*', []],
    ['prod-a-b{cluster}.log', []],
    ['east/a*log', [['east/audit.log']]],
    ['east/audit.log*audit.log', []],
    ['*t/../east/*.log', [['east/audit.log'], ['east/other.log'], ['east/audit.log'], ['east/other.log']]],
  ])('%s', async (text, wanted) => {
    const found = await new PathPattern(join(root, 'x').slice(0, -1) + text).find(100);
    expect(
      found.map(({ path, cluster }) => [relative(root, path), ...(cluster === undefined ? [] : [cluster])]),
    ).toEqual(wanted);
  });

  it('finds no more than it is asked for', async () => {
    expect(await new PathPattern(join(root, '*/*')).find(2)).toHaveLength(2);
  });

  it('takes relative paths', async () => {
    const found = await new PathPattern(relative(process.cwd(), join(root, '*/other.log'))).find(9);
    expect(found).toEqual([{ path: relative(process.cwd(), join(root, 'east/other.log')) }]);
    expect((await new PathPattern('package*.json').find(9)).map(({ path }) => path)).toEqual([
      'package-lock.json',
      'package.json',
    ]);
  });

  it('is plain without wildcards, and knows one cluster only', () => {
    expect(new PathPattern('/var/log/[a]?.log').isPlain).toBe(true);
    expect(() => new PathPattern('/{cluster}/{cluster}.log')).toThrow(expect.objectContaining({ code: 'config' }));
  });

  it('matches in linear time', async () => {
    await writeFile(join(root, 'a'.repeat(250)), '');
    expect(await new PathPattern(join(root, `${'*a'.repeat(100)}b`)).find(9)).toEqual([]);
    expect(await new PathPattern(join(root, `${'*a'.repeat(100)}`)).find(9)).toHaveLength(1);
  });
});
