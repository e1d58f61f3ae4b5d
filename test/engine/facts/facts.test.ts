import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import type { AuditEvent, RoleRef } from '../../../src/model/index.ts';
import { auditEvent, auditEventsFromFile } from '../../support/event.ts';

const RBAC = 'rbac.authorization.k8s.io';
const fixture = (name: string): AuditEvent[] =>
  auditEventsFromFile(new URL(`../../fixtures/facts/${name}.ndjson`, import.meta.url));
const clusterRole = (name: string): RoleRef => ({ kind: 'ClusterRole', namespace: '', name });

/** Writes of a few objects by all verbs, with and without what was written. */
const someWrite = fc
  .record({
    resource: fc.constantFrom('roles', 'clusterroles', 'rolebindings', 'clusterrolebindings', 'pods', 'secrets'),
    verb: fc.constantFrom('create', 'update', 'patch', 'delete', 'deletecollection', 'create', 'update'),
    namespace: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y', 'view', 'z'.repeat(40)),
    word: fc.constantFrom('*', 'secrets', 'pods/exec', 'pods'),
    code: fc.constantFrom(200, 200, 200, 403),
    level: fc.constantFrom('request', 'response', 'metadata'),
  })
  .map(({ resource, verb, namespace, name, word, code, level }) => {
    const isWide = resource.startsWith('cluster');
    const kinds: Record<string, string> = {
      roles: 'Role',
      clusterroles: 'ClusterRole',
      rolebindings: 'RoleBinding',
      clusterrolebindings: 'ClusterRoleBinding',
      pods: 'Pod',
      secrets: 'Secret',
    };
    const object = {
      kind: kinds[resource]!,
      metadata: { name, ...(!isWide && { namespace }) },
      rules: [{ apiGroups: ['*'], resources: [word], verbs: ['*'] }],
      roleRef: { kind: isWide || word === '*' ? 'ClusterRole' : 'Role', name: word.replace('/', '-') },
      subjects: [
        { kind: 'User', name: word },
        { kind: 'ServiceAccount', namespace, name: 'sa' },
      ],
      spec: { hostPID: word === '*', serviceAccountName: word === 'pods' ? 'own' : 'default', containers: [] },
    };
    return auditEvent({
      verb,
      objectRef: {
        resource,
        apiGroup: resource === 'pods' || resource === 'secrets' ? '' : RBAC,
        namespace: isWide ? '' : namespace,
        name: verb === 'deletecollection' ? '' : name,
      },
      responseStatus: { code },
      requestObject: level === 'metadata' || verb.startsWith('delete') ? undefined : object,
      responseObject: level === 'response' && !verb.startsWith('delete') ? object : undefined,
    });
  });

const rowsOf = (facts: ClusterFacts): Map<string, string | null> => {
  const rows = new Map<string, string | null>();
  facts.collect((key, value) => rows.set(key, value as string | null));
  return rows;
};

/** Everything the generated events could have taught. */
const answers = (facts: ClusterFacts): unknown =>
  ['x', 'y', 'view', 'z'.repeat(40)].map((name) => [
    facts.role(clusterRole(name)),
    ...['a', 'b'].map((namespace) => [facts.role({ kind: 'Role', namespace, name }), facts.pod(namespace, name)]),
    ['User:*', 'User:secrets', 'User:pods', 'ServiceAccount:a:sa', 'ServiceAccount:b:sa'].map((subject) =>
      [...facts.boundTo(subject)].map((ref) => `${ref.kind}/${ref.namespace}/${ref.name}`).sort(),
    ),
  ]);

describe('the facts of a cluster', () => {
  test.each([3_000, 1e6])('survive a restart at any point (%i bytes)', (budgetBytes) => {
    let evicted = 0;
    let learnt = 0;
    fc.assert(
      fc.property(
        fc.array(someWrite, { maxLength: 40 }),
        fc.array(someWrite, { maxLength: 20 }),
        fc.nat(40),
        (before, after, cut) => {
          const facts = new ClusterFacts({ budgetBytes });
          const saved = new Map<string, string>();
          const save = (): void => {
            for (const [key, value] of rowsOf(facts)) {
              if (value === null) saved.delete(key);
              else saved.set(key, value);
            }
          };
          for (const [i, event] of before.entries()) {
            facts.learn(event);
            if (i === cut) save();
          }
          save();
          const restored = new ClusterFacts({ budgetBytes });
          for (const [key, value] of [...saved].reverse()) restored.restore(key, value);
          expect(answers(restored)).toEqual(answers(facts));
          for (const event of after) {
            facts.learn(event);
            restored.learn(event);
          }
          expect(answers(restored)).toEqual(answers(facts));
          expect(rowsOf(restored)).toEqual(rowsOf(facts));
          expect([restored.bytes, restored.evicted]).toEqual([facts.bytes, facts.evicted]);
          expect(facts.bytes).toBeLessThanOrEqual(budgetBytes);
          evicted += facts.evicted;
          learnt += saved.size;
        },
      ),
      { numRuns: 300 },
    );
    expect(learnt).toBeGreaterThan(100);
    expect(evicted > 0).toBe(budgetBytes < 1e4);
  });

  test('take rows back as bytes, too', () => {
    const facts = new ClusterFacts({ budgetBytes: 1e6 });
    for (const event of fixture('writes')) facts.learn(event);
    const restored = new ClusterFacts({ budgetBytes: 1e6 });
    for (const [key, value] of rowsOf(facts)) if (value !== null) restored.restore(key, Buffer.from(value));
    expect(restored.role(clusterRole('gitops-admin'))).toEqual(facts.role(clusterRole('gitops-admin')));
    expect(restored.role(clusterRole('gitops-admin'))?.strength).toBe('admin');
  });

  test('change by the events they ask for, and by no other', () => {
    const wanted = (event: AuditEvent): boolean =>
      ClusterFacts.wants.some(
        (interest) =>
          interest.resources!.includes(event.resource) &&
          interest.apiGroups!.includes(event.object?.apiGroup ?? '') &&
          interest.verbs!.includes(event.verb) &&
          interest.outcome === event.outcome &&
          interest.final === event.final,
      );
    const facts = new ClusterFacts({ budgetBytes: 1e6 });
    let taught = 0;
    for (const event of [...fixture('bootstrap'), ...fixture('users'), ...fixture('commands'), ...fixture('writes')]) {
      facts.learn(event);
      const changed = rowsOf(facts).size > 0;
      expect([event.verb, event.resource, changed && !wanted(event)]).toEqual([event.verb, event.resource, false]);
      taught += Number(changed);
    }
    expect(taught).toBeGreaterThan(30);
  });

  test('of a real cluster after an attack', () => {
    const facts = new ClusterFacts({ budgetBytes: 1e6 });
    for (const event of [...fixture('bootstrap'), ...fixture('writes')]) facts.learn(event);
    const strengths = [
      'all-powers',
      'wild',
      'gitops-admin',
      'sre-debug',
      'view-plus',
      'view',
      'secret-reader',
      'ci-deploy',
      'csr-requester',
      'grab',
    ].map((name) => [name, facts.role(clusterRole(name))?.strength]);
    expect(Object.fromEntries(strengths)).toEqual({
      'all-powers': 'admin',
      wild: 'admin',
      'gitops-admin': 'admin',
      'sre-debug': 'admin',
      'view-plus': 'strong',
      // The aggregation trick.
      view: 'strong',
      'secret-reader': 'secrets',
      'ci-deploy': 'secrets',
      'csr-requester': 'ordinary',
      grab: undefined,
    });
    const roles = (subject: string): string[] =>
      facts
        .boundTo(subject)
        .map((ref) => ref.name)
        .sort();
    expect(roles('User:mallory')).toEqual(['cluster-admin', 'role-editor', 'secret-reader']);
    expect(roles('ServiceAccount:dev:gitops')).toEqual([
      'cluster-admin',
      'gitops-admin',
      'system:controller:token-cleaner',
    ]);
    expect(roles('Group:system:unauthenticated')).toEqual(['view']);
    // Bound, and the binding deleted again.
    expect(roles('Group:system:serviceaccounts')).toEqual([]);
    expect(roles('User:carol')).toEqual([]);
  });

  test('a flood of pods and of weak roles drives out no strong role', () => {
    const facts = new ClusterFacts({ budgetBytes: 100_000 });
    const role = (name: string, verbs: string[]): AuditEvent =>
      auditEvent({
        verb: 'create',
        objectRef: { resource: 'clusterroles', apiGroup: RBAC, name },
        requestObject: {
          kind: 'ClusterRole',
          metadata: { name },
          rules: [{ apiGroups: ['*'], resources: ['*'], verbs }],
        },
      });
    facts.learn(role('strong', ['*']));
    for (let i = 0; i < 3_000; i += 1) {
      facts.learn(role(`weak-${i}`, []));
      const pod = { kind: 'Pod', metadata: { name: `p-${i}` }, spec: { hostPID: true, containers: [] } };
      facts.learn(
        auditEvent({
          verb: 'create',
          objectRef: { resource: 'pods', namespace: 'a', name: `p-${i}` },
          requestObject: pod,
        }),
      );
    }
    expect(facts.role(clusterRole('strong'))?.strength).toBe('admin');
    expect(facts.pod('a', 'p-0')).toBeUndefined();
    expect(facts.pod('a', 'p-2999')?.privileged).toBe(true);
    expect(facts.bytes).toBeLessThanOrEqual(100_000);
    expect(facts.evicted).toBeGreaterThan(5_000);
  });

  test('speak the vocabulary of detectors', () => {
    const facts = new ClusterFacts({ budgetBytes: 1e6 });
    const exec = fixture('commands').find((event) => event.resource === 'pods/exec');
    expect(facts.command(exec!)).toBe(facts.command(exec!));
    expect(facts.command(exec!)?.argv).toEqual(['echo', 'hello']);
    expect(facts.identity(exec!)).toEqual({ key: 'alice', class: 'human', label: 'User alice' });
    expect(facts.classOf(exec!.user)).toBe('human');
    expect(facts.strengthOf([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]).strength).toBe('secrets');
  });
});
