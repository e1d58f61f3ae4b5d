import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { detectors } from '../detectors/index.ts';
import { compareSeverity } from '../src/model/index.ts';
import { judge, replay } from './support/detector.ts';
import type { RawEvent } from './support/event.ts';

const ATTACKS = ['exec-into-pod', 'forbidden-burst', 'rbac-escalation', 'secret-reads'];
const linesOf = (name: string): readonly RawEvent[] =>
  readFileSync(new URL(`../samples/${name}.ndjson`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RawEvent);

const without = (event: RawEvent, ...names: readonly string[]): RawEvent =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));

/** What other audit policies would have made of the same requests. */
const policies: Readonly<Record<string, (event: RawEvent) => readonly RawEvent[]>> = {
  'nothing but metadata': (event) => [{ ...without(event, 'requestObject', 'responseObject'), level: 'Metadata' }],
  'requests without responses': (event) => [without(event, 'responseObject')],
  'every stage': (event) => [
    ...(event.stage === 'ResponseComplete'
      ? [
          {
            ...without(event, 'requestObject', 'responseObject', 'responseStatus', 'annotations'),
            stage: 'RequestReceived',
            stageTimestamp: event.requestReceivedTimestamp!,
          },
        ]
      : []),
    event,
  ],
  'no ResponseStarted': (event) => (event.stage === 'ResponseStarted' ? [] : [event]),
};

const toBytes = (events: readonly RawEvent[]): Uint8Array =>
  new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

test.each(ATTACKS.flatMap((id) => Object.keys(policies).map((policy) => [id, policy] as const)))(
  '%s is found under a policy that keeps %s',
  (id, policy) => {
    const detector = detectors.find((each) => each.id === id)!;
    const told = judge(detector, linesOf(id).flatMap(policies[policy]!));
    expect(told.some(({ severity }) => compareSeverity(severity, 'medium') >= 0)).toBe(true);
  },
);

test.each(Object.keys(policies))('a quiet day stays quiet under a policy that keeps %s', (policy) => {
  expect(replay(detectors, toBytes(linesOf('quiet-day').flatMap(policies[policy]!)))).toEqual([]);
});
