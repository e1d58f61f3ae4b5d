import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, type Context } from '../../src/model/index.ts';
import { openStore, storeSettings } from '../../src/store/open.ts';
import { checkpointOf } from './checkpoint.ts';
import { anAlert } from '../support/alert.ts';

describe('the store that the configuration names', () => {
  let dataDir: string;
  let context: Context;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'lapwing-open-'));
    const silent = () => undefined;
    context = {
      dataDir,
      now: () => 0,
      reveal: () => '',
      log: { debug: silent, info: silent, warn: silent, error: silent },
    };
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is SQLite in the data directory, 90 days and 10 GiB, where nothing is said', () => {
    const settings = storeSettings.parse({});
    expect(settings).toEqual({ type: 'sqlite', retention: { age: 90 * DAY, size: 10 * 1024 ** 3 } });
    const store = openStore(settings, context);
    expect(store.durable).toBe(true);
    expect(existsSync(join(dataDir, 'lapwing.db'))).toBe(true);
    store.close();
  });

  it('is memory where that is said, within its retention', async () => {
    const store = openStore(storeSettings.parse({ type: 'memory', retention: { age: '1d' } }), context);
    expect(store.durable).toBe(false);
    await store.commit(checkpointOf({ alerts: [anAlert({ lastSeen: 5 * DAY })] }));
    expect(store.retain(6 * DAY)).toBe(0);
    expect(store.retain(6 * DAY + 1)).toBe(1);
    expect(existsSync(join(dataDir, 'lapwing.db'))).toBe(false);
  });

  it.each([
    [{ type: 'redis' }],
    [{ retention: { age: 'long' } }],
    [{ retention: { size: '10GB' } }],
    [{ path: '/tmp' }],
  ])('is refused where the settings are wrong: %j', (settings) =>
    expect(storeSettings.safeParse(settings).success).toBe(false),
  );
});
