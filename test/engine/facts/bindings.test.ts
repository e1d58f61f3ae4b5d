import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import { type RawEvent, auditEvent } from '../../support/event.ts';

const ADMIN = { kind: 'ClusterRole', namespace: '', name: 'cluster-admin', scope: '' };
const user = (name: string): object => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name });
const account = (namespace: string | undefined, name: string): object => ({ kind: 'ServiceAccount', namespace, name });

const write = (verb: string, namespace: string, name: string, raw: RawEvent = {}): ReturnType<typeof auditEvent> =>
  auditEvent({
    verb,
    objectRef: {
      resource: namespace === '' ? 'clusterrolebindings' : 'rolebindings',
      namespace,
      name,
      apiGroup: 'rbac.authorization.k8s.io',
    },
    ...raw,
  });
const binding = (namespace: string, role: string, subjects: unknown, kind = 'ClusterRole'): object => ({
  kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name: 'b', namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
  subjects,
});
const factsAfter = (...events: readonly ReturnType<typeof auditEvent>[]): ClusterFacts => {
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  for (const event of events) facts.learn(event);
  return facts;
};
const made = (subjects: unknown): ReturnType<typeof auditEvent> =>
  write('create', '', 'b', { requestObject: binding('', 'cluster-admin', subjects) });

describe('who is bound to what', () => {
  test('by the three kinds of subjects', () => {
    const facts = factsAfter(made([user('alice'), { kind: 'Group', name: 'sre' }, account('data', 'etl')]));
    for (const subject of ['User:alice', 'Group:sre', 'ServiceAccount:data:etl'])
      expect(facts.boundTo(subject)).toEqual([ADMIN]);
    for (const subject of ['User:sre', 'Group:alice', 'ServiceAccount:web:etl', ''])
      expect(facts.boundTo(subject)).toEqual([]);
  });

  test('within a namespace', () => {
    const facts = factsAfter(
      write('create', 'dev', 'b', {
        requestObject: binding('dev', 'ops', [user('alice'), account(undefined, 'ci')], 'Role'),
      }),
      write('create', 'web', 'b', { requestObject: binding('web', 'view', [user('alice')]) }),
    );
    const ops = { kind: 'Role', namespace: 'dev', name: 'ops', scope: 'dev' };
    expect(facts.boundTo('User:alice')).toEqual([
      ops,
      { kind: 'ClusterRole', namespace: '', name: 'view', scope: 'web' },
    ]);
    expect(facts.boundTo('ServiceAccount:dev:ci')).toEqual([ops]);
  });

  test('a role is told once, however many bindings name it', () => {
    const again = write('create', '', 'c', { requestObject: binding('', 'cluster-admin', [user('alice')]) });
    const facts = factsAfter(
      made([user('alice')]),
      again,
      write('delete', '', 'b', { responseObject: { kind: 'Status' } }),
    );
    expect(facts.boundTo('User:alice')).toEqual([ADMIN]);
    facts.learn(write('delete', '', 'c'));
    expect(facts.boundTo('User:alice')).toEqual([]);
  });

  test('a service account by its user name', () => {
    expect(factsAfter(made([user('system:serviceaccount:data:etl')])).boundTo('ServiceAccount:data:etl')).toEqual([
      ADMIN,
    ]);
  });

  test('follows patches', () => {
    const patch = (requestObject: unknown, responseObject?: unknown) =>
      write('patch', '', 'b', { requestObject, responseObject });
    const bound = (event: ReturnType<typeof auditEvent>) => {
      const facts = factsAfter(made([user('alice')]), event);
      return ['alice', 'bob'].filter((name) => facts.boundTo(`User:${name}`).length > 0).join();
    };
    expect(bound(patch({ subjects: [user('bob')] }))).toBe('bob');
    expect(bound(patch({ metadata: {} }))).toBe('alice');
    expect(bound(patch([{ op: 'add', path: '/subjects/-', value: user('bob') }]))).toBe('alice,bob');
    expect(bound(patch([{ op: 'replace', path: '/subjects', value: [user('bob')] }]))).toBe('bob');
    expect(bound(patch([{ op: 'remove', path: '/subjects' }]))).toBe('');
    expect(bound(patch([], binding('', 'cluster-admin', [user('bob')])))).toBe('bob');
    expect(bound(write('update', '', 'b', { level: 'Metadata' }))).toBe('alice');
  });

  test('ends with the collection', () => {
    const inDev = write('create', 'dev', 'b', { requestObject: binding('dev', 'view', [user('alice')]) });
    const facts = factsAfter(made([user('alice')]), inDev, write('deletecollection', 'dev', ''));
    expect(facts.boundTo('User:alice')).toEqual([ADMIN]);
  });

  test('rubbish binds nobody', () => {
    const facts = factsAfter(
      made([null, 7, { kind: 'User' }, { kind: 'Robot', name: 'x' }, { kind: 'User', name: ['alice'] }, user('alice')]),
      write('create', '', 'c', {
        requestObject: { kind: 'ClusterRoleBinding', roleRef: 'x', subjects: [user('bob')] },
      }),
      write('create', 'dev', 'd', { requestObject: binding('dev', 'x', { a: 1 }) }),
    );
    expect(facts.boundTo('User:alice')).toEqual([ADMIN]);
    expect(facts.boundTo('User:bob')).toEqual([]);
  });

  test('a crowd is cut', () => {
    const facts = factsAfter(made(Array.from({ length: 10_000 }, (_, i) => user(`u${i}`))));
    expect(facts.boundTo('User:u499')).toEqual([ADMIN]);
    expect(facts.boundTo('User:u500')).toEqual([]);
  });
});
