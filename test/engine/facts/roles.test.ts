import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import { strengthOf } from '../../../src/engine/facts/rules.ts';
import type { RoleRef } from '../../../src/model/index.ts';
import { type RawEvent, auditEvent, auditEventsFromFile } from '../../support/event.ts';

const EVERYTHING = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
const SECRETS = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }];
const PODS = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const clusterRole = (name: string): RoleRef => ({ kind: 'ClusterRole', namespace: '', name });
const OPS = clusterRole('ops');

/** A write of the cluster role "ops", or of another. */
const write = (verb: string, raw: RawEvent = {}, name = 'ops'): ReturnType<typeof auditEvent> =>
  auditEvent({
    verb,
    requestURI: `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`,
    objectRef: { resource: 'clusterroles', name, apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    ...raw,
  });
const object = (rules: unknown, metadata: object = {}): object => ({
  kind: 'ClusterRole',
  metadata: { name: 'ops', ...metadata },
  rules,
});

const factsAfter = (...events: readonly ReturnType<typeof auditEvent>[]): ClusterFacts => {
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  for (const event of events) facts.learn(event);
  return facts;
};
const strengthAfter = (...events: readonly ReturnType<typeof auditEvent>[]): string | undefined =>
  factsAfter(...events).role(OPS)?.strength;

const made = write('create', { requestObject: object(EVERYTHING) });

describe('what a role allows', () => {
  test('is learnt from the write that made it', () => {
    expect(strengthAfter()).toBeUndefined();
    expect(factsAfter(made).role(OPS)).toEqual({ strength: 'admin', because: ['all verbs on all resources'] });
    expect(strengthAfter(write('create', { responseObject: object(SECRETS) }))).toBe('secrets');
    expect(strengthAfter(made, write('update', { requestObject: object(PODS) }))).toBe('ordinary');
    expect(strengthAfter(write('patch', { responseStatus: { code: 201 }, requestObject: object(SECRETS) }))).toBe(
      'secrets',
    );
  });

  test.each<readonly [string, RawEvent]>([
    ['refused', { responseStatus: { code: 403 } }],
    ['not the last stage', { stage: 'ResponseStarted' }],
    ['a dry run', { requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterroles?dryRun=All' }],
    ['a dry run in disguise', { requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterroles?dry%52un=All' }],
    ['another group', { objectRef: { resource: 'clusterroles', name: 'ops', apiGroup: 'example.com' } }],
    [
      'another resource',
      {
        objectRef: {
          resource: 'clusterroles',
          subresource: 'status',
          name: 'ops',
          apiGroup: 'rbac.authorization.k8s.io',
        },
      },
    ],
  ])('is not learnt from a write that was %s', (_, raw) => {
    expect(factsAfter(write('create', { requestObject: object(EVERYTHING), ...raw })).role(OPS)).toBeUndefined();
  });

  test('is read from the request where the client chose an answer without rules', () => {
    const partial = { kind: 'PartialObjectMetadata', metadata: { name: 'ops' } };
    expect(strengthAfter(write('create', { requestObject: object(EVERYTHING), responseObject: partial }))).toBe(
      'admin',
    );
  });

  test('follows patches', () => {
    const patch = (requestObject: unknown, responseObject?: unknown) =>
      write('patch', { requestObject, responseObject });
    const weak = write('create', { requestObject: object(PODS) });
    expect(strengthAfter(weak, patch({ rules: EVERYTHING }))).toBe('admin');
    expect(strengthAfter(weak, patch({ metadata: { labels: {} } }))).toBe('ordinary');
    expect(strengthAfter(weak, patch([{ op: 'add', path: '/rules/-', value: SECRETS[0] }]))).toBe('secrets');
    expect(strengthAfter(made, patch([{ op: 'replace', path: '/rules', value: PODS }]))).toBe('ordinary');
    expect(strengthAfter(made, patch([{ op: 'remove', path: '/rules/0' }]))).toBe('ordinary');
    expect(strengthAfter(weak, patch([{ op: 'add', path: '/rules/0/verbs/-', value: '*' }]))).toBe('ordinary');
    expect(strengthAfter(weak, patch([{ op: 'replace', path: '/rules/0/resources', value: ['secrets'] }]))).toBe(
      'secrets',
    );
    expect(strengthAfter(patch([{ op: 'add', path: '/rules/0/verbs/-', value: '*' }]))).toBe('unknown');
    expect(strengthAfter(weak, patch([{ op: 'add', path: '/rules/-', value: PODS[0] }], object(EVERYTHING)))).toBe(
      'admin',
    );
    expect(strengthAfter(patch({ rules: SECRETS }))).toBe('secrets');
  });

  test('is unknown after a write that nobody saw into, unless it was strong', () => {
    const unseen = write('update', { level: 'Metadata' });
    expect(strengthAfter(unseen)).toBe('unknown');
    expect(strengthAfter(write('create', { requestObject: object(PODS) }), unseen)).toBe('unknown');
    expect(strengthAfter(made, unseen)).toBe('admin');
  });

  test('is forgotten with the role', () => {
    const deleted = (raw: RawEvent = {}) => write('delete', { responseObject: { kind: 'Status' }, ...raw });
    expect(strengthAfter(made, deleted())).toBeUndefined();
    expect(strengthAfter(made, deleted({ requestObject: { kind: 'DeleteOptions', dryRun: ['All'] } }))).toBe('admin');
    const held = object(EVERYTHING, { deletionTimestamp: 'now', finalizers: ['example.com/wait'] });
    expect(strengthAfter(made, deleted({ responseObject: held }))).toBe('admin');
    const released = object(EVERYTHING, { deletionTimestamp: 'now' });
    expect(strengthAfter(made, write('patch', { responseObject: released }))).toBeUndefined();
  });

  test('is forgotten with the collection, where it is known what went', () => {
    const objectRef = { resource: 'clusterroles', apiGroup: 'rbac.authorization.k8s.io' };
    const clear = (requestURI: string, responseObject?: unknown) =>
      write('deletecollection', { objectRef, requestURI, responseObject });
    expect(strengthAfter(made, clear('/apis/x/clusterroles'))).toBeUndefined();
    expect(strengthAfter(made, clear('/apis/x/clusterroles?labelSelector=a%3Db'))).toBe('admin');
    expect(strengthAfter(made, clear('/apis/x/clusterroles', { kind: 'ClusterRoleList', items: [] }))).toBe('admin');
    expect(
      strengthAfter(
        made,
        clear('/apis/x/clusterroles?labelSelector=a', { kind: 'ClusterRoleList', items: [object([])] }),
      ),
    ).toBeUndefined();
  });

  test('of a Role is another than that of a ClusterRole, and of another namespace', () => {
    const role = (namespace: string, rules: unknown) =>
      auditEvent({
        verb: 'create',
        objectRef: { resource: 'roles', namespace, name: 'ops', apiGroup: 'rbac.authorization.k8s.io' },
        requestObject: { kind: 'Role', metadata: { name: 'ops', namespace }, rules },
      });
    const facts = factsAfter(made, role('a', SECRETS), role('b', PODS));
    const of = (namespace: string) => facts.role({ kind: 'Role', namespace, name: 'ops' })?.strength;
    expect([of('a'), of('b'), of('c'), of('')]).toEqual(['secrets', 'ordinary', undefined, undefined]);
    expect(facts.role({ kind: 'ClusterRole', namespace: 'a', name: 'ops' })).toBeUndefined();
    const cleared = auditEvent({
      verb: 'deletecollection',
      objectRef: { resource: 'roles', namespace: 'a', apiGroup: 'rbac.authorization.k8s.io' },
    });
    facts.learn(cleared);
    expect([of('a'), of('b'), facts.role(OPS)?.strength]).toEqual([undefined, 'ordinary', 'admin']);
  });

  test('of an aggregate waits for its rules', () => {
    const aggregate = { ...object(null), aggregationRule: { clusterRoleSelectors: [] } };
    expect(factsAfter(write('create', { requestObject: aggregate })).role(OPS)).toEqual({
      strength: 'unknown',
      because: ['aggregates other cluster roles'],
    });
    expect(
      strengthAfter(
        write('create', { requestObject: aggregate }),
        write('patch', { responseObject: { ...aggregate, rules: SECRETS } }),
      ),
    ).toBe('secrets');
  });
});

describe('the default roles', () => {
  test('are known from the start', () => {
    const facts = factsAfter();
    const told = (name: string) => facts.role(clusterRole(name))?.strength;
    expect(['cluster-admin', 'admin', 'edit', 'view', 'system:node', 'system:discovery', 'nobody'].map(told)).toEqual([
      'admin',
      'strong',
      'secrets',
      'ordinary',
      'strong',
      'ordinary',
      undefined,
    ]);
    expect(facts.role(clusterRole('system:controller:clusterrole-aggregation-controller'))?.because).toContain(
      'may escalate roles',
    );
    expect(
      facts.role({ kind: 'Role', namespace: 'kube-system', name: 'system:controller:token-cleaner' })?.strength,
    ).toBe('secrets');
    expect(facts.role({ kind: 'Role', namespace: 'dev', name: 'admin' })).toBeUndefined();
  });

  test('are as a real API server makes them: its start teaches nothing new', () => {
    const events = auditEventsFromFile(new URL('../../fixtures/facts/bootstrap.ndjson', import.meta.url));
    expect(events.length).toBeGreaterThan(35);
    const facts = factsAfter(...events);
    const rows: string[] = [];
    facts.collect((key, value) => void (value !== null && rows.push(key)));
    expect(rows).toEqual([]);
    // Of the table, too: each is judged as its rules are (edit by decision, aggregates once they are filled).
    const judged = events.filter((event) => !['edit', 'admin', 'view'].includes(event.object!.name));
    expect(judged.map((event) => [event.object!.name, strengthOf(event.responseObject)])).toEqual(
      judged.map(({ object: of }) => [
        of!.name,
        facts.role({ kind: of!.namespace === '' ? 'ClusterRole' : 'Role', namespace: of!.namespace, name: of!.name }),
      ]),
    );
    expect(new Set(judged.map((event) => strengthOf(event.responseObject).strength)).size).toBe(4);
  });

  test('are judged anew when someone adds to them, and are themselves again afterwards', () => {
    const view = (rules: unknown) =>
      write('update', { requestObject: { ...object(rules), metadata: { name: 'view' } } }, 'view');
    const facts = factsAfter(view(SECRETS));
    expect(facts.role(clusterRole('view'))).toEqual({ strength: 'secrets', because: ['may read secrets'] });
    facts.learn(view(PODS));
    expect(facts.role(clusterRole('view'))).toEqual({ strength: 'ordinary', because: [] });
  });
});
