import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/model/index.ts';
import { Handover } from '../../src/sources/kafka-handover.ts';

const batch = (partition: number, offset: number, bytes = 100): Batch => ({
  records: [
    { bytes: new Uint8Array(bytes), origin: { source: 'audit', position: `events/${partition}@${offset - 1}` } },
  ],
  positions: new Map([[`kafka/audit/events/${partition}`, String(offset)]]),
});

describe('Handover', () => {
  it('gives batches in order and lets go of everything up to the one committed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        async (picks, pick) => {
          const handover = new Handover(1);
          const offsets = [0, 0, 0];
          const batches = picks.map((partition) => batch(partition, ++offsets[partition]!));
          for (const each of batches) handover.push(each);
          for (const each of batches) expect(await handover.take()).toBe(each);
          const upTo = pick % batches.length;
          const wanted = new Map(batches.slice(0, upTo + 1).flatMap((each) => [...each.positions]));
          expect(new Map(handover.release(batches[upTo]!.positions))).toEqual(wanted);
          expect(handover.isFull).toBe(upTo < batches.length - 1);
          handover.release(batches.at(-1)!.positions);
          expect(handover.isFull).toBe(false);
        },
      ),
    );
  });

  it('ignores positions that it did not give, and a commit twice', () => {
    const handover = new Handover(1);
    const only = batch(0, 5);
    handover.push(only);
    expect(handover.release(new Map([['kafka/audit/events/0', '4']])).size).toBe(0);
    expect(handover.isFull).toBe(true);
    expect(handover.release(only.positions).size).toBe(1);
    expect(handover.release(only.positions).size).toBe(0);
  });

  it('wakes who waits for room as soon as there is some', async () => {
    const handover = new Handover(150);
    handover.push(batch(0, 1));
    const waiting = handover.room(3_600_000);
    handover.release(new Map([['kafka/audit/events/0', '1']]));
    await waiting;
    expect(handover.isFull).toBe(false);
  });

  it('ends: nothing more is given, nobody waits on, a failure is thrown', async () => {
    const handover = new Handover(1);
    const taking = handover.take();
    handover.end();
    expect(await taking).toBeUndefined();
    handover.push(batch(0, 1));
    expect(await handover.take()).toBeUndefined();
    await handover.room(3_600_000);
    const failing = new Handover(1);
    failing.push(batch(0, 1));
    failing.end(new Error('second member'));
    failing.end();
    await expect(failing.take()).rejects.toThrow('second member');
  });
});
