import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, from wherever this was compiled to. */
export const root = ((): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'samples', 'demo'))) folder = dirname(folder);
  return folder;
})();
