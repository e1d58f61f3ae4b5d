import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, asyncProperty, boolean, constantFrom, nat, oneof, record, constant } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileSettings } from '../../src/sources/file.ts';
import { fileSource, FileSource } from '../../src/sources/file.ts';
import { auditIds, contractEvents, Reading } from '../contract/source.ts';
import { testContext } from './context.ts';
import type { Naming } from './log-writer.ts';
import { LogWriter } from './log-writer.ts';

let root: string;
let serial = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lapwing-rotation-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function place(): Promise<string> {
  const dir = join(root, String(serial++));
  await mkdir(dir);
  return join(dir, 'audit.log');
}

const idsIn = (events: readonly string[]): string[] => events.flatMap((event) => auditIds(event));

describe('rotation', () => {
  const step = oneof(
    { weight: 4, arbitrary: record({ do: constant('write' as const), lines: nat(12), cut: nat(200) }) },
    { weight: 2, arbitrary: record({ do: constant('rename' as const), create: boolean() }) },
    record({ do: constant('copy' as const) }),
    record({ do: constant('compress' as const), which: nat(5) }),
    { weight: 2, arbitrary: record({ do: constant('read' as const), part: nat(10) }) },
    record({ do: constant('peek' as const) }),
    record({ do: constant('restart' as const), away: boolean() }),
  );

  it.each<[Naming]>([['stamp'], ['number'], ['date']])('named by %s: every line once and in order', async (naming) => {
    let lines = 0;
    let restarts = 0;
    await assert(
      asyncProperty(
        array(step, { minLength: 8, maxLength: 30 }),
        constantFrom('4KiB', '64KiB'),
        boolean(),
        async (steps, chunk, byPattern) => {
          const path = await place();
          const writer = new LogWriter(path, naming);
          const given = fileSource.settings.parse({
            paths: [byPattern ? path.replace('.log', '*') : path],
            follow: true,
            pollInterval: '2ms',
            chunk,
          });
          const make = () => new FileSource('logs', given as FileSettings, testContext());
          const wanted: string[] = [];
          /** What is durable; what was read beyond it comes again after a restart. */
          const had: string[] = [];
          let saved: ReadonlyMap<string, string> = new Map();
          let reading: Reading | undefined;
          let kept = 0;
          const read = async (count: number, commit: boolean): Promise<void> => {
            reading ??= new Reading(make(), saved);
            while (reading.ids.length < count) await reading.next();
            const last = reading.batches.at(-1);
            if (!commit || last === undefined) return;
            await reading.commit(last);
            kept = reading.ids.length;
          };
          const stop = async (): Promise<void> => {
            if (reading === undefined) return;
            await reading.stop();
            had.push(...reading.ids.slice(0, kept));
            saved = reading.saved;
            reading = undefined;
            kept = 0;
            restarts++;
          };
          const first = contractEvents(1);
          wanted.push(...idsIn(first));
          await writer.write(first);
          await read(1, true);
          for (const each of steps) {
            if (each.do === 'write') {
              const events = contractEvents(each.lines);
              // A line that is not whole does not count yet; what follows makes it so.
              await writer.write(events, events.length > 0 ? each.cut : 0);
              wanted.push(...idsIn(events));
            } else if (each.do === 'rename') await writer.rename(each.create);
            else if (each.do === 'copy') await writer.copyTruncate();
            else if (each.do === 'compress') await writer.compress(each.which);
            else if (each.do === 'restart') {
              await stop();
              if (!each.away) reading = new Reading(make(), saved);
            } else {
              await writer.flush();
              const most = wanted.length - had.length;
              await read(each.do === 'read' ? Math.ceil((most * each.part) / 10) : most, each.do === 'read');
            }
          }
          await writer.flush();
          await read(wanted.length - had.length, true);
          await stop();
          await writer.close();
          expect(had).toEqual(wanted);
          lines += wanted.length;
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 25_000, timeout: 4_000 },
    );
    expect(lines).toBeGreaterThan(1_000);
    expect(restarts).toBeGreaterThan(50);
  });
});
