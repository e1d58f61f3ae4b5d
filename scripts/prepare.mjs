// Builds dist/ after `npm ci` in a checkout; does nothing where TypeScript is absent (npm ci --omit=dev).
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (existsSync(`${root}node_modules/typescript/package.json`) && existsSync(`${root}tsconfig.build.json`)) {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
}
