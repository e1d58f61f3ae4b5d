import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepsBodies, project } from '../../../src/engine/decode/project.ts';
import { auditEvent } from '../../support/event.ts';
import { decode, line, rawEvent, told } from './decoding.ts';

const runs = Number(process.env['LAPWING_RUNS'] ?? 300);
const SECRET = 'Xq7canaryZ9wv';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    'pods',
    'secrets',
    '',
    `password=${SECRET}`,
    `/x?token=${SECRET}`,
    `/e?command=mysql&command=-p${SECRET}`,
    'a'.repeat(600),
    `${'b'.repeat(1_010)} token=${SECRET}`,
  ),
  fc.nat({ max: 9_000 }).map((length) => `/${'x'.repeat(length)}?token=${SECRET}`),
);
/** Names of people and groups are kept as they are. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'system:node:a', 'a'.repeat(600)),
);
const user = fc.record(
  {
    username: name,
    uid: name,
    groups: fc.array(name, { maxLength: 3 }),
    extra: fc.dictionary(fc.constantFrom('a', '__proto__', 'toString'), fc.array(name, { maxLength: 2 })),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant({ kind: 'Secret', data: { x: SECRET } }),
  fc.constant({ kind: 'Pod', spec: { containers: [{ env: [{ name: 'A', value: SECRET }] }] } }),
);
const members = fc.record(
  {
    level: fc.constantFrom('Metadata', 'RequestResponse', 'Other'),
    auditID: name,
    stage: fc.constantFrom('RequestReceived', 'ResponseStarted', 'Panic', 'Other', undefined),
    requestURI: text,
    user,
    impersonatedUser: user,
    sourceIPs: fc.array(name, { maxLength: 3 }),
    userAgent: text,
    objectRef: fc.record(
      {
        resource: fc.constantFrom('pods', 'secrets', 'roles'),
        subresource: fc.constantFrom('', 'exec'),
        name: text,
        namespace: text,
        apiGroup: fc.constantFrom('', 'rbac.authorization.k8s.io'),
      },
      { requiredKeys: [] },
    ),
    responseStatus: fc.record(
      { message: text, reason: text, code: fc.integer({ min: 0, max: 599 }) },
      { requiredKeys: [] },
    ),
    requestObject: body,
    responseObject: body,
    stageTimestamp: fc.constantFrom(
      '1970-01-01T00:00:00Z',
      '2026-11-21T10:20:10.000001Z',
      '2255-06-05T23:47:34.740991Z',
      undefined,
    ),
    annotations: fc.dictionary(fc.constantFrom('authorization.k8s.io/decision', 'a', '__proto__'), text),
  },
  { requiredKeys: [] },
);

describe('project', () => {
  it('reads back as an equal event, is its own projection and holds no secret', () => {
    let bodies = 0;
    fc.assert(
      fc.property(members, (over) => {
        const [event] = decode(JSON.stringify({ ...rawEvent(), ...over })).events;
        const projected = project(event!);
        const { events, rejects } = decode(projected);
        expect(rejects).toEqual([]);
        expect(told(events[0]!)).toEqual(told(event!));
        const kept = keepsBodies(event!);
        if (kept) bodies += 1;
        expect(events[0]!.requestObject).toEqual(kept ? event!.requestObject : undefined);
        expect(events[0]!.responseObject).toEqual(kept ? event!.responseObject : undefined);
        expect(project(events[0]!)).toBe(projected);
        expect(projected).not.toContain(SECRET);
      }),
      { numRuns: runs * 3 },
    );
    expect(bodies).toBeGreaterThan(runs / 10);
  });

  it.each([
    [{ resource: 'roles', apiGroup: 'rbac.authorization.k8s.io' }, true],
    [{ resource: 'pods' }, true],
    [{ resource: 'deployments', apiGroup: 'apps' }, true],
    [{ resource: 'cronjobs', apiGroup: 'batch' }, true],
    [{ resource: 'pods', subresource: 'ephemeralcontainers' }, true],
    [{ resource: 'pods', subresource: 'exec' }, false],
    [{ resource: 'pods', subresource: 'status' }, false],
    [{ resource: 'secrets' }, false],
    [undefined, false],
  ])('keeps bodies of %o: %s', (objectRef, kept) => {
    const over = { objectRef, requestObject: { a: 1 } };
    const [event] = decode(line(over)).events;
    expect(keepsBodies(event!)).toBe(kept);
    expect(project(event!).includes('"requestObject":{"a":1}')).toBe(kept);
  });

  it('takes any event, with the annotations that every event is judged by', () => {
    const [event] = decode(project(auditEvent({ verb: 'list' }))).events;
    expect(event).toMatchObject({ verb: 'list', decision: 'allow', code: 200 });
  });
});
