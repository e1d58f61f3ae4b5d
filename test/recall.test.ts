import { describe, expect, test } from 'vitest';
import { compareSeverity, type Severity } from '../src/model/index.ts';
import { CLIENTS, DISGUISES, LIBRARIES } from './recall/clients.ts';
import { CLUSTERS } from './recall/clusters.ts';
import { IDENTITIES } from './recall/identities.ts';
import { POLICIES } from './recall/policies.ts';
import {
  alertsOf,
  ATTACKS,
  ORDINARY,
  recallOf,
  rewritten,
  sceneOf,
  textOf,
  type AlertView,
  type Rewrite,
  type Scene,
} from './recall/scene.ts';
import { VERSIONS } from './recall/versions.ts';

const ordinary = ORDINARY.map(sceneOf);
const names = [...ATTACKS.keys()];
const attacks = new Map(names.map((name) => [name, sceneOf(name)]));

/** Of the telling events so many must be evidence. */
const SHARE = 0.9;

/** What is wrong with these alerts; nothing, where the attack is found. */
function complaints(name: string, scene: Scene, alerts: readonly AlertView[], least: Severity): readonly string[] {
  const { found, of, missed, gravest } = recallOf(scene, alerts, ATTACKS.get(name)!);
  return [
    ...(of < 7 ? [`only ${of} telling events`] : []),
    ...(found / of < SHARE ? [`${found} of ${of} are evidence`, ...missed.map((line) => `missed: ${line}`)] : []),
    ...(compareSeverity(gravest, least) < 0
      ? [`not ${least}`, ...alerts.map(({ lapwing, message }) => `${lapwing.severity}: ${message}`)]
      : []),
  ];
}

const variants: readonly (readonly [Readonly<Record<string, Rewrite>>, Severity])[] = [
  [{ 'as it was': (event) => [event] }, 'high'],
  [POLICIES, 'high'],
  [VERSIONS, 'high'],
  [CLUSTERS, 'high'],
  [CLIENTS, 'high'],
  [IDENTITIES, 'high'],
  // On an empty memory these could be an operator at its first work: grave only once it is known what is usual.
  [LIBRARIES, 'medium'],
  // Whoever bears the name of a component may pass for one at first, but what was done must be there to see.
  [DISGUISES, 'info'],
];
const table = variants.flatMap(([rewrites, least]) =>
  Object.entries(rewrites).flatMap(([variant, rewrite]) =>
    names.map((name) => ({ variant, name, rewrite, least }) as const),
  ),
);

test('the captures hold what their labels say', () => {
  const telling = [...attacks.values()].map((scene) => scene.filter(({ isTelling }) => isTelling).length);
  expect(telling).toEqual([82, 28, 33, 20]);
  expect(ordinary.flat().filter(({ isTelling }) => isTelling)).toEqual([]);
  expect(ordinary.flat()).toHaveLength(2_035);
});

test('every variant differs from what it is made of', () => {
  const original = [...attacks.values()].flatMap(textOf).join('\n');
  const same = variants
    .flatMap(([rewrites]) => Object.entries(rewrites))
    .filter(
      ([, rewrite]) =>
        original === [...attacks.values()].flatMap((scene) => textOf(rewritten(scene, rewrite))).join('\n'),
    );
  expect(same.map(([variant]) => variant)).toEqual(['as it was']);
});

test.each(table)('alone: $name, $variant', ({ name, rewrite, least }) => {
  const scene = rewritten(attacks.get(name)!, rewrite);
  expect(complaints(name, scene, alertsOf(textOf(scene)), least)).toEqual([]);
});

/** Which of the telling requests of an attack happen at all. */
const PARTS: Readonly<Record<string, (turn: number, of: number) => boolean>> = {
  'the first half': (turn, of) => turn < of / 2,
  'the second half': (turn, of) => turn >= of / 2,
  'every other request': (turn) => turn % 2 === 0,
  'every third request': (turn) => turn % 3 === 0,
};

test.each(names.flatMap((name) => Object.entries(PARTS).map(([part, keep]) => ({ name, part, keep }))))(
  'in part: $name, $part',
  ({ name, keep }) => {
    const whole = attacks.get(name)!;
    const ids = [...new Set(whole.filter(({ isTelling }) => isTelling).map(({ event }) => event.auditID))];
    const kept = new Set(ids.filter((_, turn) => keep(turn, ids.length)));
    const scene = whole.filter(({ isTelling, event }) => !isTelling || kept.has(event.auditID));
    expect(complaints(name, scene, alertsOf(textOf(scene)), 'medium')).toEqual([]);
  },
);

describe('behind ordinary work', () => {
  const all = [...ordinary, ...attacks.values()].flat();
  const byTime = all.toSorted((a, b) => (String(a.event.stageTimestamp) < String(b.event.stageTimestamp) ? -1 : 1));
  const alerts = new Map([
    ['in the order of their names', alertsOf(textOf(all))],
    ['in the order of their times', alertsOf(textOf(byTime))],
  ]);
  const orders = [...alerts.keys()].flatMap((order) => names.map((name) => [name, order] as const));
  test.each(orders)('%s, %s', (name, order) => {
    expect(complaints(name, attacks.get(name)!, alerts.get(order)!, 'high')).toEqual([]);
  });
});
