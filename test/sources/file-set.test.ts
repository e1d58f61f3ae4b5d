import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSet } from '../../src/sources/file-set.ts';
import { testContext } from './context.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-set-'));
  for (const name of ['east.log', 'east-20261120.log', 'west-20261120.log', 'west-20261121.log'])
    await writeFile(join(root, name), '');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('FileSet', () => {
  const logs = async (pattern: string, ...known: string[]): Promise<unknown[]> =>
    (await new FileSet([join(root, pattern)], testContext().log).logs((path) => known.includes(path))).map(
      ({ path, cluster }) => [path.slice(root.length + 1), cluster],
    );

  it('gives a log in place of what was rotated away from it, under the cluster of its own name', async () => {
    expect(await logs('{cluster}.log')).toEqual([
      ['east.log', 'east'],
      ['west-20261120.log', 'west-20261120'],
      ['west-20261121.log', 'west-20261121'],
    ]);
  });

  it('does so where the log is known and gone', async () => {
    const west = join(root, 'west.log');
    expect(await logs('{cluster}.log', west)).toEqual([
      ['east.log', 'east'],
      ['west.log', 'west'],
    ]);
    expect(await logs('w*-*.log', west)).toEqual([
      ['west-20261120.log', undefined],
      ['west-20261121.log', undefined],
    ]);
  });
});
