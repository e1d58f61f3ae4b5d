import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { strengthOf } from '../../../src/engine/facts/rules.ts';
import type { Strength } from '../../../src/model/index.ts';

const rule = (apiGroups: string, resources: string, verbs: string, ...resourceNames: string[]): object => ({
  apiGroups: apiGroups.split(','),
  resources: resources.split(','),
  verbs: verbs.split(','),
  ...(resourceNames.length > 0 && { resourceNames }),
});
const RBAC = 'rbac.authorization.k8s.io';

const CASES: readonly (readonly [why: string, rules: unknown, strength: Strength, because: RegExp | ''])[] = [
  ['everything', [rule('*', '*', '*')], 'admin', /^all verbs on all resources$/],
  ['everything, in many words', [rule('apps,*', 'pods,*', 'get,*')], 'admin', /all verbs/],
  ['everything, for named objects', [rule('*', '*', '*', 'x')], 'admin', /may escalate/],
  ['everything of core', [rule('', '*', '*')], 'admin', /impersonate any user/],
  ['everything of an operator', [rule('example.com', '*', '*')], 'ordinary', ''],
  ['every write', [rule('*', '*', 'get,create,update,patch,delete')], 'strong', /may write all resources/],
  ['every read', [rule('*', '*', 'get,list,watch')], 'strong', /nodes\/proxy/],
  ['every list', [rule('*', '*', 'list,watch')], 'secrets', /may read secrets/],
  ['impersonate anyone', [rule('', 'users', 'impersonate')], 'admin', /any user or group/],
  ['impersonate one', [rule('', 'users', 'impersonate', 'bob')], 'strong', /named users/],
  ['impersonate masters', [rule('', 'groups', 'impersonate', 'system:masters')], 'admin', /system:masters/],
  ['impersonate service accounts', [rule('', 'serviceaccounts', 'impersonate')], 'strong', /service accounts/],
  [
    'impersonate as 1.36 has it',
    [rule('authentication.k8s.io', 'users', 'impersonate:user-info')],
    'strong',
    /constrained/,
  ],
  ['escalate', [rule(RBAC, 'clusterroles', 'escalate')], 'strong', /escalate/],
  ['escalate with bind', [rule(RBAC, 'clusterroles', 'escalate'), rule(RBAC, 'clusterroles', 'bind')], 'admin', /bind/],
  ['bind', [rule(RBAC, 'clusterroles', 'bind')], 'strong', /may bind roles/],
  ['bind the strong', [rule(RBAC, 'clusterroles', 'bind', 'view', 'cluster-admin')], 'strong', /may bind roles/],
  ['bind the harmless', [rule(RBAC, 'clusterroles', 'bind', 'view')], 'ordinary', ''],
  ['escalate in a wrong group', [rule('apps', 'clusterroles', 'escalate')], 'ordinary', ''],
  ['write roles', [rule(RBAC, 'roles', 'patch')], 'strong', /may write roles/],
  ['write bindings', [rule(RBAC, 'rolebindings', 'create')], 'strong', /role bindings/],
  ['delete bindings', [rule(RBAC, 'rolebindings', 'delete')], 'ordinary', ''],
  ['exec', [rule('', 'pods/exec', 'create')], 'strong', /commands in pods/],
  ['exec by websocket', [rule('', 'pods/exec', 'get')], 'strong', /commands in pods/],
  ['exec of any parent', [rule('', '*/exec', 'create')], 'strong', /commands in pods/],
  ['a star that means nothing', [rule('', 'pods/*', 'create')], 'ordinary', ''],
  ['debug containers', [rule('', 'pods/ephemeralcontainers', 'patch')], 'strong', /debug/],
  ['kubelets', [rule('', 'nodes/proxy', 'get')], 'strong', /kubelets/],
  ['tokens', [rule('', 'serviceaccounts/token', 'create', 'x')], 'strong', /tokens/],
  [
    'client certificates',
    [rule('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/kube-apiserver-client')],
    'strong',
    /certificates/,
  ],
  ['other certificates', [rule('certificates.k8s.io', 'signers', 'approve', 'example.com/x')], 'ordinary', ''],
  [
    'admission',
    [rule('admissionregistration.k8s.io', 'mutatingwebhookconfigurations', 'update')],
    'strong',
    /admission/,
  ],
  [
    'its own webhook',
    [rule('admissionregistration.k8s.io', 'mutatingwebhookconfigurations', 'update', 'mine')],
    'ordinary',
    '',
  ],
  ['API services', [rule('apiregistration.k8s.io', 'apiservices', 'update')], 'strong', /API services/],
  ['volumes', [rule('', 'persistentvolumes', 'create')], 'strong', /volumes/],
  ['secrets, wholly', [rule('', 'secrets', '*')], 'strong', /^all verbs on secrets$/],
  ['secrets, read', [rule('', 'configmaps,secrets', 'watch')], 'secrets', /^may read secrets$/],
  ['secrets, by name', [rule('', 'secrets', 'get', 'tls')], 'ordinary', /named secrets/],
  ['secrets, written', [rule('', 'secrets', 'create')], 'ordinary', ''],
  ['secrets of another group', [rule('example.com', 'secrets', 'get')], 'ordinary', ''],
  ['workloads', [rule('apps', 'deployments', 'create,patch')], 'ordinary', /workloads/],
  ['reading pods', [rule('', 'pods,pods/log', 'get,list,watch')], 'ordinary', ''],
  ['paths only', [{ nonResourceURLs: ['*'], verbs: ['*'] }], 'ordinary', ''],
  ['no rules', [], 'ordinary', ''],
  ['null', null, 'ordinary', ''],
  ['rules not to be seen', undefined, 'unknown', ''],
  ['no list', 'x', 'unknown', ''],
  ['a role object', { rules: [rule('*', '*', '*')] }, 'admin', /all verbs/],
  ['a role without rules', { rules: null }, 'ordinary', ''],
  [
    'rubbish',
    [null, 7, 'x', [], { verbs: 'get', resources: 7, apiGroups: { a: 1 } }, { verbs: [7, null, '*'] }],
    'ordinary',
    '',
  ],
];

describe('the strength of rules', () => {
  test.each(CASES)('%s', (_, rules, strength, because) => {
    const judged = strengthOf(rules);
    expect(judged.strength).toBe(strength);
    expect(judged.because.join('; ')).toMatch(because === '' ? /^$/ : because);
  });

  const word = fc.constantFrom(
    '*',
    '',
    'get',
    'create',
    'bind',
    'escalate',
    'secrets',
    'pods',
    'pods/exec',
    RBAC,
    'roles',
    'users',
    'impersonate',
    'groups',
  );
  const words = fc.array(word, { maxLength: 3 });
  const someRule = fc.oneof(
    { weight: 4, arbitrary: fc.record({ apiGroups: words, resources: words, verbs: words }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(rule('', 'secrets', 'get'), rule('', 'pods/exec', 'create'), rule('*', '*', '*')),
    },
  );
  const DEGREES: readonly Strength[] = ['ordinary', 'secrets', 'strong', 'admin'];

  test('more rules are never weaker, and their order does not matter', () => {
    const seen = new Set<Strength>();
    fc.assert(
      fc.property(fc.array(someRule, { maxLength: 5 }), someRule, (rules, more) => {
        const before = strengthOf(rules);
        const after = strengthOf([...rules, more]);
        seen.add(after.strength);
        expect(DEGREES.indexOf(after.strength)).toBeGreaterThanOrEqual(DEGREES.indexOf(before.strength));
        expect(strengthOf([more, ...rules])).toEqual(after);
        expect(new Set(after.because).size).toBe(after.because.length);
        expect(after.strength === 'ordinary' || after.because.length > 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect([...seen].sort()).toEqual(['admin', 'ordinary', 'secrets', 'strong']);
  });

  test('any JSON is judged without a throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect([...DEGREES, 'unknown']).toContain(strengthOf(value).strength);
      }),
    );
  });
});
