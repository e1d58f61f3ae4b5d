import { microsOf, type RawEvent } from '../support/event.ts';
import { formatTime } from '../../src/model/index.ts';
import { isAttacker } from '../recall/clients.ts';
import type { Scene, Told } from '../recall/scene.ts';

export const timeOf = ({ event }: Told): number => microsOf(event.stageTimestamp ?? '');

/** The event at another time; how long it took stays. */
function at(event: RawEvent, time: number): RawEvent {
  const stage = microsOf(event.stageTimestamp ?? '');
  const took = stage - microsOf(event.requestReceivedTimestamp ?? event.stageTimestamp ?? '');
  return { ...event, requestReceivedTimestamp: formatTime(time - took), stageTimestamp: formatTime(time) };
}

const changed = (scene: Scene, change: (event: RawEvent, turn: number) => RawEvent): Scene => {
  const turns = new Map<string, number>();
  return scene.map((told) => {
    if (!isAttacker(told.event.sourceIPs)) return told;
    // Both stages of one request stay together.
    const id = told.event.auditID ?? '';
    const turn = turns.get(id) ?? turns.size;
    turns.set(id, turn);
    return { ...told, event: change(told.event, turn) };
  });
};

export const shifted = (scene: Scene, by: number): Scene =>
  scene.map((told) => ({ ...told, event: at(told.event, timeOf(told) + by) }));

/** Drawn out in time: what took seconds takes so many times as long. */
export function slowed(scene: Scene, factor: number): Scene {
  const first = Math.min(...scene.map(timeOf));
  return scene
    .map((told) => ({ ...told, event: at(told.event, Math.round(first + (timeOf(told) - first) * factor)) }))
    .toSorted((a, b) => timeOf(a) - timeOf(b));
}

const AGENTS = [
  'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
  'curl/8.5.0',
  'python-requests/2.32.3',
  'Go-http-client/2.0',
  'OpenAPI-Generator/31.0.0/python',
  'manager/v0.0.0 (linux/amd64) kubernetes/$Format',
];

export const overAddresses = (scene: Scene, count: number): Scene =>
  changed(scene, (event, turn) => ({ ...event, sourceIPs: [`203.0.113.${10 + (turn % count)}`] }));

export const overAgents = (scene: Scene): Scene =>
  changed(scene, (event, turn) => ({ ...event, userAgent: AGENTS[turn % AGENTS.length]! }));

/** Each actor becomes so many, who take turns: as whoever holds the tokens of a whole team does. */
export const overIdentities = (scene: Scene, count: number): Scene =>
  changed(scene, (event, turn) => {
    const { username = '' } = event.user ?? {};
    return { ...event, user: { ...event.user, username: `${username}-${turn % count}`, uid: `uid-${turn % count}` } };
  });

/** Requests of people and accounts that are seen once and never again, each with a memory of its own to fill. */
export function* crowd(count: number, from: number, span: number): Generator<{ line: string; time: number }> {
  for (let index = 0; index < count; index += 1) {
    const time = Math.round(from + (span * index) / count);
    const kind = index % 4;
    const isAccount = kind % 2 === 0;
    const namespace = `ns-${index % 977}`;
    const username = isAccount ? `system:serviceaccount:${namespace}:sa-${index}` : `person-${index}`;
    const groups = isAccount
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
      : ['system:authenticated'];
    const code = kind === 1 ? 403 : 200;
    const resource = kind === 2 ? 'secrets' : kind === 3 ? 'pods' : 'configmaps';
    const line = JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: `crowd-${index}`,
      stage: 'ResponseComplete',
      requestURI: `/api/v1/namespaces/${namespace}/${resource}/thing-${index}`,
      verb: 'get',
      user: { username, groups },
      sourceIPs: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
      userAgent: AGENTS[index % AGENTS.length],
      objectRef: { resource, namespace, name: `thing-${index}`, apiVersion: 'v1' },
      responseStatus: { metadata: {}, code },
      requestReceivedTimestamp: formatTime(time),
      stageTimestamp: formatTime(time),
      annotations: { 'authorization.k8s.io/decision': code === 403 ? 'forbid' : 'allow' },
    });
    yield { line, time };
  }
}
