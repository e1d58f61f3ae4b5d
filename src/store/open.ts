import { z } from 'zod';
import { duration, size, type Context, type Store } from '../model/index.ts';
import { MemoryStore } from './memory.ts';
import { openSqlite } from './sqlite.ts';

/** What the memory store holds at most, whatever `size` says: it is the process's own memory. */
const MEMORY_BYTES = 256 * 1024 ** 2;

/** The `store` part of the configuration. */
export const storeSettings = z.strictObject({
  type: z
    .enum(['sqlite', 'memory'])
    .default('sqlite')
    .describe(
      'sqlite keeps everything in dataDir. memory forgets all when the process ends, and is refused together with a webhook.',
    ),
  retention: z
    .strictObject({
      age: duration('90d').describe('Alerts go this long after they were last seen, once every sink has had them.'),
      size: size('10GiB').describe(
        'Past this size of the store the oldest alerts go. With memory at most 256MiB count.',
      ),
    })
    .prefault({})
    .describe('How long alerts stay in the store. What detectors remember is not part of it.'),
});

/** Opens the store that the configuration names, in the data directory. Throws AppError, see `openSqlite`. */
export function openStore(settings: z.output<typeof storeSettings>, context: Context): Store {
  const { age, size: bytes } = settings.retention;
  if (settings.type === 'memory') return new MemoryStore({ age, bytes: Math.min(bytes, MEMORY_BYTES) });
  return openSqlite({ path: context.dataDir, log: context.log, retention: { age, bytes } });
}
