import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memory.ts';
import { storeContract } from '../contract/store.ts';
import { checkpointOf } from './checkpoint.ts';
import { anAlert } from '../support/alert.ts';

storeContract('memory', async (retention) => {
  const store = new MemoryStore(retention);
  return { store, close: async () => store.close() };
});

describe('the memory store', () => {
  it('says that nothing of it survives', () => expect(new MemoryStore().durable).toBe(false));

  it('lets no reader change what others read', async () => {
    const store = new MemoryStore();
    await store.commit(checkpointOf({ alerts: [anAlert()] }));
    const alert = store.alert(anAlert().id)!;
    expect(() => (alert.actor.groups as string[]).push('system:masters')).toThrow(TypeError);
  });

  it('without limits drops nothing', async () => {
    const store = new MemoryStore();
    await store.commit(checkpointOf({ alerts: [anAlert()] }));
    expect(store.retain(Number.MAX_SAFE_INTEGER)).toBe(0);
  });
});
