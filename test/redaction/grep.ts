import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CANARIES, formsOf } from './canaries.ts';

const FORMS = CANARIES.map(({ kind, secret }) => ({ kind, forms: formsOf(secret).map((form) => Buffer.from(form)) }));

/** The kinds of secrets that are to be seen in these bytes, in any form. */
export const seenIn = (bytes: string | Uint8Array): readonly string[] => {
  const buffer = Buffer.from(bytes as string);
  return FORMS.filter(({ forms }) => forms.some((form) => buffer.includes(form))).map(({ kind }) => kind);
};

/** Every file below a folder, sockets left out. */
export const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

/** The kinds of secrets that are to be seen in files, by file. */
export const seenInFiles = (folder: string): readonly string[] =>
  filesIn(folder).flatMap((path) => seenIn(readFileSync(path)).map((kind) => `${kind} in ${path}`));
