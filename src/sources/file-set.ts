import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '../model/index.ts';
import type { Match } from './path-pattern.ts';
import { PathPattern } from './path-pattern.ts';
import { rotatedName } from './rotated-name.ts';

/** So many files at the most are read side by side: each takes a handle and a buffer. */
const MOST = 1_000;

/** The files that a list of paths and patterns stands for. */
export class FileSet {
  readonly #patterns: readonly PathPattern[];
  readonly #log: Logger;
  #isTold = false;

  /** Throws AppError `config` for a pattern that is none. */
  constructor(paths: readonly string[], log: Logger) {
    this.#patterns = paths.map((path) => new PathPattern(path));
    this.#log = log;
  }

  /** Whether other files may come. */
  get isOpen(): boolean {
    return this.#patterns.some(({ isPlain }) => !isPlain);
  }

  /**
   * What is there to follow. A file that was rotated away belongs to its log where that is there or `known`: it stands for the log then,
   * and is not followed on its own.
   */
  async logs(known: (path: string) => boolean): Promise<readonly Match[]> {
    const found: Match[] = [];
    for (const pattern of this.#patterns) {
      const matches = await this.#find(pattern);
      const paths = new Set(matches.map(({ path }) => path));
      const owner = (match: Match): Match => {
        const log = pattern.beside(match, basename(logOf(match.path)));
        return log !== undefined && (paths.has(log.path) || known(log.path)) ? log : match;
      };
      found.push(...(pattern.isPlain ? matches : matches.map(owner)));
    }
    return this.#bounded(found);
  }

  /** What is there to read once: rotated files before their log, the oldest first. Undefined for a pattern that finds nothing. */
  async once(): Promise<readonly (Match | { readonly missing: string })[]> {
    const found: (Match | { readonly missing: string })[] = [];
    for (const pattern of this.#patterns) {
      const matches = await this.#find(pattern);
      found.push(...matches.toSorted((one, two) => compare(ageOf(one.path), ageOf(two.path))));
      if (matches.length === 0) found.push({ missing: pattern.text });
    }
    return found;
  }

  async #find(pattern: PathPattern): Promise<readonly Match[]> {
    // A name may hold a star.
    if (pattern.isPlain || (await stat(pattern.text).catch(() => undefined))) return [{ path: pattern.text }];
    return pattern.find(MOST + 1);
  }

  #bounded(found: readonly Match[]): readonly Match[] {
    const byPath = new Map<string, Match>();
    for (const match of found) if (!byPath.has(match.path)) byPath.set(match.path, match);
    const all = [...byPath.values()];
    if (all.length > MOST && !this.#isTold) {
      this.#isTold = true;
      this.#log.warn({ followed: MOST }, 'the paths stand for too many files: the rest are not followed');
    }
    return all.slice(0, MOST);
  }
}

/** The log that a rotated file was; any other file is itself. */
function logOf(path: string): string {
  const name = rotatedName(basename(path));
  return name === undefined ? path : join(dirname(path), name.base);
}

/** To compare: the log, its rotated files before itself, dates upwards, numbers downwards. */
function ageOf(path: string): readonly [string, number, string] {
  const name = rotatedName(basename(path));
  if (name === undefined) return [path, Infinity, ''];
  return name.order === 'number' ? [logOf(path), -Number(name.key), ''] : [logOf(path), -1e9, name.key];
}

function compare(one: readonly [string, number, string], two: readonly [string, number, string]): number {
  if (one[0] !== two[0]) return one[0] < two[0] ? -1 : 1;
  return one[1] !== two[1] ? one[1] - two[1] : one[2] < two[2] ? -1 : 1;
}
