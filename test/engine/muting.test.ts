import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Engine } from '../../src/engine/engine.ts';
import { HITS_SPACE, readHits } from '../../src/engine/exceptions.ts';
import { MINUTE, SECOND, defineDetector, formatTime, type Exception } from '../../src/model/index.ts';
import { Outcome, enabled, feed, recordOf } from '../support/engine.ts';

const T = Date.parse('2026-11-21T10:00:00Z') * 1_000;

/** Speaks at each event, per user; a delete is graver than a get. */
const everything = defineDetector({
  id: 'everything',
  version: '1',
  name: 'Everything',
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
  wants: [{ verbs: ['get', 'delete'] }],
  on: ({ user, verb }, memory) => {
    const { times } = memory.firstSeen('users', user.name, 60 * MINUTE);
    const severity = verb === 'delete' ? 'high' : 'low';
    return [{ key: user.name, severity, action: verb, reason: () => `${user.name} ${verb} ${times}` }];
  },
});

const exceptions: readonly Exception[] = [
  { id: 'alice-web', identities: ['alice'], namespaces: ['web'], reason: 'why', author: 'sre', expires: T + 20 * MINUTE },
  { id: 'bob', identities: ['bob'], reason: 'why', author: 'sre', expires: T + 60 * MINUTE },
]; // prettier-ignore

const engineWith = (known: readonly Exception[]): Engine =>
  new Engine({
    detectors: [enabled(everything)],
    exceptions: known,
    key: Buffer.alloc(16, 7),
    cluster: '',
    seed: 0,
    budgets: { detector: 1 << 20, facts: 1 << 20, waiting: 1 << 20 },
    onError: (error) => {
      throw error;
    },
  });

interface Deed {
  readonly user: string;
  readonly verb: string;
  readonly namespace: string;
  readonly minute: number;
}

const line = ({ user, verb, namespace, minute }: Deed, index: number): string => {
  const time = formatTime(T + minute * MINUTE + index * SECOND);
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `id-${index}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/${namespace}/pods/p`,
    verb,
    user: { username: user, groups: [] },
    sourceIPs: ['10.0.0.9'],
    objectRef: { resource: 'pods', namespace, name: 'p', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  });
};

const deeds = fc
  .array(
    fc.record({
      user: fc.constantFrom('alice', 'bob', 'carol'),
      verb: fc.constantFrom('get', 'delete'),
      namespace: fc.constantFrom('web', 'data'),
      minute: fc.integer({ min: 0, max: 30 }),
    }),
    { minLength: 5, maxLength: 40 },
  )
  .map((all) => all.toSorted((a, b) => a.minute - b.minute).map(line));

function judge(lines: readonly string[], engine: Engine): Outcome {
  const outcome = new Outcome();
  feed(engine, recordOf(lines.join('\n')));
  engine.flush();
  outcome.take(engine);
  return outcome;
}
const hitsIn = ({ rows }: Outcome) =>
  new Map(
    [...rows.values()].filter(({ space }) => space === HITS_SPACE).map(({ key, value }) => [key, readHits(value!)]),
  );

/** By the exceptions' own words, once more: which mutes a deed. */
const mutedBy = (text: string): string | undefined => {
  const event = JSON.parse(text) as {
    user: { username: string };
    objectRef: { namespace: string };
    stageTimestamp: string;
  };
  const isEarly = event.stageTimestamp < formatTime(T + 20 * MINUTE);
  if (event.user.username === 'alice' && event.objectRef.namespace === 'web' && isEarly) return 'alice-web';
  return event.user.username === 'bob' ? 'bob' : undefined;
};

describe('an engine with exceptions', () => {
  it('mutes what they say, counts it, and tells the others as if there were none', () => {
    let muted = 0;
    fc.assert(
      fc.property(deeds, (lines) => {
        const engine = engineWith(exceptions);
        const outcome = judge(lines, engine);
        const alerts = [...outcome.alerts.values()];
        const idsOf = (exception?: string) =>
          alerts
            .filter((alert) => alert.muted?.exception === exception)
            .flatMap((alert) => alert.evidence.auditIds)
            .toSorted();
        for (const exception of [undefined, 'alice-web', 'bob']) {
          const expected = lines.filter((each) => mutedBy(each) === exception);
          expect(idsOf(exception)).toEqual(
            expected.map((each) => (JSON.parse(each) as { auditID: string }).auditID).toSorted(),
          );
          const hits = exception === undefined ? undefined : (hitsIn(outcome).get(exception)?.findings ?? 0);
          expect(hits ?? expected.length).toBe(expected.length);
        }
        const told = lines.filter((each) => mutedBy(each) === undefined).length;
        expect([engine.counters.findings, engine.counters.muted]).toEqual([lines.length, lines.length - told]);
        const carol = (from: Outcome) => [...from.alerts.values()].filter(({ key }) => key === 'carol');
        expect(carol(outcome)).toEqual(carol(judge(lines, engineWith([]))));
        muted += lines.length - told;
      }),
    );
    expect(muted).toBeGreaterThan(200);
  });

  it('says and counts the same although it stops anywhere and goes on from its rows', () => {
    fc.assert(
      fc.property(deeds, fc.nat(), (lines, cut) => {
        const at = cut % (lines.length + 1);
        const whole = judge(lines, engineWith(exceptions));
        const outcome = new Outcome();
        const first = engineWith(exceptions);
        feed(first, recordOf(lines.slice(0, at).join('\n')));
        outcome.take(first);
        const second = engineWith(exceptions);
        second.restore(outcome.rows.values());
        feed(second, recordOf(lines.slice(at).join('\n')));
        second.flush();
        outcome.take(second);
        expect(outcome.documents).toEqual(whole.documents);
        expect(hitsIn(outcome)).toEqual(hitsIn(whole));
        expect(whole.documents.length).toBeGreaterThan(0);
      }),
    );
  });

  it('tells what went on after an exception ended, or was taken away, in an alert of its own', () => {
    const deed = (minute: number): Deed => ({ user: 'bob', verb: 'get', namespace: 'web', minute });
    const outcome = new Outcome();
    const before = engineWith(exceptions);
    feed(before, recordOf([deed(1), deed(2)].map(line).join('\n')));
    before.flush();
    outcome.take(before);
    const after = engineWith([]);
    after.restore(outcome.rows.values());
    feed(after, recordOf(line(deed(3), 9)));
    after.flush();
    outcome.take(after);
    expect([...outcome.alerts.values()].map(({ muted, count }) => [muted?.exception, count])).toEqual([
      ['bob', 2],
      [undefined, 1],
    ]);
    expect(hitsIn(outcome).size).toBe(0);
  });
});
