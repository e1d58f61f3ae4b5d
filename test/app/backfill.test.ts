import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { gzipSync } from 'node:zlib';
import { MINUTE, SECOND, type Alert, type Micros } from '../../src/model/index.ts';
import { microsOf } from '../support/event.ts';
import { eventList, execEvent } from '../support/exec-event.ts';
import { controlOf } from '../../src/app.ts';
import { writeFilled } from '../../src/app/backfill-lines.ts';
import { Held } from '../../src/engine/blind-held.ts';
import type { BlindPeriod } from '../../src/engine/blind-period.ts';
import { Blind } from '../../src/engine/blind.ts';
import { inOrder, linesText, sampleAt, World, type Line, type Running } from './blind-scene.ts';

let world: World;
/** Somebody's exec into always the same pod. */
const wayAt = (time: Micros): Line => ({
  time,
  text: execEvent('same', time / 1_000).replace('"crash-same"', `"exec-${time}"`),
});

/** The alerts of a service that was never away. */
let whole: readonly Alert[];
beforeAll(async () => {
  whole = await neverAway();
});
beforeEach(async () => {
  world = new World();
  await world.begin();
});
afterEach(() => world.end());

const ELEVEN = microsOf('2026-11-21T11:00:00.000000Z');
/** Down for eight minutes in the middle of three attacks, one of them wholly within. */
const DOWN = { from: ELEVEN + 14 * MINUTE, to: ELEVEN + 22 * MINUTE };
const day: readonly Line[] = inOrder([
  ...sampleAt('quiet-day', ELEVEN),
  ...sampleAt('exec-tour', ELEVEN + 12 * MINUTE),
  ...sampleAt('forbidden-burst', ELEVEN + 17 * MINUTE),
  ...sampleAt('secret-spread', ELEVEN + 18 * MINUTE),
]);
const before = day.filter(({ time }) => time < DOWN.from);
const after = day.filter(({ time }) => time >= DOWN.to);
const lost = day.filter(({ time }) => time >= DOWN.from && time < DOWN.to);

const shownOf = (alerts: readonly Alert[]) =>
  alerts
    .map(({ id, count, severity, reason, firstSeen, lastSeen }) => ({
      id,
      count,
      severity,
      reason,
      firstSeen,
      lastSeen,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

async function neverAway(): Promise<readonly Alert[]> {
  const other = new World();
  await other.begin();
  const service = await other.start();
  await service.push(day);
  await service.settle();
  const { alerts } = service;
  await other.end();
  return alerts;
}

/** A service that was killed, and is back. */
async function wasAway() {
  const first = await world.start();
  await first.push(before);
  await first.settle();
  const killed = world.killedCopy('killed');
  await first.stop();
  world.now = DOWN.to;
  const second = await world.start(killed);
  await second.push(after);
  await second.settle();
  second.advance(world.now + 30 * MINUTE);
  await second.settle();
  return second;
}

const periodsOf = (service: Running) => service.service.engine.clusters.get('')!.blind.periods;
const openOf = (service: Running) => service.service.engine.clusters.get('')!.blind.open();
const logFile = (lines: readonly Line[] = day, name = 'audit.log'): string => world.file(name, linesText(lines));

describe('a backfill', () => {
  it('leaves the alerts that a service has which was never away', async () => {
    const service = await wasAway();
    const missed = service.alerts;
    expect(missed.length).toBeLessThan(whole.length - 5);
    expect(periodsOf(service)).toMatchObject([{ cause: 'away', isOpen: false, covered: [] }]);
    const [{ from, to }] = periodsOf(service) as [BlindPeriod];
    expect(from).toBeGreaterThan(before.at(-1)!.time);
    expect(from).toBeLessThanOrEqual(DOWN.from + SECOND);
    expect(to).toBeGreaterThan(DOWN.to);
    expect(to).toBeLessThan(DOWN.to + MINUTE);
    expect(openOf(service)).toEqual({ periods: 1, seconds: (to - from) / SECOND });

    const done = await service.fillFrom([logFile()]);
    expect(done.tally).toEqual({
      read: day.length,
      judged: lost.length,
      held: expect.any(Number) as number,
      elsewhere: expect.any(Number) as number,
      foreign: 0,
      recent: 0,
    });
    const { read, judged, held, elsewhere } = done.tally;
    expect(judged + held + elsewhere).toBe(read);
    expect(done.created).toBeGreaterThan(5);
    const filled = shownOf(service.alerts);
    for (const alert of shownOf(whole)) expect.soft(filled).toContainEqual(alert);
    const known = new Set([...whole, ...missed].map(({ id }) => id));
    expect(filled.filter(({ id }) => !known.has(id))).toEqual([]);
    // What the service had is there still, or more of it.
    for (const alert of missed)
      expect(filled.find(({ id }) => id === alert.id)?.count).toBeGreaterThanOrEqual(alert.count);
    expect(openOf(service)).toEqual({ periods: 0, seconds: 0 });
  });

  it('changes nothing the second time, nor after a restart, whatever the order and form of the logs', async () => {
    let service = await wasAway();
    await service.fillFrom([logFile()]);
    const once = service.alerts;
    const again = await service.fillFrom([logFile()]);
    expect(again).toMatchObject({ created: 0, updated: 0, tally: { judged: 0, read: day.length } });
    await service.stop();
    service = await world.start(service.config.dataDir);
    const paths = [
      logFile(day.slice(250), 'b.log'),
      world.file('a.log.gz', gzipSync(linesText(day.slice(0, 260)))),
      world.file('c.json', eventList(lost.map(({ text }) => text))),
    ];
    const third = await service.fillFrom(paths);
    expect(third).toMatchObject({ created: 0, updated: 0, tally: { judged: 0, read: day.length + 10 + lost.length } });
    expect(service.alerts).toEqual(once);
  });

  it('takes the logs of several API servers side by side', async () => {
    const service = await wasAway();
    const [odd, even] = [0, 1].map((rest) => day.filter((_, index) => index % 2 === rest));
    const done = await service.fillFrom([logFile(even, 'one.log'), logFile(odd, 'two.log')]);
    expect(done.tally.judged).toBe(lost.length);
    const filled = shownOf(service.alerts);
    for (const alert of shownOf(whole)) expect.soft(filled).toContainEqual(alert);
  });

  it('judges a second log of the same time for itself', async () => {
    const service = await wasAway();
    const mine = lost.filter((_, index) => index % 2 === 0);
    const others = lost.filter((_, index) => index % 2 === 1);
    expect((await service.fillFrom([logFile(mine)])).tally.judged).toBe(mine.length);
    expect((await service.fillFrom([logFile(others)])).tally.judged).toBe(others.length);
    expect((await service.fillFrom([logFile()])).tally.judged).toBe(0);
  });

  it('fills what the logs cover, and says what is left', async () => {
    const service = await wasAway();
    const [{ from, to }] = periodsOf(service) as [BlindPeriod];
    const part = day.filter(({ time }) => time < DOWN.from + 4 * MINUTE);
    const done = await service.fillFrom([logFile(part)]);
    expect(done.tally.judged).toBe(lost.filter(({ time }) => time < DOWN.from + 4 * MINUTE).length);
    const { periods, seconds } = openOf(service);
    expect(periods).toBe(1);
    expect(seconds).toBeGreaterThan(3 * 60);
    expect(seconds).toBeLessThan((to - from) / SECOND - 3 * 60);
  });

  it('of a log that covers nothing counts it and changes nothing', async () => {
    const service = await wasAway();
    const alerts = service.alerts;
    const other = sampleAt('rbac-escalation', ELEVEN - 24 * 60 * MINUTE);
    const done = await service.fillFrom([logFile(other)]);
    expect(done).toMatchObject({ created: 0, updated: 0, reached: [], tally: { judged: 0, elsewhere: other.length } });
    expect(service.alerts).toEqual(alerts);
    expect(openOf(service).periods).toBe(1);
  });

  it('raises nothing for what the service held, however much of it stands before the margin', async () => {
    const service = await world.start();
    const execs = Array.from({ length: 24 }, (_, minute) => wayAt(ELEVEN + minute * MINUTE));
    await service.push(inOrder([...execs, ...before.filter(({ time }) => time > ELEVEN + 2 * MINUTE)]));
    service.advance(DOWN.to + 10 * MINUTE);
    await service.settle();
    const alerts = service.alerts;
    expect(alerts.some(({ count }) => count > 20)).toBe(true);
    await service.stop();
    world.now += 10 * MINUTE;
    const next = await world.start();
    await next.push(inOrder([wayAt(world.now)]));
    next.advance(world.now + 30 * MINUTE);
    await next.settle();
    const now = next.alerts;
    const done = await next.fillFrom([logFile(execs.concat(before))]);
    expect(done).toMatchObject({ created: 0, updated: 0, tally: { judged: 0 } });
    expect(next.alerts).toEqual(now);
  });

  it('leaves to the API server what it may still send', async () => {
    const service = await wasAway();
    world.now = lost.at(-1)!.time + 4 * MINUTE;
    const young = lost.filter(({ time }) => time > world.now - 5 * MINUTE);
    expect(young.length).toBeGreaterThan(0);
    const first = await service.fillFrom([logFile()]);
    expect(first.tally).toMatchObject({ recent: young.length, judged: lost.length - young.length });
    expect(openOf(service).periods).toBe(1);
    world.now += 30 * MINUTE;
    expect((await service.fillFrom([logFile()])).tally).toMatchObject({ recent: 0, judged: young.length });
    expect(openOf(service).periods).toBe(0);
  });

  it('judges what an API server sends very late only once', async () => {
    const service = await wasAway();
    await service.fillFrom([logFile()]);
    const alerts = service.alerts;
    const { duplicates } = service.service.engine.counters;
    await service.push(lost);
    await service.settle();
    expect(service.service.engine.counters.duplicates - duplicates).toBe(lost.length);
    expect(service.alerts).toEqual(alerts);
  });

  it('passes hostile lines, and counts them', async () => {
    const service = await wasAway();
    const far = (time: string): string => lost[0]!.text.replaceAll(/"(\w+Timestamp)":"[^"]+"/g, `"$1":"${time}"`);
    const hostile = [
      '{"kind":"Event","auditID":',
      '\u0000\u0001',
      `{"a":${'['.repeat(20_000)}`,
      '"text"',
      '{"kind":"Event","apiVersion":"audit.k8s.io/v1","__proto__":{"x":1}}',
      far('1970-01-01T00:00:00.000000Z'),
      far('2099-01-01T00:00:00.000000Z'),
    ];
    const lines = day.map(({ text }) => text);
    lines.splice(200, 0, ...hostile);
    const done = await service.fillFrom([world.file('audit.log', `${lines.join('\n')}\n`)]);
    expect(done.tally).toMatchObject({ read: day.length + 2, judged: lost.length });
    // The first of them takes the one behind it along.
    expect(done.counters.rejected + done.counters.passed).toBeGreaterThanOrEqual(4);
    expect(openOf(service)).toEqual({ periods: 0, seconds: 0 });
  });

  it('of more than can be remembered seals what it covered', async () => {
    const service = await wasAway();
    const full = new Blind(new Held(100_000 + lost.length - 10));
    const small = service.stateWith(full);
    const done = await service.fillFrom([logFile()], { state: small });
    expect(done).toMatchObject({ isSealed: true, tally: { judged: lost.length } });
    expect(periodsOf(service)[0]!.sealed).toHaveLength(1);
    expect((await service.fillFrom([logFile()])).tally.judged).toBe(0);
  });

  it('of more than the service can remember by then seals what it covered, too', async () => {
    const service = await wasAway();
    const { held } = service.service.engine.clusters.get('')!.blind;
    vi.spyOn(held, 'add').mockReturnValue(false);
    const done = await service.fillFrom([logFile()]);
    expect(done).toMatchObject({ isSealed: false, tally: { judged: lost.length } });
    expect(periodsOf(service)[0]!.sealed).toHaveLength(1);
    expect((await service.fillFrom([logFile()])).tally.judged).toBe(0);
  });

  it('takes large alerts a few at a time: no commit holds the service up', async () => {
    const service = await wasAway();
    const [some] = service.alerts as [Alert];
    const long = Array.from({ length: 1_000 }, (_, index) => `${index}`.padEnd(60, '-'));
    const large = Array.from({ length: 20 }, (_, index) => ({
      ...some,
      id: `${index}`.padStart(64, 'a'),
      key: `large-${index}`,
      evidence: { ...some.evidence, auditIds: long },
    }));
    const commit = vi.spyOn(service.service.store, 'commit');
    const answer = await controlOf(service.config).backfill('', sent(writeFilled(large, [], [])));
    expect(answer).toEqual({ created: 20, updated: 0, lines: 20 });
    const sizes = commit.mock.calls.map(([{ alerts }]) => alerts.length).filter((size) => size > 0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2);
  });

  it('knows what each cluster missed', async () => {
    const first = await world.start();
    await first.push(before, '/audit/east');
    await first.push(before, '/audit/west');
    await first.settle();
    await first.stop();
    world.now = DOWN.to;
    const service = await world.start();
    await service.push(after, '/audit/east');
    world.now += 30 * MINUTE;
    await expect(service.fillFrom([logFile()])).rejects.toThrow(/several clusters.*east, west/);
    await expect(service.fillFrom([logFile()], {}, 'north')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/north.*it has east, west/) as string,
    });
    const done = await service.fillFrom([logFile()], {}, 'east');
    expect(done.tally.judged).toBe(lost.length);
    const { clusters } = service.service.engine;
    expect(clusters.get('east')!.blind.open().periods).toBe(0);
    expect(clusters.get('west')!.blind.open().periods).toBe(1);
    const found = service.alerts.filter(({ rule }) => rule.id === 'forbidden-burst');
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map(({ cluster }) => cluster))).toEqual(new Set(['east']));
  });

  it('lets live events through meanwhile', async () => {
    const service = await wasAway();
    const live = Array.from({ length: 300 }, (_, index) => {
      const time = world.now + index * 10_000;
      return { text: execEvent(`live-${index}`, time / 1_000), time };
    });
    const filling = service.fillFrom([logFile(), logFile(lost, 'more.log')]);
    await service.push(live);
    const done = await filling;
    await service.settle();
    expect(done.tally.judged).toBe(lost.length);
    expect(service.alerts.filter(({ actor }) => actor.user?.startsWith('user-live-'))).toHaveLength(300);
    expect((await service.fillFrom([logFile()])).tally.judged).toBe(0);
  });

  it.each([0, 1, 2, 13])('that breaks off after %d pieces can be done again', async (pieces) => {
    const service = await wasAway();
    const client = controlOf(service.config);
    const broken: Pick<typeof client, 'backfill'> = {
      backfill: (cluster, lines) =>
        client.backfill(
          cluster,
          cut(lines, pieces, () => service.settle()),
        ),
    };
    await expect(service.fillFrom([logFile()], { client: broken as typeof client })).rejects.toThrow('gone');
    const killed = service.config.dataDir;
    await service.stop();
    const next = await world.start(killed);
    const done = await next.fillFrom([logFile()]);
    // Once the fingerprints are there, the alerts were before them.
    expect(done.tally.judged).toBe(pieces < 13 ? lost.length : 0);
    const filled = shownOf(next.alerts);
    for (const alert of shownOf(whole)) expect.soft(filled).toContainEqual(alert);
    expect((await next.fillFrom([logFile()])).tally.judged).toBe(0);
  });

  it('is told in plain words: when it begins, and at each start until it is filled', async () => {
    const service = await wasAway();
    const told = (): readonly string[] => world.logged.map(({ message }) => message);
    expect(told()).toContainEqual(
      expect.stringMatching(/^blind for [89] min, as Lapwing did not run.*`lapwing backfill/),
    );
    await service.stop();
    const next = await world.start(service.config.dataDir);
    expect(told().filter((message) => message.includes('no log file has filled'))).toHaveLength(1);
    await next.fillFrom([logFile()]);
    await next.stop();
    await world.start(service.config.dataDir);
    expect(told().filter((message) => message.includes('no log file has filled'))).toHaveLength(1);
  });
});

async function* sent(lines: Iterable<string>): AsyncGenerator<string> {
  yield* lines;
}

async function* cut(
  lines: AsyncIterable<string>,
  pieces: number,
  settled: () => Promise<void>,
): AsyncGenerator<string> {
  let given = 0;
  for await (const line of lines) {
    if (given++ === pieces) {
      // The service has taken what it was sent.
      for (let rounds = 0; rounds < 3; rounds += 1) await settled();
      throw new Error('gone');
    }
    yield line;
  }
  throw new Error('gone');
}
