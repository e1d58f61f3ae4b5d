import { DatabaseSync, type DatabaseSyncInstance, type DatabaseSyncOptions } from '@photostructure/sqlite';

/** The driver closes a handle that is collected, and with it go its locks: what is open stays reachable from here. */
const open = new Set<DatabaseSyncInstance>();

/** Opens a database file, until `closeHandle` or the end of the process. */
export function openHandle(path: string, options: DatabaseSyncOptions): DatabaseSyncInstance {
  const handle = new DatabaseSync(path, options);
  open.add(handle);
  return handle;
}

/** Closes the handle; a second time does no harm. */
export function closeHandle(handle: DatabaseSyncInstance): void {
  open.delete(handle);
  if (handle.isOpen) handle.close();
}
