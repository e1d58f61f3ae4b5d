import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import { type Labels, selects } from '../../../src/engine/facts/label-selector.ts';
import { type AuditEvent } from '../../../src/model/index.ts';
import { auditEvent } from '../../support/event.ts';

const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const EXEC = { apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] };
const SECRETS = { apiGroups: [''], resources: ['secrets'], verbs: ['list'] };
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

const role = (
  name: string,
  rules: readonly object[],
  labels: object = {},
  selectors?: readonly unknown[],
  verb = 'create',
): AuditEvent =>
  auditEvent({
    verb,
    objectRef: { resource: 'clusterroles', name, apiGroup: 'rbac.authorization.k8s.io' },
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    requestObject: {
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules,
      ...(selectors && { aggregationRule: { clusterRoleSelectors: selectors } }),
    },
  });
const patch = (name: string, requestObject: unknown): AuditEvent =>
  auditEvent({ ...RAW, objectRef: { ...RAW.objectRef, name }, requestObject });
const RAW = { verb: 'patch', objectRef: { resource: 'clusterroles', apiGroup: 'rbac.authorization.k8s.io' } };
const factsAfter = (...events: readonly AuditEvent[]): ClusterFacts => {
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  for (const event of events) facts.learn(event);
  return facts;
};
const MONITORING = [{ matchLabels: { 'example.org/monitoring': 'true' } }];
const MONITORED = { 'example.org/monitoring': 'true' };

describe('what flows into other roles', () => {
  test.each<[into: string[], why: string, rules: object[], labels: object]>([
    [['view'], 'secrets into view', [SECRETS], { [`${AGGREGATE}view`]: 'true' }],
    [
      ['view'],
      'into view, which is all that edit lacks',
      [SECRETS],
      { [`${AGGREGATE}view`]: 'true', [`${AGGREGATE}edit`]: 'true' },
    ],
    [[], 'what edit has anyway', [SECRETS, EXEC], { [`${AGGREGATE}edit`]: 'true' }],
    [[], 'nothing strong', [PODS], { [`${AGGREGATE}view`]: 'true' }],
    [[], 'a label that is not true', [SECRETS], { [`${AGGREGATE}view`]: 'yes' }],
    [['monitors'], 'into a role that somebody made to take it in', [SECRETS], MONITORED],
  ])('%j: %s', (into, _why, rules, labels) => {
    const facts = factsAfter(role('monitors', [], {}, MONITORING));
    expect(facts.grant(role('r', rules, labels))?.aggregatesTo).toEqual(into);
  });

  test('a label that is put on a strong role hands all of it on', () => {
    const labelled = patch('cluster-admin', { metadata: { labels: { [`${AGGREGATE}view`]: 'true' } } });
    expect(factsAfter().grant(labelled)).toMatchObject({
      aggregatesTo: ['view'],
      adds: { strength: 'admin' },
      isBuiltIn: true,
    });
  });

  test('a rule that is put into a role that another one takes in already', () => {
    const facts = factsAfter(role('monitors', [], {}, MONITORING), role('r', [PODS], MONITORED));
    const more = patch('r', [{ op: 'add', path: '/rules/-', value: EXEC }]);
    expect(facts.grant(more)).toMatchObject({
      aggregatesTo: ['monitors'],
      adds: { because: ['may run commands in pods'] },
    });
    facts.learn(more);
    facts.learn(role('monitors', [PODS, EXEC], {}, MONITORING, 'update'));
    expect(facts.grant(patch('r', { metadata: { labels: { other: 'x' } } }))?.aggregatesTo).toEqual([]);
  });

  test('a role that begins to take others in', () => {
    const facts = factsAfter(
      role('a', [SECRETS], { team: 'a' }),
      role('b', [EXEC], { team: 'b' }),
      role('mine', [PODS]),
    );
    const takes = (selectors: readonly unknown[]) =>
      facts.grant(role('mine', [PODS], {}, selectors, 'update'))?.adds.because;
    expect(takes([{ matchLabels: { team: 'a' } }])).toEqual(['may read secrets']);
    expect(takes([{ matchExpressions: [{ key: 'team', operator: 'Exists' }] }])).toEqual([
      'may read secrets',
      'may run commands in pods',
    ]);
    expect(takes([{ matchLabels: { team: 'c' } }])).toEqual([]);
    // What the API server labels itself, cluster-admin among it.
    expect(takes([{ matchLabels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } }])).toEqual([
      'all verbs on all resources',
    ]);
    expect(takes([{}])).toEqual(['all verbs on all resources']);
  });

  test('ends with the role that took in, and survives a restart', () => {
    const facts = factsAfter(role('monitors', [], {}, MONITORING));
    const again = new ClusterFacts({ budgetBytes: 1e6 });
    facts.collect((key, value) => void (value !== null && again.restore(key, value)));
    expect(again.grant(role('r', [SECRETS], MONITORED))?.aggregatesTo).toEqual(['monitors']);
    again.learn(role('monitors', [], {}, undefined, 'delete'));
    expect(again.grant(role('r', [SECRETS], MONITORED))?.aggregatesTo).toEqual([]);
  });

  test('a default role that takes in by another rule', () => {
    const facts = factsAfter(role('view', [PODS], {}, MONITORING, 'update'));
    expect(facts.grant(role('r', [SECRETS], MONITORED))?.aggregatesTo).toEqual(['view']);
    expect(facts.grant(role('r', [SECRETS], { [`${AGGREGATE}view`]: 'true' }))?.aggregatesTo).toEqual([]);
    expect(facts.grant(role('r', [SECRETS], { ...MONITORED, [`${AGGREGATE}view`]: 'true' }))?.aggregatesTo).toEqual([
      'view',
    ]);
  });

  test('a crowd of labels does not drive the telling one out', () => {
    const crowd = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`a${i}`, 'x']));
    const facts = factsAfter(role('r', [PODS], { ...crowd, [`${AGGREGATE}view`]: 'true' }));
    expect(facts.grant(patch('r', [{ op: 'add', path: '/rules/-', value: SECRETS }]))?.aggregatesTo).toEqual(['view']);
  });
});

describe('a label selector', () => {
  const labels: Labels = new Map([['a', '1']]);
  const says = (operator: string, key: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });
  test.each<[selected: boolean, selector: unknown]>([
    [true, {}],
    [true, { matchLabels: { a: '1' } }],
    [false, { matchLabels: { a: '2' } }],
    [false, { matchLabels: { a: '1', b: '1' } }],
    [true, says('In', 'a', '1', '2')],
    [false, says('In', 'b', '1')],
    [true, says('NotIn', 'b', '1')],
    [false, says('NotIn', 'a', '1')],
    [true, says('Exists', 'a')],
    [false, says('DoesNotExist', 'a')],
    [true, says('DoesNotExist', 'b')],
    [false, says('Near', 'a', '1')],
    [false, null],
    [false, 'a=1'],
    [false, [{}]],
  ])('%s: %j', (selected, selector) => {
    expect(selects(selector, labels)).toBe(selected);
  });
});
