import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import type { Grant } from '../../../src/model/index.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const ALL = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const user = (name: string): object => ({ kind: 'User', name });
const group = (name: string): object => ({ kind: 'Group', name });
const account = (name: string, namespace?: string): object => ({ kind: 'ServiceAccount', name, namespace });
const binding = (subjects: unknown, role: unknown = { kind: 'ClusterRole', name: 'cluster-admin' }): object => ({
  roleRef: role,
  subjects,
});

function grantOf(resource: string, requestObject: unknown, over: RawEvent = {}): Grant | undefined {
  const namespace = resource.startsWith('cluster') ? {} : { namespace: 'web' };
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  return facts.grant(
    auditEvent({
      verb: 'create',
      user: { username: 'alice', groups: ['dev', 'system:authenticated'] },
      objectRef: { resource, ...namespace, name: 'x', apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' },
      requestObject,
      responseStatus: { code: 201 },
      ...over,
    }),
  );
}

describe('a binding gives', () => {
  test.each<[label: string, subjects: unknown, role?: unknown]>([
    ['ClusterRole cluster-admin to User eve in web', [user('eve')]],
    ['ClusterRole cluster-admin to ServiceAccount web:ci in web', [account('ci')]],
    ['Role r to ServiceAccount ops:ci in web', [account('ci', 'ops')], { kind: 'Role', name: 'r' }],
    ['ClusterRole cluster-admin to nobody in web', []],
    ['ClusterRole cluster-admin to nobody in web', [null, 7, {}, { kind: 'User' }, { kind: 'Node', name: 'n' }]],
    ['its role to User eve in web', [user('eve')], 'r'],
    ['ClusterRole cluster-admin to User last and 1 more in web', [user('first'), user('last')]],
    ['ClusterRole cluster-admin to User alice and 1 more in web', [user('alice'), user('last')]],
    ['ClusterRole cluster-admin to Group dev and 1 more in web', [group('dev'), user('last')]],
    ['ClusterRole cluster-admin to Group system:masters and 1 more in web', [user('alice'), group('system:masters')]],
  ])('%s', (label, subjects, role) => {
    expect(grantOf('rolebindings', binding(subjects, role))?.label).toBe(label);
  });

  test('a role for the whole cluster', () => {
    const grant = grantOf('clusterrolebindings', binding([user('eve')]));
    expect(grant?.label).toBe('ClusterRole cluster-admin to User eve cluster-wide');
    expect(grant?.allows?.strength).toBe('admin');
    expect(grant?.subjects).toEqual([{ name: 'User:eve', user: 'eve', isEveryone: false, isActor: false }]);
  });

  test('what nobody knows of a role that was never seen', () => {
    expect(grantOf('rolebindings', binding([], { kind: 'Role', name: 'r' }))?.allows).toBeUndefined();
  });

  test.each<[name: string, user: string, isEveryone: boolean, isActor: boolean, subject: object]>([
    ['User:alice', 'alice', false, true, user('alice')],
    ['User:root', 'root', false, true, user('root')],
    ['Group:dev', 'dev', false, true, group('dev')],
    ['Group:alice', 'alice', false, false, group('alice')],
    ['Group:system:authenticated', 'system:authenticated', true, false, group('system:authenticated')],
    ['Group:system:serviceaccounts:x', 'system:serviceaccounts:x', true, false, group('system:serviceaccounts:x')],
    ['User:system:anonymous', 'system:anonymous', true, false, user('system:anonymous')],
    ['ServiceAccount:web:ci', 'system:serviceaccount:web:ci', false, false, account('ci')],
  ])('%s', (name, as, isEveryone, isActor, subject) => {
    const impersonatedUser = { username: 'root', groups: [] };
    const { subjects } = grantOf('rolebindings', binding([subject]), { impersonatedUser })!;
    expect(subjects).toEqual([{ name, user: as, isEveryone, isActor }]);
  });
});

describe('a role gives', () => {
  test('its rules, and hands them on', () => {
    const labels = {
      'rbac.authorization.k8s.io/aggregate-to-view': 'true',
      'rbac.authorization.k8s.io/aggregate-to-edit': 'false',
      app: 'true',
    };
    const grant = grantOf('clusterroles', { kind: 'ClusterRole', metadata: { labels }, rules: [ALL] });
    expect(grant).toMatchObject({ label: '', subjects: [], aggregatesTo: ['view'], isPiece: false });
    expect(grant?.allows?.strength).toBe('admin');
  });

  test.each<[isPiece: boolean, strength: string, value: unknown]>([
    [false, 'admin', ALL],
    [false, 'admin', [ALL]],
    [true, 'ordinary', 'escalate'],
    [true, 'admin', [ALL, 'escalate']],
  ])('what its JSON patch shows (a piece: %s, %s)', (isPiece, strength, value) => {
    const grant = grantOf('roles', [{ op: 'add', path: '/rules/-', value }], {
      verb: 'patch',
      responseStatus: { code: 200 },
    });
    expect([grant?.isPiece, grant?.adds.strength]).toEqual([isPiece, strength]);
  });

  test('no piece because a client says so', () => {
    expect(grantOf('roles', { rules: [], isPiece: true })?.isPiece).toBe(false);
  });
});

describe('it is read from', () => {
  const made = { kind: 'Role', rules: [ALL] };
  test.each<[strength: string | undefined, why: string, asked: unknown, answer: unknown, code: number]>([
    ['admin', 'what was made', { rules: [] }, made, 201],
    ['admin', 'the request, where the answer is a table', made, { kind: 'Table', rows: [] }, 201],
    ['admin', 'the request, where the answer is a status', made, { kind: 'Status', rules: [] }, 201],
    ['ordinary', 'the request, where it was refused', { rules: [] }, made, 403],
    ['unknown', 'nothing, where the audit level hides both', undefined, undefined, 201],
    ['unknown', 'nothing, where the request is no object', 'rules', null, 201],
    ['unknown', 'nothing, where the request is of another kind', { ...made, kind: 'Pod' }, null, 201],
  ])('%s: %s', (strength, _why, asked, responseObject, code) => {
    expect(grantOf('roles', asked, { responseObject, responseStatus: { code } })?.adds.strength).toBe(strength);
  });

  test('writes of roles and bindings only', () => {
    expect(grantOf('rolebindings', undefined)?.isHidden).toBe(true);
    expect(grantOf('pods', binding([user('eve')]))).toBeUndefined();
    expect(grantOf('rolebindings', binding([user('eve')]))).toBeDefined();
  });

  test('anything, without a throw', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('roles', 'clusterrolebindings'), (body, resource) => {
        const grant = grantOf(resource, body);
        expect(grant === undefined || grant.subjects.length >= 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
