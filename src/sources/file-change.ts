import { HEAD, identityOf, isSameFile, readHead } from './file-position.ts';
import { GzipInput } from './gzip-input.ts';
import type { OpenFile, OpenLog } from './open-log.ts';

/** Two writes within so many ms may bear the same time. */
const CLOCK_STEP = 2_000;

/** What a look at a file brought, and what is known of the file now. */
export interface Change {
  /** `cut`: truncated since the last look (copytruncate), even where it has grown past the old size again. */
  readonly kind: 'cut' | 'none' | 'more';
  readonly file: OpenFile | undefined;
}

/** Looks at a log that is followed; of a file that was rotated away, or a stream, nothing but its end can tell. */
export async function changeOf({ file, input }: OpenLog, readTo: number): Promise<Change> {
  if (!file?.current) return { kind: 'more', file };
  const stats = await file.handle.stat({ bigint: true });
  const [size, taken] = [Number(stats.size), input instanceof GzipInput ? input.taken : readTo];
  if (size < taken) return { kind: 'cut', file };
  const kind = size === taken ? 'none' : 'more';
  const modified = Number(stats.mtimeMs);
  if (modified === file.modified && Math.abs(Date.now() - modified) > CLOCK_STEP) return { kind, file };
  const head = await readHead(file.handle);
  if (!isSameFile(file.identity, stats, head)) return { kind: 'cut', file };
  const identity = file.identity.headBytes < HEAD ? identityOf(stats, head) : file.identity;
  return { kind, file: { ...file, identity, modified } };
}
