import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import type { AuditEvent } from '../../../src/model/index.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const GROUP = 'rbac.authorization.k8s.io';
const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const SECRETS = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] };
const FLOW = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
const BEFORE = { kind: 'ClusterRole', metadata: { name: 'ops', labels: { team: 'a' } }, rules: [PODS] };
const AFTER = {
  kind: 'ClusterRole',
  metadata: { name: 'ops', labels: { team: 'a', ...FLOW } },
  rules: [PODS, SECRETS],
};
const OPS = { kind: 'ClusterRole', namespace: '', name: 'ops' } as const;

const write = (verb: string, resource: string, name: string, raw: RawEvent = {}): AuditEvent =>
  auditEvent({
    verb,
    objectRef: { resource, name, apiGroup: GROUP, apiVersion: 'v1' },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    ...raw,
  });
const factsAfter = (...events: readonly AuditEvent[]): ClusterFacts => {
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  for (const event of events) facts.learn(event);
  return facts;
};

const FLOW_PATH = '/metadata/labels/rbac.authorization.k8s.io~1aggregate-to-view';
type Form = readonly [form: string, verb: string, body: unknown];
const FORMS: readonly Form[] = [
  ['an update', 'update', AFTER],
  ['a merge patch', 'patch', { metadata: { labels: FLOW }, rules: AFTER.rules }],
  ['a strategic merge patch', 'patch', { metadata: { labels: FLOW, gone: null }, rules: AFTER.rules }],
  ['a patch that replaces', 'patch', { ...AFTER, $patch: 'replace' }],
  ['an apply', 'patch', { ...AFTER, apiVersion: `${GROUP}/v1` }],
  [
    'a JSON patch that adds a rule',
    'patch',
    [
      { op: 'test', path: '/rules/0/verbs/0', value: 'get' },
      { op: 'add', path: '/rules/-', value: SECRETS },
      { op: 'add', path: FLOW_PATH, value: 'true' },
    ],
  ],
  [
    'a JSON patch that replaces the rules',
    'patch',
    [
      { op: 'replace', path: '/rules', value: AFTER.rules },
      { op: 'add', path: FLOW_PATH, value: 'true' },
    ],
  ],
  [
    'a JSON patch of pieces',
    'patch',
    [
      { op: 'copy', from: '/rules/0', path: '/rules/1' },
      { op: 'replace', path: '/rules/1/resources/0', value: 'secrets' },
      { op: 'add', path: '/rules/1/verbs/-', value: 'list' },
      { op: 'replace', path: '/metadata/labels', value: { team: 'a', ...FLOW } },
      { op: 'add', path: '/metadata/annotations/x', value: 'of no matter' },
    ],
  ],
];
const LEVELS = ['RequestResponse', 'Request', 'refused'] as const;
const answered = (level: (typeof LEVELS)[number], made: unknown): RawEvent =>
  level === 'RequestResponse'
    ? { responseObject: made }
    : level === 'Request'
      ? {}
      : { responseStatus: { code: 403 }, annotations: { 'authorization.k8s.io/decision': 'allow' } };

describe('every form of write, at every level, tells the same', () => {
  const cases = FORMS.flatMap((form) => LEVELS.map((level) => [...form, level] as const));

  test.each(cases)('of a role: %s (%s, level %4$s)', (_form, verb, requestObject, level) => {
    const facts = factsAfter(write('create', 'clusterroles', 'ops', { requestObject: BEFORE }));
    const event = write(verb, 'clusterroles', 'ops', { requestObject, ...answered(level, AFTER) });
    expect(facts.grant(event)).toMatchObject({
      adds: { strength: 'secrets', because: ['may read secrets'] },
      allows: { strength: 'secrets', because: ['may read secrets'] },
      aggregatesTo: ['view'],
      isCompared: true,
      isPiece: false,
    });
    facts.learn(event);
    expect(facts.role(OPS)?.strength).toBe(level === 'refused' ? 'ordinary' : 'secrets');
    // Once more is no news.
    const again = write('update', 'clusterroles', 'ops', { requestObject: AFTER });
    expect(facts.grant(again)?.adds.because).toEqual(level === 'refused' ? ['may read secrets'] : []);
  });

  const alice = { kind: 'User', apiGroup: GROUP, name: 'alice' };
  const eve = { kind: 'ServiceAccount', namespace: 'web', name: 'eve' };
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'cluster-admin' };
  const bound = (...subjects: object[]) => ({
    kind: 'ClusterRoleBinding',
    metadata: { name: 'b' },
    roleRef,
    subjects,
  });
  const bindings: readonly Form[] = [
    ['an update', 'update', bound(alice, eve)],
    ['a merge patch', 'patch', { subjects: [eve, alice] }],
    ['an apply', 'patch', bound(alice, eve)],
    ['a JSON patch that adds', 'patch', [{ op: 'add', path: '/subjects/-', value: eve }]],
    ['a JSON patch that adds first', 'patch', [{ op: 'add', path: '/subjects/0', value: eve }]],
    ['a JSON patch that replaces all', 'patch', [{ op: 'replace', path: '/subjects', value: [alice, eve] }]],
    [
      'a JSON patch of pieces',
      'patch',
      [
        { op: 'copy', from: '/subjects/0', path: '/subjects/-' },
        { op: 'replace', path: '/subjects/1/kind', value: 'ServiceAccount' },
        { op: 'add', path: '/subjects/1/namespace', value: 'web' },
        { op: 'replace', path: '/subjects/1/name', value: 'eve' },
      ],
    ],
  ];
  test.each(bindings.flatMap((form) => LEVELS.map((level) => [...form, level] as const)))(
    'of a binding: %s (%s, level %4$s)',
    (_form, verb, requestObject, level) => {
      const facts = factsAfter(write('create', 'clusterrolebindings', 'b', { requestObject: bound(alice) }));
      const event = write(verb, 'clusterrolebindings', 'b', { requestObject, ...answered(level, bound(alice, eve)) });
      expect(facts.grant(event)).toMatchObject({
        label: 'ClusterRole cluster-admin to ServiceAccount web:eve cluster-wide',
        adds: { strength: 'admin' },
        isCompared: true,
      });
      expect(facts.grant(event)?.subjects.map(({ name }) => name)).toEqual(['ServiceAccount:web:eve']);
      facts.learn(event);
      const held = level === 'refused' ? 0 : 1;
      expect(facts.boundTo('ServiceAccount:web:eve')).toHaveLength(held);
      expect(facts.boundTo('User:alice')).toHaveLength(1);
    },
  );

  test('nothing is news that does not speak of rules or subjects, known before or not', () => {
    const body = { metadata: { annotations: { a: 'b' } } };
    const answer = { ...AFTER, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
    for (const facts of [factsAfter(), factsAfter(write('create', 'clusterroles', 'ops', { requestObject: AFTER }))])
      for (const responseObject of [answer, undefined])
        expect(
          facts.grant(write('patch', 'clusterroles', 'ops', { requestObject: body, responseObject }))?.adds.because,
        ).toEqual([]);
  });

  test('a default role is followed without its rules', () => {
    const add = (value: unknown, responseObject?: unknown) =>
      write('patch', 'clusterroles', 'view', {
        requestObject: [{ op: 'add', path: '/rules/-', value }],
        responseObject,
      });
    expect(factsAfter().grant(add(SECRETS))).toMatchObject({
      adds: { because: ['may read secrets'] },
      isBuiltIn: true,
    });
    expect(factsAfter().grant(add(PODS))?.adds.because).toEqual([]);
    const made = { kind: 'ClusterRole', metadata: { name: 'view' }, rules: [PODS, SECRETS] };
    expect(factsAfter().grant(add(SECRETS, made))?.adds.because).toEqual(['may read secrets']);
  });
});

describe('an answer can prove that nothing changed', () => {
  const time = '2026-11-21T10:00:00Z';
  const old = '2026-11-20T10:00:00Z';
  const ALL = { kind: 'ClusterRole', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
  const made = (metadata: object) => ({ ...ALL, metadata: { name: 'ops', ...metadata } });
  test.each<[isNews: boolean, why: string, verb: string, asked: object, answer: object]>([
    [false, 'an update with the same version', 'update', { resourceVersion: '7' }, { resourceVersion: '7' }],
    [true, 'an update with a new version', 'update', { resourceVersion: '7' }, { resourceVersion: '8' }],
    [true, 'no versions', 'update', {}, {}],
    [false, 'managers of long ago', 'patch', {}, { managedFields: [{ time: old }, { time: old }] }],
    [true, 'one manager of now', 'patch', {}, { managedFields: [{ time: old }, { time }] }],
    [true, 'no managers', 'patch', {}, { managedFields: [] }],
    [true, 'managers without times', 'patch', {}, { managedFields: [{ time: old }, {}] }],
    [true, 'a creation', 'create', {}, { managedFields: [{ time: old }] }],
  ])('news %s: %s', (isNews, _why, verb, asked, answer) => {
    const event = write(verb, 'clusterroles', 'ops', {
      requestObject: made(asked),
      responseObject: made(answer),
      requestReceivedTimestamp: time,
    });
    expect(factsAfter().grant(event)?.adds.because.length).toBe(isNews ? 1 : 0);
  });
});

test('any patch of any role leads to a grant and never throws', () => {
  const path = fc.constantFrom(
    '/rules',
    '/rules/-',
    '/rules/0',
    '/rules/0/verbs/-',
    '/metadata/labels/a',
    '/subjects/0',
    '',
  );
  const operation = fc.record({
    op: fc.constantFrom('add', 'replace', 'remove', 'copy', 'move', 'test', '?'),
    path,
    from: path,
    value: fc.jsonValue(),
  });
  const facts = factsAfter(write('create', 'clusterroles', 'ops', { requestObject: BEFORE }));
  let tested = 0;
  fc.assert(
    fc.property(
      fc.oneof(fc.array(operation, { maxLength: 6 }), fc.jsonValue()),
      fc.constantFrom('clusterroles', 'clusterrolebindings'),
      (requestObject, resource) => {
        const event = write('patch', resource, 'ops', { requestObject });
        expect(facts.grant(event)?.name).toBe('ops');
        facts.learn(event);
        tested += 1;
      },
    ),
    { numRuns: 500 },
  );
  expect(tested).toBeGreaterThanOrEqual(500);
});

test('copies that double a document end', () => {
  const facts = factsAfter(write('create', 'clusterroles', 'ops', { requestObject: BEFORE }));
  const requestObject = Array.from({ length: 200 }, () => ({ op: 'copy', from: '/rules', path: '/rules/0/verbs/0' }));
  expect(facts.grant(write('patch', 'clusterroles', 'ops', { requestObject }))?.isPiece).toBe(false);
});
