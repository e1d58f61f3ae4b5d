import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '../../src/store/sqlite.ts';
import { storeContract } from '../contract/store.ts';

storeContract('sqlite', async (retention) => {
  const path = mkdtempSync(join(tmpdir(), 'lapwing-store-'));
  const opened = [openSqlite({ path, retention })];
  return {
    store: opened[0]!,
    async reopen(last) {
      last.close();
      opened.push(openSqlite({ path, retention }));
      return opened.at(-1)!;
    },
    async close() {
      for (const store of opened) store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
});
