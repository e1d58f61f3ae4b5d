// Puts the compiled program and the small libraries it needs at once into one file: a start reads one module instead of four hundred, which
// takes half of its time. What is native, starts threads or is loaded on demand stays outside. Their licences go beside it.
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const INSIDE = ['zod', 'commander', 'yaml', 'picocolors', 'date-fns', 'close-with-grace'];

const isInside = (id) => INSIDE.some((name) => id === name || id.startsWith(`${name}/`));
await build({
  input: `${root}dist/src/main.js`,
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !isInside(id),
  output: {
    dir: `${root}dist`,
    format: 'esm',
    entryFileNames: 'lapwing.js',
    chunkFileNames: 'lapwing-[name].js',
  },
  logLevel: 'warn',
});

// `npx lapwing` in a checkout runs the file itself; npm remembers where that was, and earlier versions were elsewhere.
for (const file of ['lapwing.js', 'src/main.js']) chmodSync(`${root}dist/${file}`, 0o755);

const licences = INSIDE.map((name) => {
  const folder = `${root}node_modules/${name}/`;
  const { version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : readFileSync(`${folder}${file}`, 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}`;
});
writeFileSync(`${root}dist/THIRD-PARTY.txt`, `${licences.join(`\n\n${'-'.repeat(70)}\n\n`)}\n`);
