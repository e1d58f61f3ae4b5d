import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSeverity, type Category, type Severity } from '../src/model/index.ts';
import { busyCluster } from './noise/busy-cluster.ts';
import { intrude } from './noise/intruders.ts';
import { judgeChunks } from './noise/judge.ts';
import { HOUR, MINUTE, SECOND } from './noise/world.ts';
import { alertsOf, ATTACKS, recallOf, sceneOf, textOf, type AlertView, type Scene } from './recall/scene.ts';
import { crowd, overAddresses, overAgents, overIdentities, shifted, slowed, timeOf } from './sequences/variants.ts';
import { engineFor, feed, Outcome, recordOf } from './support/engine.ts';
import { toDocument } from '../src/model/index.ts';

const RUNS = Number(process.env['LAPWING_TEST_PROPERTY_RUNS'] ?? 20);
/** Identities that are seen once, around each attack; the nightly script asks for ten million. */
const CROWD = Number(process.env['LAPWING_TEST_CROWD'] ?? 10_000);

const names = [...ATTACKS.keys()];
const scenes = new Map(names.map((name) => [name, sceneOf(name)]));
const plain = new Map(names.map((name) => [name, alertsOf(textOf(scenes.get(name)!))]));

/** An alert without its times and without what follows from them. */
interface Bare {
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly count: number;
  readonly evidence: readonly string[];
}

const bare = (alerts: readonly AlertView[]): readonly Bare[] =>
  alerts
    .map(({ rule, lapwing }) => ({
      rule: rule.id,
      category: rule.category,
      severity: lapwing.severity,
      count: lapwing.count,
      evidence: lapwing.evidence.audit_ids.toSorted(),
    }))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Of alerts about much more, those about this attack and nothing else. */
function aboutScene(alerts: readonly AlertView[], scene: Scene): readonly AlertView[] {
  const ids = new Set(scene.map(({ event }) => event.auditID));
  return alerts.filter(({ lapwing }) => lapwing.evidence.audit_ids.every((id) => ids.has(id)));
}

/** What is wrong with these alerts: too little found, or not grave enough. */
function complaints(
  name: string,
  scene: Scene,
  alerts: readonly AlertView[],
  least: Severity,
  share = 0.9,
): readonly string[] {
  const { found, of, missed, gravest } = recallOf(scene, alerts, ATTACKS.get(name)!);
  return [
    ...(found / of < share ? [`${found} of ${of} are evidence`, ...missed.map((line) => `missed: ${line}`)] : []),
    ...(compareSeverity(gravest, least) < 0 ? [`${gravest} at most, ${least} at least is wanted`] : []),
  ];
}

describe.each(names)('%s', (name) => {
  const scene = scenes.get(name)!;
  const expected = plain.get(name)!;
  const last = Math.max(...scene.map(timeOf));

  test('leads to alerts', () => expect(expected.length).toBeGreaterThan(0));

  test('is told the same at any other time', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400 * 24 * HOUR, max: 400 * 24 * HOUR }), (by) => {
        expect(bare(alertsOf(textOf(shifted(scene, by))))).toEqual(bare(expected));
      }),
      { numRuns: RUNS },
    );
  });

  test('is told the same on both sides of a border of minutes, hours and days', () => {
    for (const border of [MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, 24 * HOUR]) {
      // The middle of the attack falls on the border.
      const middle = timeOf(scene[Math.floor(scene.length / 2)]!);
      const by = Math.ceil(middle / border) * border - middle;
      expect(bare(alertsOf(textOf(shifted(scene, by))))).toEqual(bare(expected));
    }
  });

  test('is told the same when every event comes twice', () => {
    const lines = textOf(scene);
    expect(alertsOf(lines.flatMap((line) => [line, line]))).toEqual(expected);
    expect(alertsOf([...lines, ...lines])).toEqual(expected);
  });

  test('is told the same when events come out of order', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 999_000 })), (jitter) => {
        const inTurn = scene
          .map((told) => ({ told, arrived: timeOf(told) + (jitter.next().value ?? 0) }))
          .toSorted((a, b) => a.arrived - b.arrived);
        expect(alertsOf(textOf(inTurn.map(({ told }) => told)))).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  test('is told the same across restarts', () => {
    const lines = textOf(scene);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: lines.length }), { minLength: 1, maxLength: 4 }), (cuts) => {
        const outcome = new Outcome();
        let engine = engineFor();
        let from = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), lines.length]) {
          feed(engine, recordOf(lines.slice(from, cut).join('\n')));
          outcome.take(engine);
          from = cut;
          engine = engineFor();
          engine.restore(outcome.rows.values());
        }
        engine.flush();
        outcome.take(engine);
        expect(outcome.documents).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  // Order within the windows is lost then: counts and reasons may differ, what is found may not.
  test('is found when some events are up to five minutes late', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 99 })), (dice) => {
        const around = [...crowd(600, last, 10 * MINUTE)].map(({ line, time }) => ({ line, arrived: time }));
        const own = scene.map((told) => ({
          line: JSON.stringify(told.event),
          arrived: timeOf(told) + ((dice.next().value ?? 0) < 20 ? (dice.next().value ?? 0) * 3 * SECOND : 0),
        }));
        const lines = [...around, ...own].toSorted((a, b) => a.arrived - b.arrived).map(({ line }) => line);
        expect(complaints(name, scene, alertsOf(lines), 'high')).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  test(`is found, and told the same where memory suffices, among ${CROWD} identities seen once`, () => {
    const first = Math.min(...scene.map(timeOf));
    const drawnOut = slowed(scene, (5 * MINUTE) / (last - first));
    const end = Math.max(...drawnOut.map(timeOf));
    function* lines(): Generator<Uint8Array> {
      const rest = [...drawnOut];
      let text = '';
      for (const { line, time } of crowd(CROWD, first - MINUTE, end - first + 2 * MINUTE)) {
        while (rest.length > 0 && timeOf(rest[0]!) <= time) text += `${JSON.stringify(rest.shift()!.event)}\n`;
        text += `${line}\n`;
        if (text.length < 1 << 20) continue;
        yield Buffer.from(text);
        text = '';
      }
      yield Buffer.from(text + textOf(rest).join('\n'));
    }
    const { told, events } = judgeChunks(lines());
    const alerts = told.map(({ alert }) => toDocument(alert)) as unknown as readonly AlertView[];
    expect(events).toBe(CROWD + scene.length);
    // With so many between any two requests of an attack its first ones may be crowded out; what is left still tells.
    expect(complaints(name, scene, alerts, 'high', CROWD > 1_000_000 ? 0.7 : 0.9)).toEqual([]);
    // Memory is bounded: past that, what was seen of an attacker before it became one may be forgotten.
    const [own, wanted] = CROWD > 10_000 ? [[], []] : [aboutScene(alerts, scene), alertsOf(textOf(drawnOut))];
    expect(bare(own)).toEqual(bare(wanted));
  }, 7_200_000);

  test('is told the same in the middle of a busy cluster', () => {
    const world = busyCluster(2);
    intrude(world, [{ name, capture: name, hour: 0.1, scene }]);
    const { told, events } = judgeChunks(world.run(0.3 * HOUR));
    const alerts = told.map(({ alert }) => toDocument(alert)) as unknown as readonly AlertView[];
    expect(events).toBeGreaterThan(3_000);
    expect(bare(aboutScene(alerts, scene))).toEqual(bare(expected));
  });
});

describe('spread', () => {
  const HOURS = 3_600;
  const lengthOf = (scene: Scene): number => (Math.max(...scene.map(timeOf)) - Math.min(...scene.map(timeOf))) / SECOND;
  const spreads: readonly (readonly [string, (scene: Scene) => Scene, Severity, number?])[] = [
    ['over three addresses', (scene) => overAddresses(scene, 3), 'high'],
    ['over forty addresses', (scene) => overAddresses(scene, 40), 'high'],
    ['over six programs', overAgents, 'high'],
    ['over addresses and programs', (scene) => overAgents(overAddresses(scene, 40)), 'high'],
    ['over two identities', (scene) => overIdentities(scene, 2), 'high'],
    ['over eight identities', (scene) => overIdentities(scene, 8), 'medium'],
    ['over eight identities at eight addresses', (scene) => overAddresses(overIdentities(scene, 8), 8), 'medium', 0.75],
    ['over five minutes', (scene) => slowed(scene, 300 / lengthOf(scene)), 'high'],
    ['over an hour', (scene) => slowed(scene, HOURS / lengthOf(scene)), 'high'],
    ['over twelve hours', (scene) => slowed(scene, (12 * HOURS) / lengthOf(scene)), 'medium', 0.75],
  ];
  test.each(
    spreads.flatMap(([how, spread, least, share]) => names.map((name) => ({ name, how, spread, least, share }))),
  )('$name $how', ({ name, spread, least, share }) => {
    const scene = spread(scenes.get(name)!);
    expect(complaints(name, scene, alertsOf(textOf(scene)), least, share)).toEqual([]);
  });
});
