import { afterEach, describe, expect, it } from 'vitest';
import type { Batch, Positions, Source } from '../../src/model/index.ts';

/** One input (a file, a topic, an address) that outlives the sources made over it. */
interface SourceRig {
  /** A new source over the same input, as after a restart. */
  source(): Source | Promise<Source>;
  /**
   * Puts audit events (JSON objects, one text each) in, in order. Resolves once they are on their way for good: written,
   * acknowledged by the broker, or posted by a sender that posts again until it is answered with 200.
   */
  put(events: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface SourceHarness {
  /** A fresh, empty input. */
  rig(): SourceRig | Promise<SourceRig>;
  /** True where a restart from saved positions gives nothing again that was committed. */
  readonly resumes: boolean;
  /** The cluster that the harness configures; every record must carry it. */
  readonly cluster?: string;
  /** How many bytes of events exceed by far what the source may hold uncommitted; put in by pieces of a twentieth. */
  readonly flood: number;
  /** How long `read` may stay silent, in ms, before it counts as waiting for a commit (default 400). */
  readonly silence?: number;
}

let serial = 0;

/** `count` small events with unique audit ids (`contract-<n>`). */
export function contractEvents(count: number, padding = 0): string[] {
  return Array.from({ length: count }, () =>
    JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: `contract-${serial++}`,
      stage: 'ResponseComplete',
      verb: 'get',
      stageTimestamp: '2026-11-21T10:00:00.000000Z',
      ...(padding > 0 && { requestURI: `/${'x'.repeat(padding)}` }),
    }),
  );
}

/** The audit ids within bytes, in order: in lines, arrays and EventLists alike. */
export const auditIds = (text: string): string[] =>
  Array.from(text.matchAll(/"auditID":\s*"([^"]+)"/g), (match) => match[1]!);

const idsOf = (events: readonly string[]): string[] => events.flatMap((event) => auditIds(event));

/** A consumer that notes what it read and what it may resume from. */
export class Reading {
  readonly batches: Batch[] = [];
  readonly ids: string[] = [];
  readonly saved: Map<string, string>;
  readonly #source: Source;
  readonly #abort = new AbortController();
  readonly #iterator: AsyncIterator<Batch>;
  #asked: Promise<IteratorResult<Batch>> | undefined;

  constructor(source: Source, from: Positions = new Map()) {
    this.#source = source;
    this.saved = new Map(from);
    this.#iterator = source.read(from, this.#abort.signal)[Symbol.asyncIterator]();
    this.ask();
  }

  /** Asks for the next batch without taking it: a source may only bind or connect once it is asked. */
  ask(): Promise<IteratorResult<Batch>> {
    this.#asked ??= this.#iterator.next();
    return this.#asked;
  }

  /** The next batch, or undefined at the end of the input. */
  async next(): Promise<Batch | undefined> {
    const result = await this.ask();
    this.#asked = undefined;
    if (result.done) return undefined;
    this.batches.push(result.value);
    for (const record of result.value.records) this.ids.push(...auditIds(Buffer.from(record.bytes).toString()));
    return result.value;
  }

  async commit(batch: Batch): Promise<void> {
    for (const [key, position] of batch.positions) this.saved.set(key, position);
    await this.#source.commit(batch.positions);
  }

  /** Reads, and commits unless told otherwise, until `count` events in all have come or the input ends. */
  async until(count: number, commit = true): Promise<string[]> {
    while (this.ids.length < count) {
      const batch = await this.next();
      if (batch === undefined) break;
      if (commit) await this.commit(batch);
    }
    return this.ids;
  }

  /** Reads without committing until the source stays silent for `silence` ms. */
  async untilSilent(silence: number): Promise<void> {
    for (;;) {
      const waited = Symbol('silent');
      let timer: NodeJS.Timeout | undefined;
      const quiet = new Promise<typeof waited>((resolve) => (timer = setTimeout(resolve, silence, waited)));
      const first = await Promise.race([this.ask(), quiet]);
      clearTimeout(timer);
      if (first === waited || (await this.next()) === undefined) return;
    }
  }

  /** Aborts, expects the iteration to end without an error, and closes; whatever comes meanwhile is given. */
  async stop(): Promise<Batch[]> {
    const late: Batch[] = [];
    this.#abort.abort();
    for (;;) {
      const batch = await this.next();
      if (batch === undefined) break;
      late.push(batch);
    }
    await this.#source.close();
    return late;
  }
}

/** What every source promises to the pipeline, whatever it reads from. */
export function sourceContract(name: string, harness: SourceHarness): void {
  describe(`source contract: ${name}`, () => {
    const open: { close(): Promise<void> }[] = [];
    const rig = async (): Promise<SourceRig> => {
      const made = await harness.rig();
      open.push(made);
      return made;
    };
    const start = async (input: SourceRig, from?: Positions): Promise<Reading> => {
      const source = await input.source();
      open.push(source);
      return new Reading(source, from);
    };
    afterEach(async () => {
      for (const each of open.splice(0).reverse()) await each.close();
    });

    /** Everything of `wanted` came; where the source resumes, nothing else did. */
    const expectAgain = (ids: readonly string[], wanted: readonly string[]): void => {
      expect(wanted.length).toBeGreaterThan(0);
      if (harness.resumes) expect(ids).toEqual(wanted);
      else expect(ids).toEqual(expect.arrayContaining([...wanted]));
    };

    it('gives every event once and in order', async () => {
      const input = await rig();
      const reading = await start(input);
      const wanted: string[] = [];
      for (const size of [1, 40, 300]) {
        const events = contractEvents(size);
        wanted.push(...idsOf(events));
        await input.put(events);
        await reading.until(wanted.length);
      }
      await reading.stop();
      expect(reading.ids).toEqual(wanted);
    });

    it('says where each record came from and where to resume', async () => {
      const input = await rig();
      const reading = await start(input);
      await input.put(contractEvents(20));
      await reading.until(20);
      await reading.stop();
      expect(reading.batches.flatMap(({ records }) => records).length).toBeGreaterThan(0);
      const source = await input.source();
      for (const { records, positions } of reading.batches) {
        expect(positions.size).toBeGreaterThan(0);
        for (const { bytes, origin } of records) {
          expect(bytes.length).toBeGreaterThan(0);
          expect(origin.source).toBe(source.name);
          expect(origin.position).toMatch(/\S/);
          expect(origin.cluster).toBe(harness.cluster);
        }
      }
      await source.close();
    });

    it('continues after what was committed', async () => {
      const input = await rig();
      const before = await start(input);
      await input.put(contractEvents(30));
      await before.until(30);
      expect(before.ids).toHaveLength(30);
      await before.stop();
      const events = contractEvents(30);
      await input.put(events);
      const after = await start(input, before.saved);
      await after.until(30);
      await after.stop();
      expectAgain(after.ids, idsOf(events));
    });

    it('gives again what was not committed', async () => {
      const input = await rig();
      const before = await start(input);
      const [first, second] = [contractEvents(25), contractEvents(25)];
      await input.put(first);
      await before.until(25);
      await input.put(second);
      await before.until(50, false);
      expect(before.ids).toEqual(idsOf([...first, ...second]));
      await before.stop();
      const after = await start(input, before.saved);
      await after.until(25);
      await after.stop();
      expectAgain(after.ids, idsOf(second));
    });

    it('begins at the beginning where nothing was saved', async () => {
      const input = await rig();
      const events = contractEvents(25);
      const before = await start(input);
      await input.put(events);
      await before.until(25, false);
      await before.stop();
      const after = await start(input);
      await after.until(25);
      await after.stop();
      expect(after.ids).toEqual(idsOf(events));
    });

    it('stops reading ahead until something is committed, and loses nothing over it', async () => {
      const input = await rig();
      const reading = await start(input);
      const wanted: string[] = [];
      const padding = 1_000;
      for (let piece = 0; piece < 20; piece++) {
        const events = contractEvents(Math.ceil(harness.flood / 20 / padding), padding);
        wanted.push(...idsOf(events));
        await input.put(events);
      }
      await reading.until(1, false);
      await reading.untilSilent(harness.silence ?? 400);
      expect(reading.ids.length).toBeGreaterThan(0);
      expect(new Set(reading.ids).size).toBeLessThan(wanted.length);
      for (const batch of reading.batches.slice()) await reading.commit(batch);
      const rest = new Set(wanted);
      for (const id of reading.ids) rest.delete(id);
      while (rest.size > 0) {
        const batch = await reading.next();
        if (batch === undefined) break;
        await reading.commit(batch);
        for (const id of reading.ids) rest.delete(id);
      }
      expect([...rest]).toEqual([]);
      await reading.stop();
    });

    it('ends without an error when it is aborted while it waits', async () => {
      const input = await rig();
      const reading = await start(input);
      await input.put(contractEvents(5));
      await reading.until(5);
      void reading.ask();
      expect(await reading.stop()).toEqual([]);
    });

    it('gives nothing when it is aborted before it starts', async () => {
      const input = await rig();
      const source = await input.source();
      open.push(source);
      await input.put(contractEvents(5));
      const given: Batch[] = [];
      for await (const batch of source.read(new Map(), AbortSignal.abort())) given.push(batch);
      expect(given).toEqual([]);
    });

    it('takes a commit of positions it does not know, and a close twice or without a read', async () => {
      const input = await rig();
      const source = await input.source();
      await source.commit(new Map([['someone-else', '7']]));
      await source.close();
      await source.close();
      const reading = await start(input);
      await input.put(contractEvents(5));
      await reading.until(5);
      await reading.stop();
      expect(reading.ids).toHaveLength(5);
    });
  });
}
