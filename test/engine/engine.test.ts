import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Engine } from '../../src/engine/engine.ts';
import { MINUTE, SECOND, defineDetector, formatTime, type AuditEvent, type Detector } from '../../src/model/index.ts';
import { Outcome, enabled, engineFor, feed, recordOf } from '../support/engine.ts';

const T = Date.parse('2026-11-21T10:00:00Z') * 1_000;

const detector = (over: Partial<Detector> = {}): Detector => ({
  ...defineDetector({
    id: 'every-get',
    version: '1',
    name: 'Every get',
    description: 'A test.',
    category: 'meta',
    eventCategory: ['process'],
    eventType: ['info'],
    tactics: [],
    techniques: [],
    needs: 'Metadata',
    falsePositives: [],
    next: [],
    blindSpots: [],
    quiet: 10 * MINUTE,
    params: z.object({}),
    wants: [{ verbs: ['get'] }],
    on: (event, memory) => {
      const { times } = memory.firstSeen('users', event.user.name, 60 * MINUTE);
      return [{ key: event.user.name, severity: 'low', reason: () => `${event.user.name} ${times}` }];
    },
  }),
  ...over,
});

let serial = 0;
const line = (time: number, over: object = {}) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `id-${++serial}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
    verb: 'get',
    user: { username: 'alice', groups: [] },
    sourceIPs: ['10.0.0.9'],
    objectRef: { resource: 'pods', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: formatTime(time),
    stageTimestamp: formatTime(time),
    ...over,
  });

/** Lines enough for their time to be believed. */
const believed = () => Array.from({ length: 12 }, (_, index) => line(T - 20 * SECOND + index * SECOND));

const reasons = (engine: Engine): readonly unknown[] => {
  const outcome = new Outcome();
  outcome.take(engine);
  return outcome.documents.map((document) => document['message']);
};

/** An engine whose one detector writes down what it sees. */
function watched(): { engine: Engine; seen: AuditEvent[] } {
  const seen: AuditEvent[] = [];
  const on: Detector['on'] = (event) => {
    seen.push(event);
    return [];
  };
  return { engine: engineFor([enabled(detector({ on }))]), seen };
}
const ids = (seen: readonly AuditEvent[]) => seen.map((event) => event.user.name);
const by = (name: string) => ({ user: { username: name, groups: [] } });
/** Ten events that make a file's time believed. */
const settled = (time: number) => Array.from({ length: 10 }, () => line(time, { verb: 'watch' }));

describe('engine', () => {
  it('puts events in order within a second, and holds the last second back', () => {
    const { engine, seen } = watched();
    const times = [0, 900, 300, 2_000, 1_500];
    feed(engine, recordOf([...settled(T), ...times.map((ms) => line(T + ms * 1_000, by(`t${ms}`)))].join('\n')));
    expect(ids(seen)).toEqual(['t0', 't300', 't900']);
    engine.flush();
    expect(ids(seen)).toEqual(['t0', 't300', 't900', 't1500', 't2000']);
  });

  it('judges late events on arrival, and counts them', () => {
    const { engine, seen } = watched();
    const late = [line(T - 2 * SECOND, by('late')), line(T - 6 * MINUTE, by('too-late'))];
    feed(engine, recordOf([...settled(T), ...late].join('\n')));
    expect(ids(seen)).toEqual(['late', 'too-late']);
    expect([engine.counters.late, engine.counters.tooLate]).toEqual([2, 1]);
  });

  it('judges a time that nobody else confirms at once, and does not follow it', () => {
    const { engine, seen } = watched();
    const lines = [...settled(T), line(T + 900_000 * MINUTE, by('2028')), line(T + SECOND / 2, by('now'))];
    feed(engine, recordOf(lines.join('\n')));
    expect(ids(seen)).toEqual(['2028']);
    engine.flush();
    expect(ids(seen)).toEqual(['2028', 'now']);
    expect(engine.counters.unbelieved).toBeGreaterThan(0);
  });

  it('is not misled by a first time far ahead', () => {
    const { engine, seen } = watched();
    feed(
      engine,
      recordOf([line(T + 900_000 * MINUTE, by('forged')), ...settled(T), line(T + 2 * SECOND, by('b'))].join('\n')),
    );
    engine.flush();
    expect(ids(seen)).toEqual(['forged', 'b']);
    expect(engine.clusters.get('')!.clock.now).toBe(T + 2 * SECOND);
  });

  it('drops repeats and says how many', () => {
    const { engine, seen } = watched();
    const one = line(T);
    feed(engine, recordOf([one, one, line(T + 1), one].join('\n')));
    engine.flush();
    expect(seen).toHaveLength(2);
    expect(engine.counters.duplicates).toBe(2);
  });

  it('marks an Audit-ID that is used for another request', () => {
    const { engine, seen } = watched();
    feed(
      engine,
      recordOf([line(T, { auditID: 'x' }), line(T + 1, { auditID: 'x', requestURI: '/api/v1/secrets' })].join('\n')),
    );
    engine.flush();
    expect(seen.map((event) => event.reusedAuditId)).toEqual([false, true]);
  });

  it('keeps clusters apart: clock, memory, alerts', () => {
    const engine = engineFor([enabled(detector())]);
    for (const cluster of ['east', 'west'])
      feed(
        engine,
        recordOf(line(cluster === 'east' ? T : T - 90 * MINUTE), {
          received: T,
          origin: { source: 's', position: '', cluster },
        }),
      );
    engine.flush();
    const outcome = new Outcome();
    outcome.take(engine);
    expect(
      outcome.documents.map((each) => [(each['orchestrator'] as { cluster: object }).cluster, each['message']]),
    ).toEqual([
      [{ name: 'west' }, 'alice 1'],
      [{ name: 'east' }, 'alice 1'],
    ]);
    expect(engine.clusters.get('west')!.clock.now).toBe(T - 90 * MINUTE);
  });

  it('lets what waits in a silent cluster go after two ticks', () => {
    const { engine, seen } = watched();
    feed(engine, recordOf(line(T), { received: T }));
    engine.tick();
    expect(seen).toHaveLength(0);
    engine.tick();
    expect(seen).toHaveLength(1);
  });

  it('lets the oldest go first when too many wait', () => {
    const seen: string[] = [];
    const on: Detector['on'] = (event) => {
      seen.push(event.user.name);
      return [];
    };
    const engine = new Engine({
      detectors: [enabled(detector({ on }))],
      key: Buffer.alloc(16),
      seed: 0,
      cluster: '',
      budgets: { detector: 1 << 20, facts: 1 << 20, waiting: 2_000 },
      onError: (error) => expect.unreachable(error.message),
    });
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    feed(engine, recordOf(names.map((name, index) => line(T + index, by(name))).join('\n'), { received: T + MINUTE }));
    expect(seen.length).toBeGreaterThan(0);
    expect(names.slice(0, seen.length)).toEqual(seen);
    expect(engine.counters.hurried).toBe(seen.length);
  });

  it('skips an event for the detector that throws, counts it, and goes on', () => {
    const errors: string[] = [];
    const on: Detector['on'] = (event) => {
      if (event.user.name === 'mallory') throw new Error('boom');
      return [{ key: event.user.name, severity: 'low', reason: () => event.user.name }];
    };
    const engine = new Engine({
      detectors: [enabled(detector({ id: 'fragile', on })), enabled(detector())],
      key: Buffer.alloc(16),
      seed: 0,
      cluster: '',
      budgets: { detector: 1 << 20, facts: 1 << 20, waiting: 1 << 20 },
      onError: (error) => errors.push(error.message),
    });
    feed(engine, recordOf([line(T, by('mallory')), line(T + 1, by('alice'))].join('\n')));
    engine.flush();
    expect(reasons(engine).toSorted()).toEqual(['alice', 'alice 1', 'mallory 1']);
    expect([...engine.counters.detectorErrors]).toEqual([['fragile', 1]]);
    expect(errors[0]).toContain('fragile');
  });

  it('sets aside what it cannot decode, and loses no neighbour', () => {
    const engine = engineFor([enabled(detector())]);
    feed(engine, recordOf([line(T), '{"kind": 0}', 'not json', line(T + 1, by('bob'))].join('\n')));
    engine.flush();
    expect(engine.counters.rejected).toBe(2);
    const { rejects, alerts } = engine.changes();
    expect(rejects).toHaveLength(2);
    expect(rejects.every((reject) => reject.reason !== '' && reject.position.startsWith('test@0'))).toBe(true);
    expect(alerts).toHaveLength(2);
  });

  it('starts a detector of a new version with an empty memory, and drops the rows of the old', () => {
    const outcome = new Outcome();
    const before = engineFor([enabled(detector())]);
    feed(before, recordOf(line(T)));
    before.flush();
    outcome.take(before);
    const again = (version: string) => {
      const engine = engineFor([enabled(detector({ version, quiet: 0 }))]);
      engine.restore(outcome.rows.values());
      feed(engine, recordOf(line(T + 11 * MINUTE)));
      engine.flush();
      return engine;
    };
    expect(reasons(again('1'))).toEqual(['alice 2']);
    const newer = again('2');
    const gone = newer.changes().rows.filter(({ space, value }) => space.includes('every-get@1') && value === null);
    expect(gone.length).toBeGreaterThan(0);
  });

  it('writes ordinary events nowhere but into the fingerprints, and what is usual once an hour', () => {
    const engine = engineFor();
    const spaces = (from: number) => {
      feed(engine, recordOf(Array.from({ length: 1_000 }, (_, index) => line(from + index * 1_000)).join('\n')));
      const { rows, alerts } = engine.changes();
      expect(alerts).toEqual([]);
      return rows.map(({ space }) => space.split('/')[0]).toSorted();
    };
    // The cluster, the user, and four sides of what she does.
    expect(spaces(T)).toEqual(['clock', ...Array.from({ length: 6 }, () => 'habits'), 'seen']);
    expect(spaces(T + MINUTE)).toEqual(['clock', 'seen']);
  });

  it('learns habits from what was let in and believed, and nothing from the rest', () => {
    const habitsOf = (...lines: readonly string[]) => {
      const engine = engineFor();
      feed(engine, recordOf([...believed(), ...lines].join('\n')));
      engine.flush();
      return engine
        .changes()
        .rows.filter(({ space }) => space.startsWith('habits/'))
        .map(({ key }) => (JSON.parse(key) as unknown[])[0]);
    };
    const of = (name: string) => ({ user: { username: name, groups: [] } });
    expect(habitsOf(line(T), line(T + SECOND, { ...of('bob'), responseStatus: { code: 403 } }))).not.toContain('bob');
    expect(habitsOf(line(T), line(T + 900 * 24 * 60 * MINUTE, of('carol')))).not.toContain('carol');
    expect(habitsOf(line(T), line(T + SECOND, of('dave')))).toContain('dave');
  });

  it('remembers the same habits whatever the order around the hour, and over a restart', () => {
    const hour = 60 * MINUTE;
    const texts = Array.from({ length: 60 }, (_, index) => {
      const time = T + Math.floor(index / 2) * hour + (index % 2 === 0 ? -400_000 : 400_000);
      return line(time, {
        user: { username: `user-${index % 3}`, groups: [] },
        verb: index % 5 === 0 ? 'list' : 'get',
      });
    });
    const swapped = texts.map((text, index) => (index % 2 === 0 ? (texts[index + 1] ?? text) : texts[index - 1]!));
    const habits = (lines: readonly string[], restartAt = Infinity) => {
      let engine = engineFor();
      const outcome = new Outcome();
      feed(engine, recordOf(believed().join('\n')));
      for (const [index, text] of lines.entries()) {
        feed(engine, recordOf(text));
        outcome.take(engine);
        if (index !== restartAt) continue;
        engine = engineFor();
        engine.restore(outcome.rows.values());
      }
      engine.flush();
      outcome.take(engine);
      return [...outcome.rows.values()]
        .filter(({ space }) => space.startsWith('habits/'))
        .map(({ key, value }) => `${key} ${String(value)}`)
        .toSorted();
    };
    const whole = habits(texts);
    expect(whole.length).toBeGreaterThan(10);
    expect(habits(swapped)).toEqual(whole);
    for (const restartAt of [0, 7, 30]) expect(habits(texts, restartAt)).toEqual(whole);
  });
});
