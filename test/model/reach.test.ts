import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedFor, pathOf, reachOf, whereOf } from '../../src/model/index.ts';
import { auditEvent, type RawEvent } from '../support/event.ts';

const asked = (raw: RawEvent): string =>
  askedFor(auditEvent({ responseStatus: { code: 403 }, annotations: {}, ...raw }));
const list = (resource: string, namespace = ''): RawEvent => ({ verb: 'list', objectRef: { resource, namespace } });

test('lists, watches and paths count in full, what is asked for by name a quarter', () => {
  const things = [
    list('pods', 'web'),
    list('pods', 'shop'),
    { verb: 'watch', objectRef: { resource: 'pods', namespace: 'web' } },
    { verb: 'get', requestURI: '/metrics?x=1' },
    ...['a', 'b'].map((name) => ({ verb: 'get', objectRef: { resource: 'secrets', namespace: 'web', name } })),
    { verb: 'patch', objectRef: { resource: 'secrets', namespace: 'web', name: 'a' } },
    { verb: 'create', objectRef: { resource: 'pods', subresource: 'exec', namespace: 'web', name: 'a' } },
    { verb: 'list', objectRef: { resource: 'nodes' } },
  ].map(asked);
  const { cells, scopes, kinds, sensitive, telling, writes } = reachOf([...new Set(things)]);
  expect({ cells, scopes: [...scopes], kinds, sensitive, telling, writes }).toEqual({
    cells: 5,
    scopes: ['web', 'shop', ''],
    kinds: ['pods', '/metrics', 'secrets', 'pods/exec', 'nodes'],
    sensitive: 2,
    telling: 1,
    writes: 2,
  });
});

test('whom somebody tries to be tells the tries apart', () => {
  const tries = ['users "a"', 'users "b"', 'groups "system:masters"'].map((whom) =>
    asked({
      ...list('pods', 'web'),
      responseStatus: { code: 403, message: `${whom} is forbidden: User "dave" cannot impersonate resource "users"` },
    }),
  );
  expect(reachOf(tries)).toMatchObject({ cells: 3, kinds: ['impersonation'], telling: 1 });
});

test('names make no difference, nor does the order of things', () => {
  const thing = fc.record({
    verb: fc.constantFrom('list', 'watch', 'get', 'create', 'delete'),
    resource: fc.constantFrom('pods', 'secrets', 'nodes', 'roles'),
    namespace: fc.constantFrom('', 'web', 'shop'),
    name: fc.string(),
  });
  fc.assert(
    fc.property(fc.array(thing, { minLength: 1 }), (all) => {
      const named = all.map(({ verb, ...objectRef }) => asked({ verb, objectRef }));
      const unnamed = all.map(({ verb, ...objectRef }) => asked({ verb, objectRef: { ...objectRef, name: '' } }));
      expect(named).toEqual(unnamed);
      const things = [...new Set(named)];
      const [there, back] = [reachOf(things), reachOf(things.toReversed())];
      expect(there.cells).toBe(back.cells);
      expect(there.cells).toBeGreaterThan(0);
      expect([there.kinds.length, there.scopes.size, there.writes]).toEqual([
        back.kinds.length,
        back.scopes.size,
        back.writes,
      ]);
    }),
  );
});

test.each([
  ['/api?timeout=32s', '/api'],
  ['/debug/pprof/', '/debug/pprof'],
  ['/', '/'],
  ['', ''],
  ['/a//', '/a/'],
])('the path of %s is %s', (uri, path) => expect(pathOf(uri)).toBe(path));

test('nothing reaches nowhere', () => {
  expect(reachOf([])).toMatchObject({ cells: 0, kinds: [], sensitive: 0, telling: 0, writes: 0 });
});

test.each([
  [[], ''],
  [[''], 'cluster-wide'],
  [['web'], 'in 1 namespace'],
  [['', 'web', 'shop'], 'in 2 namespaces and cluster-wide'],
])('%j is told as "%s"', (scopes, told) => expect(whereOf(new Set(scopes))).toBe(told));
