import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../model/index.ts';

const CLUSTER = '{cluster}';

/** A file that a pattern found. */
export interface Match {
  readonly path: string;
  /** What stands in the place of `{cluster}`. */
  readonly cluster?: string;
}

/**
 * A path with `*` (any part of one name, but for a leading dot) and `{cluster}` (the same, not empty, once: the name of the cluster). A
 * path without either is itself.
 */
export class PathPattern {
  readonly text: string;
  /** True where the text is a path and no more. */
  readonly isPlain: boolean;
  readonly #segments: readonly string[];

  /** Throws AppError `config` where there are two `{cluster}`. */
  constructor(text: string) {
    this.text = text;
    this.isPlain = !text.includes('*') && !text.includes(CLUSTER);
    if (text.indexOf(CLUSTER) !== text.lastIndexOf(CLUSTER)) {
      throw new AppError('config', `${text}: {cluster} can stand in a path once only`);
    }
    this.#segments = text.split('/');
  }

  /** What is there now, in the order of names; folders that cannot be read hold nothing. At most `most` files. */
  async find(most: number): Promise<readonly Match[]> {
    const found: Match[] = [];
    await this.#walk(0, '', undefined, found, most);
    return found;
  }

  /** The file of that name in the folder of a match, if the pattern takes its name as well. */
  beside({ path, cluster }: Match, name: string): Match | undefined {
    const taken = matchName(this.#segments.at(-1)!, name);
    if (taken === undefined) return undefined;
    const named = taken.cluster ?? cluster;
    return { path: join(dirname(path), name), ...(named !== undefined && { cluster: named }) };
  }

  async #walk(at: number, path: string, cluster: string | undefined, found: Match[], most: number): Promise<void> {
    const segment = this.#segments[at]!;
    const isLast = at === this.#segments.length - 1;
    const go = async (name: string, named: string | undefined): Promise<void> => {
      const next = at === 0 ? name : path === '' ? `/${name}` : join(path, name);
      if (!isLast) return this.#walk(at + 1, next, named, found, most);
      const stats = await stat(next).catch(() => undefined);
      if (stats !== undefined && !stats.isDirectory())
        found.push({ path: next, ...(named !== undefined && { cluster: named }) });
    };
    if (!segment.includes('*') && !segment.includes(CLUSTER)) return go(segment, cluster);
    const folder = at === 0 ? '.' : path === '' ? '/' : path;
    const names = await readdir(folder).catch(() => []);
    for (const name of names.sort()) {
      if (found.length >= most) return;
      const match = matchName(segment, name);
      if (match !== undefined) await go(name, match.cluster ?? cluster);
    }
  }
}

/** Whether a name is of that form, in linear time: each part between wildcards is taken where it first occurs. */
function matchName(form: string, name: string): { readonly cluster?: string } | undefined {
  if (name.startsWith('.') && !form.startsWith('.')) return undefined;
  const parts = form.split(/(\*|\{cluster\})/);
  let at = 0;
  let cluster: string | undefined;
  for (let index = 0; index < parts.length; index += 2) {
    const part = parts[index]!;
    const wild = parts[index - 1];
    const least = wild === CLUSTER ? at + 1 : at;
    let start = least;
    if (wild === undefined) start = name.startsWith(part) ? 0 : -1;
    else if (index === parts.length - 1) start = name.endsWith(part) ? name.length - part.length : -1;
    else start = name.indexOf(part, least);
    if (start < least || (wild === undefined && parts.length === 1 && part !== name)) return undefined;
    if (wild === CLUSTER) cluster = name.slice(at, start);
    at = start + part.length;
  }
  return cluster === undefined ? {} : { cluster };
}
