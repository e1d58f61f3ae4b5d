import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** What each part may import besides itself; a file directly in src is a part of its own. */
const ARROWS: ReadonlyMap<string, readonly string[]> = new Map([
  ['model', []],
  ['engine', ['model']],
  ['pipeline', ['model', 'engine']],
  ['detectors', ['model']],
  ['sources', ['model']],
  ['sinks', ['model']],
  ['store', ['model']],
  ['api', ['model']],
  ['config', ['model']],
  ['app', ['model', 'engine', 'pipeline', 'detectors', 'sources', 'sinks', 'store', 'api', 'config']],
  ['cli', ['model', 'engine', 'pipeline', 'sinks', 'store', 'config', 'app']],
  ['main', ['cli']],
]);

/** Pure parts: no I/O, no clock, no dice, no async. Node's pure functions are named here one by one. */
const PURE = new Set(['model', 'engine', 'detectors']);
const PURE_MODULES = new Set(['node:buffer', 'node:crypto', 'node:zlib', 'zod']);
const IMPURE = [
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bMath\.random\b/,
  /\bperformance\.now\b/,
  /\brandomBytes\b/,
  /\bsetTimeout\b/,
  /\basync\b/,
  /\bawait\b/,
  /\bprocess\./,
];

interface Import {
  readonly from: string;
  readonly to: string;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const files = [...filesOf('src'), ...filesOf('detectors')];
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** Static, type-only, re-exporting and dynamic imports alike. */
function importsOf(file: string): readonly Import[] {
  const { module } = parseSync(file, textOf(file));
  const specifiers = [
    ...module.staticImports.map((each) => each.moduleRequest.value),
    ...module.staticExports.flatMap((each) => each.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((each) =>
      textOf(file).slice(each.moduleRequest.start + 1, each.moduleRequest.end - 1),
    ),
  ];
  return [...new Set(specifiers)].map((to) => ({
    from: file,
    to: to.startsWith('.') ? relative(root, resolve(root, dirname(file), to)) : to,
  }));
}

const partOf = (file: string): string => {
  const [first = '', second = ''] = file.split('/');
  return first === 'src' ? second.replace(/\.ts$/, '') : first;
};

const imports = files.flatMap(importsOf);
const inner = imports.filter(({ to }) => to.endsWith('.ts'));

describe('architecture', () => {
  it('sees the code', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(inner.length).toBeGreaterThan(100);
    expect(new Set(files.map(partOf))).toEqual(new Set(ARROWS.keys()));
  });

  it('imports only along the arrows', () => {
    const wrong = inner.filter(
      ({ from, to }) => partOf(from) !== partOf(to) && !ARROWS.get(partOf(from))?.includes(partOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('has one file that knows the list of detectors', () => {
    expect(inner.filter(({ to }) => to === 'detectors/index.ts').map(({ from }) => from)).toEqual(['src/app.ts']);
  });

  it('reaches the model through its index', () => {
    const around = inner.filter(
      ({ from, to }) => partOf(to) === 'model' && partOf(from) !== 'model' && to !== 'src/model/index.ts',
    );
    expect(around).toEqual([]);
  });

  it('keeps sources, sinks and detectors apart from their neighbours', () => {
    const within = (part: string) => inner.filter(({ from, to }) => partOf(from) === part && partOf(to) === part);
    const isPart = (file: string) => /export const \w+ = defineSpec/.test(textOf(file));
    const parts = files.filter((file) => /^src\/(?:sources|sinks)\//.test(file) && isPart(file));
    expect(parts).toHaveLength(5);
    expect([...within('sources'), ...within('sinks')].filter(({ to }) => parts.includes(to))).toEqual([]);
    expect(within('detectors').filter(({ from }) => from !== 'detectors/index.ts')).toEqual([]);
  });

  it('has no cycle, types included', () => {
    const graph = new Map(files.map((file) => [file, inner.filter(({ from }) => from === file)]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') return void cycles.push([...path, file].join(' → '));
      state.set(file, 'open');
      for (const { to } of graph.get(file) ?? []) visit(to, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keeps model, engine and detectors pure', () => {
    const modules = imports.filter(
      ({ from, to }) => PURE.has(partOf(from)) && !to.endsWith('.ts') && !PURE_MODULES.has(to),
    );
    expect(modules).toEqual([]);
    const impure = files
      .filter((file) => PURE.has(partOf(file)))
      .flatMap((file) => {
        const code = textOf(file)
          .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
          .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
        return IMPURE.filter((pattern) => pattern.test(code)).map((pattern) => `${file}: ${pattern.source}`);
      });
    expect(impure).toEqual([]);
  });

  it('ends the process in main.ts only', () => {
    expect(files.filter((file) => /process\.exit\(/.test(textOf(file)))).toEqual(['src/main.ts']);
  });

  it('keeps files small', () => {
    const long = files
      .map((file) => [file, textOf(file).split('\n').length] as const)
      .filter(([, lines]) => lines > 300);
    expect(long).toEqual([]);
  });

  it('never points at what is outside the project', () => {
    const everywhere = [...files, ...filesOf('test')].filter((file) => file !== 'test/architecture.test.ts');
    expect(everywhere.filter((file) => /\.\.\/shared\/|\/work\//.test(textOf(file)))).toEqual([]);
  });
});
