import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeFiles, type DecodedRecord, type DecodeOptions } from '../../src/app/decode.ts';
import { Engine } from '../../src/engine/engine.ts';
import { line } from '../engine/decode/decoding.ts';
import { testContext } from '../support/context.ts';
import { inspect } from './decoded.ts';

const folder = mkdtempSync(join(tmpdir(), 'lapwing-decode-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const shapes = new URL('../../samples/shapes/', import.meta.url);
const samples = readdirSync(shapes).map((name) => readFileSync(new URL(name, shapes)));

async function decode(paths: readonly string[], options: DecodeOptions = {}) {
  const records: DecodedRecord[] = [];
  let flushes = 0;
  const tally = await decodeFiles(
    paths,
    options,
    testContext().context,
    // Its bytes are good until the next one.
    (record) => records.push({ ...record, bytes: Buffer.from(record.bytes) }),
    async () => {
      flushes += 1;
    },
  );
  return { records, tally, flushes };
}

describe('decode', () => {
  it('tells each record with its place, across files, plain and gzip', async () => {
    const text = `${line()}\n\n  {"a":1}\r\n${line()}`;
    const paths = [file('a.log', text), file('b.log.gz', gzipSync(text))];
    const { records } = await decode(paths);
    const offset = Buffer.byteLength(line()) + 4;
    expect(records.map(({ place, eventCount, rejectCount }) => [place, eventCount, rejectCount])).toEqual(
      paths.flatMap((path) => [
        [{ file: path, line: 1, offset: 0 }, 1, 0],
        [{ file: path, line: 3, offset }, 0, 1],
        [{ file: path, line: 4, offset: offset + 9 }, 1, 0],
      ]),
    );
    expect(records[1]!.bytes.toString()).toBe('{"a":1}\r\n');
  });

  it('counts lines across pieces, and anew for a file that is read again', () => {
    const piece = (text: string, position: string) => ({
      bytes: Buffer.from(text),
      origin: { source: 'file', position },
    });
    const pieces = [piece('1\n2\n', 'a@b.log@0'), piece('\n3\n', 'a@b.log@4'), piece('1\n2\n', 'a@b.log@0')];
    expect(inspect(pieces).records.map(({ place }) => `${place.file}:${place.line}@${place.offset}`)).toEqual([
      'a@b.log:1@0',
      'a@b.log:2@2',
      'a@b.log:4@5',
      'a@b.log:1@0',
      'a@b.log:2@2',
    ]);
  });

  it('keeps a hundred events and rejects of a record, and counts all', () => {
    const { records, tally } = inspect(
      `[${Array.from({ length: 250 }, (_, index) => (index % 2 ? line() : '7')).join(',')}]`,
    );
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ eventCount: 125, rejectCount: 125 });
    expect(records[0]!.events).toHaveLength(100);
    expect(records[0]!.rejects).toHaveLength(100);
    expect(tally).toMatchObject({ records: 1, events: 125, rejected: 125 });
  });

  it('takes the cluster and the shape that it is told', async () => {
    const path = file('wrapped.log', `${JSON.stringify({ cluster_name: 'inside', log: line() })}\n${line()}\n`);
    const clusters = async (options: DecodeOptions) => [...(await decode([path], options)).tally.clusters];
    expect(await clusters({})).toEqual([
      ['inside', 1],
      ['', 1],
    ]);
    expect(await clusters({ cluster: 'told' })).toEqual([['told', 2]]);
    const { tally } = await decode([path], { shape: 'fluentbit' });
    expect([...tally.shapes]).toEqual([['fluentbit › raw-event', 1]]);
    expect([...tally.rejectedBy]).toEqual([['unknown: not fluentbit', 1]]);
  });

  it('counts what the engine counts, over every sample of a shape', () => {
    expect(samples.length).toBeGreaterThan(10);
    for (const bytes of samples) {
      const engine = new Engine({
        detectors: [],
        key: Buffer.alloc(16),
        seed: 0,
        cluster: '',
        budgets: { detector: 1 << 20, facts: 1 << 20, waiting: 1 << 20 },
        onError: () => undefined,
      });
      engine.open({ bytes, origin: { source: 'file', position: 'audit.log@0' } });
      while (engine.step(100));
      const { tally } = inspect(bytes);
      const { events, rejectedBy, passedBy, cutShort, repeatedMembers } = engine.counters;
      expect(tally).toMatchObject({ events, rejectedBy, passedBy, cutShort, repeated: repeatedMembers });
    }
  });

  it('hands over now and then, and holds one piece of a large file at a time', async () => {
    const path = file('large.log', `${line({ requestObject: { text: 'x'.repeat(10_000) } })}\n`.repeat(600));
    const { tally, flushes } = await decode([path]);
    expect(tally.events).toBe(600);
    expect(flushes).toBeGreaterThan(3);
  });

  it('says what became of each record', () => {
    const { tally } = inspect(`${line()}\n[]\n{"a":1}\n[${line()},7]\n`);
    expect(tally.fates).toEqual({ understood: 2, passed: 0, rejected: 1, empty: 1 });
  });
});
