import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Order, SLACK } from '../../src/engine/order.ts';
import type { AuditEvent } from '../../src/model/index.ts';
import { auditEvent } from '../support/event.ts';

const at = (time: number, auditId = String(time)): AuditEvent => auditEvent({}, { time, auditId });
const rows = {
  write: (event: AuditEvent) => JSON.stringify([event.time, event.auditId]),
  read: (row: string) => at(...(JSON.parse(row) as [number, string])),
};
const order = () => new Order(rows, 1_000_000);

function drain(queue: Order, before: number): readonly number[] {
  const times: number[] = [];
  for (let due = queue.next(before); due !== undefined; due = queue.next(before)) times.push(due.event.time);
  return times;
}

describe('order', () => {
  it('gives events back by time, whatever their arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 * SLACK }), { minLength: 1 }), (times) => {
        const queue = order();
        for (const time of times) queue.insert(at(time), [], 100);
        expect(drain(queue, Number.POSITIVE_INFINITY)).toEqual(times.toSorted((a, b) => a - b));
        expect(queue.size).toBe(0);
      }),
    );
  });

  it('keeps equal times apart by Audit-ID, so that arrival does not matter', () => {
    const ids = ['c', 'a', 'b'];
    const queue = order();
    for (const id of ids) queue.insert(at(5, id), [], 1);
    const found = [queue.next(6), queue.next(6), queue.next(6)].map((due) => due?.event.auditId);
    expect(found).toEqual(['a', 'b', 'c']);
  });

  it('holds back what is not before the time asked for', () => {
    const queue = order();
    queue.insert(at(5), [], 1);
    queue.insert(at(6), [], 1);
    expect(drain(queue, 6)).toEqual([5]);
    expect(drain(queue, 6.5)).toEqual([6]);
  });

  it('writes a waiting event once and deletes it once', () => {
    const queue = order();
    const puts: [string, boolean][] = [];
    const collect = () => queue.collect((key, value) => puts.push([key, value !== null]));
    queue.insert(at(1), [], 1);
    collect();
    collect();
    queue.insert(at(2), [], 1);
    drain(queue, 2);
    collect();
    drain(queue, 10);
    collect();
    collect();
    expect(puts).toEqual([
      ['000000000000000', true],
      ['000000000000000', false],
      ['000000000000001', true],
      ['000000000000001', false],
    ]);
  });

  it('never writes what came and went between two checkpoints', () => {
    const queue = order();
    queue.insert(at(1), [], 1);
    drain(queue, 2);
    queue.collect(() => expect.unreachable());
  });

  it('goes on after a restore', () => {
    const queue = order();
    for (const time of [3, 1, 2]) queue.insert(at(time), [], 1);
    const saved = new Map<string, string>();
    queue.collect((key, value) => saved.set(key, String(value)));
    const restored = order();
    for (const [key, value] of saved) restored.restore(key, value);
    restored.insert(at(0), [], 1);
    expect(drain(restored, 10)).toEqual([0, 1, 2, 3]);
    const gone: string[] = [];
    restored.collect((key, value) => value === null && gone.push(key));
    expect(gone).toHaveLength(3);
  });

  it('says when it holds too much', () => {
    const queue = new Order(rows, 250);
    queue.insert(at(1), [], 100);
    queue.insert(at(2), [], 100);
    expect(queue.overfull).toBe(false);
    queue.insert(at(3), [], 100);
    expect(queue.overfull).toBe(true);
    queue.next(2);
    expect(queue.overfull).toBe(false);
  });

  it('takes out what lies behind a time', () => {
    const queue = order();
    for (const time of [1, 9, 2]) queue.insert(at(time), [], 1);
    expect(queue.takeAfter(5).map(({ event }) => event.time)).toEqual([9]);
    expect(drain(queue, 10)).toEqual([1, 2]);
  });
});
