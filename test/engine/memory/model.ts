import { DetectorMemory, type MemoryOptions } from '../../../src/engine/memory.ts';
import type { Evidence, Micros } from '../../../src/model/index.ts';

export const T = 1_800_000_000_000_000;

/** Evidence that tells its event by its Audit-ID. */
export const evidenceFor = (time: Micros, auditId = String(time)): Evidence => ({
  time,
  auditId,
  stage: 'ResponseComplete',
  verb: 'get',
  uri: `/api/v1/secrets?of=${auditId}`,
  code: 403,
});

/** The memory set to an event. */
export function at(memory: DetectorMemory, time: Micros, clock = time, auditId?: string): DetectorMemory {
  memory.begin(time, clock, () => evidenceFor(time, auditId));
  return memory;
}

/** The rows a store would hold of one memory, and what each checkpoint changed. */
export class Rows {
  readonly rows = new Map<string, string>();

  /** Keys put and deleted by this checkpoint. */
  collect(from: DetectorMemory): { readonly put: string[]; readonly deleted: string[] } {
    const put: string[] = [];
    const deleted: string[] = [];
    from.collect((key, value) => {
      if (value === null) {
        deleted.push(key);
        this.rows.delete(key);
      } else {
        put.push(key);
        this.rows.set(key, value as string);
      }
    });
    return { put, deleted };
  }

  restored(options: MemoryOptions, backwards = false): DetectorMemory {
    const memory = new DetectorMemory(options);
    const rows = [...this.rows];
    for (const [key, value] of backwards ? rows.reverse() : rows) memory.restore(key, Buffer.from(value));
    return memory;
  }
}

/** The most times within any window of that length that holds `time`: looks at every window. */
export function mostWithin(times: readonly Micros[], time: Micros, window: Micros): number {
  const ends = times.filter((end) => end >= time && end - window < time);
  return Math.max(0, ...ends.map((end) => times.filter((each) => each > end - window && each <= end).length));
}
