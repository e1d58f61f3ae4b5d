import { describe, expect, it } from 'vitest';
import { Dispatch, type Dispatchable } from '../../src/engine/dispatch.ts';
import type { Interest } from '../../src/model/index.ts';

const event = (over: Partial<Dispatchable>): Dispatchable => ({
  resource: 'pods',
  apiGroup: '',
  verb: 'get',
  code: 200,
  final: true,
  ...over,
});

function wants(interest: Interest, over: Partial<Dispatchable>, reused = false, admits = () => false): boolean {
  const into: number[] = [];
  return new Dispatch([[interest]]).match(event(over), reused, into, admits) === 1;
}

describe('dispatch', () => {
  it.each<[Interest, Partial<Dispatchable>, boolean]>([
    [{}, {}, true],
    [{ resources: ['secrets'] }, { resource: 'secrets' }, true],
    [{ resources: ['secrets'] }, { resource: 'secrets/status' }, false],
    [{ resources: ['secrets'] }, { resource: '' }, false],
    [{ resources: ['pods/exec'] }, { resource: 'pods/exec' }, true],
    [{ resources: ['pods/exec'] }, { resource: 'pods' }, false],
    [{ resources: ['*/proxy'] }, { resource: 'nodes/proxy' }, true],
    [{ resources: ['*/proxy'] }, { resource: 'nodes' }, false],
    [{ resources: ['pods/*'] }, { resource: 'pods/log' }, true],
    [{ resources: ['pods/*'] }, { resource: 'pods' }, true],
    [{ verbs: ['list'] }, { verb: 'list' }, true],
    [{ verbs: ['list'] }, { verb: 'LIST' }, false],
    [{ apiGroups: ['rbac.authorization.k8s.io'] }, { apiGroup: 'rbac.authorization.k8s.io' }, true],
    [{ apiGroups: ['rbac.authorization.k8s.io'] }, {}, false],
    [{ outcome: 'refused' }, { code: 403 }, true],
    [{ outcome: 'refused' }, { code: 401 }, true],
    [{ outcome: 'refused' }, { code: 404 }, false],
    [{ outcome: 'success' }, { code: 101 }, true],
    [{ outcome: 'success' }, { code: 0 }, false],
    [{ outcome: 'failure' }, { code: 500 }, true],
    [{ final: true }, { final: false }, false],
  ])('%o on %o: %s', (interest, over, expected) => {
    expect(wants(interest, over)).toBe(expected);
  });

  it('asks who it is by only where everything else holds', () => {
    const by = { verbs: ['list'], by: 'refused' } as const;
    expect(wants(by, { verb: 'list' }, false, () => true)).toBe(true);
    expect(wants(by, { verb: 'list' }, false, () => false)).toBe(false);
    const never = () => {
      throw new Error('asked');
    };
    expect(wants(by, { verb: 'get' }, false, never)).toBe(false);
    expect(wants({ verbs: ['list'] }, { verb: 'list' }, false, never)).toBe(true);
  });

  it('tells reused Audit-IDs apart', () => {
    expect(wants({ reusedAuditId: true }, {}, true)).toBe(true);
    expect(wants({ reusedAuditId: true }, {}, false)).toBe(false);
  });

  it('names each subscriber once, in order, whatever was asked before', () => {
    const dispatch = new Dispatch([[{ verbs: ['get'] }, { resources: ['pods'] }], [{ resources: ['secrets'] }], [{}]]);
    const into: number[] = [];
    expect(
      into.slice(
        0,
        dispatch.match(event({}), false, into, () => true),
      ),
    ).toEqual([0, 2]);
    expect(
      into.slice(
        0,
        dispatch.match(event({ resource: 'secrets', verb: 'list' }), false, into, () => true),
      ),
    ).toEqual([1, 2]);
    expect(
      into.slice(
        0,
        dispatch.match(event({ resource: 'x', verb: 'watch' }), false, into, () => true),
      ),
    ).toEqual([2]);
  });
});
