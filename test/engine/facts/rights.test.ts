import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PERMISSIONS } from '../../../src/engine/facts/permissions.ts';
import { gained, joined, NO_RIGHTS, within } from '../../../src/engine/facts/rights.ts';
import { strengthOf } from '../../../src/engine/facts/rules.ts';

const rule = (group: string, resource: string, verb: string) => ({
  apiGroups: [group],
  resources: [resource],
  verbs: [verb],
});
const one = PERMISSIONS.map(({ group, resources, verbs }) => rule(group, resources[0]!, verbs[0]!));
const rules = fc.array(fc.constantFrom(...one, rule('*', '*', '*'), rule('', 'pods', 'get')), { maxLength: 5 });

test('what is gained and what was there are together what is there now', () => {
  fc.assert(
    fc.property(rules, rules, (a, b) => {
      const [before, after] = [strengthOf(a), strengthOf([...a, ...b])];
      const more = gained(before, after);
      expect(new Set(joined(before, more).because)).toEqual(new Set(after.because));
      expect(gained(after, before)).toEqual(NO_RIGHTS);
      expect(gained(NO_RIGHTS, after)).toEqual(after.because.length > 0 ? after : NO_RIGHTS);
    }),
    { numRuns: 500 },
  );
});

test('joining is judging the rules together', () => {
  fc.assert(
    fc.property(rules, rules, (a, b) => {
      const both = joined(strengthOf(a), strengthOf(b));
      const whole = strengthOf([...a, ...b]);
      expect([both.strength, new Set(both.because)]).toEqual([whole.strength, new Set(whole.because)]);
    }),
    { numRuns: 500 },
  );
});

test('escalate and bind are everything together, from whichever role', () => {
  const escalate = strengthOf([rule('rbac.authorization.k8s.io', 'roles', 'escalate')]);
  const bind = strengthOf([rule('rbac.authorization.k8s.io', 'roles', 'bind')]);
  expect([escalate.strength, bind.strength, joined(escalate, bind).strength]).toEqual(['strong', 'strong', 'admin']);
  expect(gained(escalate, joined(escalate, bind))).toEqual({ strength: 'admin', because: ['may bind roles'] });
});

test('a narrower right is no gain for one who holds the wider', () => {
  const all = strengthOf([rule('', 'secrets', '*')]);
  expect(gained(all, strengthOf([rule('', 'secrets', 'get')]))).toEqual(NO_RIGHTS);
  expect(gained(strengthOf([rule('*', '*', '*')]), all)).toEqual(NO_RIGHTS);
});

test('rights on what stands in no namespace are worth nothing within one', () => {
  const rights = strengthOf([
    rule('', 'users', 'impersonate'),
    rule('', 'nodes/proxy', 'get'),
    rule('', 'secrets', 'get'),
  ]);
  expect(rights.strength).toBe('admin');
  expect(within(rights, '')).toBe(rights);
  expect(within(rights, 'web')).toEqual({ strength: 'secrets', because: ['may read secrets'] });
  const all = strengthOf([rule('*', '*', '*')]);
  expect(within(all, 'web')).toBe(all);
});
