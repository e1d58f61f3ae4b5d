import { moved } from '../recall/place.ts';
import { rewritten, sceneOf, type Rewrite, type Scene } from '../recall/scene.ts';
import { microsOf } from '../support/event.ts';
import { MINUTE, START, type Story, type World } from './world.ts';
import { formatTime } from '../../src/model/index.ts';

/** An attack of the captures that happens in the busy cluster at some hour. */
export interface Intrusion {
  readonly name: string;
  readonly capture: string;
  readonly hour: number;
  readonly scene: Scene;
}

const as = (names: Readonly<Record<string, string>>): Rewrite =>
  moved({ names, addresses: (address) => address, hours: 0 });

/** Credentials of the busy cluster's own, used by whoever stole them. */
const STOLEN: Readonly<Record<string, Rewrite>> = {
  'mal-a-forbidden-burst': as({ web: 'checkout-prod', frontend: 'api' }),
  'mal-b-secret-reads': as({ data: 'external-secrets', etl: 'external-secrets' }),
  'mal-c-exec': as({ mallory: 'ada@example.com', carol: 'olu@example.com', gitops: 'deployer', dev: 'mail-dev' }),
  'mal-d-rbac-escalation': as({ mallory: 'bola@example.com', gitops: 'argocd-application-controller', dev: 'argocd' }),
};

const ids =
  (prefix: string): Rewrite =>
  (event) => [{ ...event, auditID: `${prefix}${event.auditID ?? ''}` }];

/**
 * Each attack twice: by identities that nobody knows yet, and by ones that have worked here for days. The last one changes what the
 * role "view" allows, so that every binding to it is worth a word from then on: it comes in the last hours.
 */
export function intrusions(captures: readonly string[], hours: number): readonly Intrusion[] {
  const last = captures.length - 1;
  return captures.flatMap((capture, index) => [
    {
      name: `${capture} by strangers`,
      capture,
      hour: index === last ? hours - 2 : 40 + index,
      scene: rewritten(sceneOf(capture), ids('s-')),
    },
    {
      name: `${capture} with stolen credentials`,
      capture,
      hour: index === last ? hours - 1 : 58 + index,
      scene: rewritten(rewritten(sceneOf(capture), STOLEN[capture]!), ids('k-')),
    },
  ]);
}

/** Has the attacks happen. */
export function intrude(world: World, all: readonly Intrusion[]): void {
  for (const { hour, scene } of all) world.spawn(happening(world, scene), hour * 60 * MINUTE);
}

function* happening(world: World, scene: Scene): Story {
  const times = scene.map(({ event }) => microsOf(event.stageTimestamp ?? ''));
  const first = Math.min(...times);
  const from = world.now;
  const inTurn = scene
    .map(({ event }, index) => ({ event, after: times[index]! - first }))
    .toSorted((a, b) => a.after - b.after);
  for (const { event, after } of inTurn) {
    if (from + after > world.now) yield from + after - world.now;
    const stageTimestamp = formatTime(from + after);
    const received = Math.min(from + after, from + microsOf(event.requestReceivedTimestamp ?? '') - first);
    world.write(
      JSON.stringify({ ...event, requestReceivedTimestamp: formatTime(received), stageTimestamp }),
      'intruders',
    );
  }
}

/** The hour of the log, for people. */
export const hourOf = (time: number): string => `${((time - START) / (60 * MINUTE)).toFixed(1)} h`;
