import { AppError, messageOf } from '../model/index.ts';

/** Primary result codes of SQLite. */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** System errors that say there is no room, as the driver and node name them. */
const NO_ROOM: ReadonlySet<unknown> = new Set([28, 122, 'ENOSPC', 'EDQUOT']);

interface Thrown {
  readonly errcode?: number;
  readonly systemErrno?: number;
  readonly code?: unknown;
}

/** Names what went wrong with the store at this path, and what to do about it. An AppError stays as it is. */
export function storeFailure(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const { errcode, systemErrno, code } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Thrown;
  const told = `${path}: ${messageOf(thrown)}.`;
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  if (primary === FULL || NO_ROOM.has(systemErrno) || NO_ROOM.has(code))
    return new AppError('store-full', `${told} Make room on that disk, or lower store.retention.`, {
      retryable: true,
      cause: thrown,
    });
  const [advice, retryable] = adviceFor(primary, code);
  return new AppError('store', `${told}${advice}`, { retryable, cause: thrown });
}

function adviceFor(primary: number | undefined, code: unknown): readonly [advice: string, retryable: boolean] {
  switch (primary ?? code) {
    case CORRUPT:
    case NOTADB:
      return [
        ' The file is damaged or no store of Lapwing: restore it from a backup, or move the folder away to start afresh.',
        false,
      ];
    case PERM:
    case READONLY:
    case CANTOPEN:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return [' Let the user who runs Lapwing own the folder and write to it, or name another one in dataDir.', false];
    case BUSY:
    case LOCKED:
      return [' Another program holds the file: it is tried again.', true];
    case IOERR:
      return [' The disk does not read or write: see the kernel log.', true];
    default:
      return ['', false];
  }
}
