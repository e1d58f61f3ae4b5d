import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exceptions, readHits } from '../../src/engine/exceptions.ts';
import type { AuditEvent, Exception } from '../../src/model/index.ts';
import { hostileText } from '../support/alert.ts';
import { auditEvent, type RawEvent } from '../support/event.ts';

const T = 1_800_000_000_000_000;

const exception = (scope: Partial<Exception> = {}): Exception => ({
  id: 'known',
  reason: 'It is known.',
  author: 'sre',
  expires: T + 1_000,
  ...scope,
});

const event = (raw: RawEvent = {}, over: Partial<AuditEvent> = {}): AuditEvent =>
  auditEvent(
    {
      verb: 'get',
      objectRef: { resource: 'secrets', namespace: 'web', name: 'db-main' },
      sourceIPs: ['1.2.3.4', '10.2.0.7'],
      ...raw,
    },
    { time: T, cluster: 'prod-eu', ...over },
  );
const as = (user: string, effective?: string): RawEvent => ({
  user: { username: user },
  ...(effective !== undefined && { impersonatedUser: { username: effective } }),
});
const on = (resource: string, subresource = '', name = '', namespace = ''): RawEvent => ({
  objectRef: { resource, ...(subresource && { subresource }), ...(name && { name }), ...(namespace && { namespace }) },
});

const mutes = (scope: Partial<Exception>, what: AuditEvent, detector = 'secret-reads'): boolean =>
  new Exceptions([exception(scope)]).mute(detector, what) === 'known';

describe('an exception', () => {
  it.each<[string, Partial<Exception>, AuditEvent, boolean]>([
    ['a detector', { detectors: ['exec-into-pod', 'secret-reads'] }, event(), true],
    ['another detector', { detectors: ['exec-into-pod'] }, event(), false],
    ['a cluster', { clusters: ['prod-*'] }, event(), true],
    ['another cluster', { clusters: ['prod'] }, event(), false],
    ['no cluster', { clusters: ['*'] }, event({}, { cluster: '' }), false],
    ['a namespace', { namespaces: ['web'] }, event(), true],
    ['a namespace that begins alike', { namespaces: ['web'] }, event(on('secrets', '', 'x', 'web-2')), false],
    ['a request across namespaces', { namespaces: ['*'] }, event(on('secrets')), false],
    ['a path without an object', { namespaces: ['*'] }, event({ objectRef: undefined as never }), false],

    ['a user', { identities: ['alice'] }, event(as('alice')), true],
    ['a user of a pattern', { identities: ['bob', 'system:serviceaccount:web:*'] }, event(as('system:serviceaccount:web:app')), true], // prettier-ignore
    ['another user', { identities: ['alice'] }, event(as('mallory')), false],
    ['another who acts as the user', { identities: ['alice'] }, event(as('mallory', 'alice')), false],
    ['the user acting as another', { identities: ['alice'] }, event(as('alice', 'system:admin')), false],
    ['the user acting as itself, with other groups maybe', { identities: ['alice'] }, event(as('alice', 'alice')), false], // prettier-ignore
    ['anybody acting as another', { identities: ['*'] }, event(as('alice', 'bob')), false],
    ['the user acting as another, as stated', { identities: [{ user: 'alice', as: 'system:admin' }] }, event(as('alice', 'system:admin')), true], // prettier-ignore
    ['the user acting as yet another', { identities: [{ user: 'alice', as: 'system:admin' }] }, event(as('alice', 'bob')), false], // prettier-ignore
    ['the other alone', { identities: [{ user: 'alice', as: 'system:admin' }] }, event(as('system:admin')), false],
    ['the user alone', { identities: [{ user: 'alice', as: 'system:admin' }] }, event(as('alice')), false],
    ['both the wrong way round', { identities: [{ user: 'alice', as: 'bob' }] }, event(as('bob', 'alice')), false],
    ['nobody logged in', { identities: ['*'] }, event({ user: {} }), false],
    ['nobody acting as another', { identities: [{ user: '*', as: '*' }] }, event({ user: {}, impersonatedUser: { username: 'alice' } }), false], // prettier-ignore
    ['acting as nobody', { identities: [{ user: '*', as: '*' }] }, event(as('alice', '')), false],

    ['an object', { objects: ['secrets/db-*'] }, event(), true],
    ['another name', { objects: ['secrets/db-*'] }, event(on('secrets', '', 'tls', 'web')), false],
    ['another type', { objects: ['secrets/db-*'] }, event(on('configmaps', '', 'db-main', 'web')), false],
    ['a list, where a name is asked for', { objects: ['secrets/db-*'] }, event(on('secrets', '', '', 'web')), false],
    ['a list, where any name will do', { objects: ['secrets/*'] }, event(on('secrets', '', '', 'web')), true],
    ['exec into a pod, where pods are meant', { objects: ['pods/*'] }, event(on('pods', 'exec', 'web-1', 'web')), false], // prettier-ignore
    ['exec into a pod, as stated', { objects: ['pods/exec/web-*'] }, event(on('pods', 'exec', 'web-1', 'web')), true],
    ['a pod named exec', { objects: ['pods/exec/web-*'] }, event(on('pods', '', 'exec', 'web')), false],
    ['any way into a pod', { objects: ['pods/*/web-*'] }, event(on('pods', 'attach', 'web-1', 'web')), true],
    ['no object', { objects: ['*/*'] }, event({ objectRef: undefined as never }), false],

    ['a source', { sources: ['192.168.0.0/16', '10.2.0.0/16'] }, event(), true],
    ['an address that the client claims', { sources: ['1.2.3.4'] }, event(), false],
    ['another source', { sources: ['10.3.0.0/16'] }, event(), false],
    ['no source', { sources: ['0.0.0.0/0', '::/0'] }, event({ sourceIPs: [] }), false],

    ['all scopes at once', { clusters: ['prod-eu'], namespaces: ['web'], identities: ['alice'], objects: ['secrets/*'], sources: ['10.2.0.7'] }, event(), true], // prettier-ignore
    ['all scopes but one', { clusters: ['prod-eu'], namespaces: ['web'], identities: ['alice'], objects: ['secrets/*'], sources: ['10.2.0.8'] }, event(), false], // prettier-ignore

    ['the last moment', { namespaces: ['web'], expires: T + 1 }, event(), true],
    ['the moment of its end', { namespaces: ['web'], expires: T }, event(), false],
  ])('%s', (_, scope, what, expected) => expect(mutes(scope, what)).toBe(expected));

  it('for one user covers no other name, whatever an attacker is called', () => {
    let others = 0;
    fc.assert(
      fc.property(hostileText(), hostileText(), (user, effective) => {
        const scope = { identities: ['alice', { user: 'alice', as: 'bob' }] };
        expect(mutes(scope, event(as(user)))).toBe(user === 'alice');
        expect(mutes(scope, event(as(user, effective)))).toBe(user === 'alice' && effective === 'bob');
        expect(mutes(scope, event(as('alice', effective)))).toBe(effective === 'bob');
        expect(mutes(scope, event({ ...as('eve'), ...on(user, effective, 'alice', 'alice') }))).toBe(false);
        others += 1;
      }),
    );
    expect(others).toBeGreaterThan(50);
  });
});

describe('exceptions', () => {
  const two = [exception({ id: 'first', namespaces: ['web'] }), exception({ id: 'second', identities: ['alice'] })];
  const rowsOf = (exceptions: Exceptions): Map<string, string | null> => {
    const rows = new Map<string, string | null>();
    exceptions.collect((key, value) => rows.set(key, value as string | null));
    return rows;
  };

  it('mute by the first that matches', () => {
    const exceptions = new Exceptions(two);
    expect(exceptions.mute('secret-reads', event())).toBe('first');
    expect(exceptions.mute('secret-reads', event(on('secrets', '', 'x', 'data')))).toBe('second');
    expect(exceptions.mute('secret-reads', event({ ...as('bob'), ...on('nodes') }))).toBeUndefined();
  });

  it('count hits, the last of them, and since when they were looked at', () => {
    const exceptions = new Exceptions([exception({ detectors: ['secret-reads'], namespaces: ['web'] })]);
    const at = (time: number, raw: RawEvent = {}, detector = 'secret-reads') =>
      exceptions.mute(detector, event(raw, { time }));
    at(T - 50, {}, 'exec-into-pod');
    expect(exceptions.hits.size).toBe(0);
    at(T - 40, on('secrets'));
    expect(exceptions.hits.get('known')).toEqual({ since: T - 40, findings: 0 });
    at(T - 10);
    at(T - 20);
    at(T + 1_000);
    expect(exceptions.hits.get('known')).toEqual({ since: T - 40, findings: 2, last: T - 10 });
  });

  it('hand out what changed, once, and go on after a restore as if nothing had happened', () => {
    const [whole, first] = [new Exceptions(two), new Exceptions(two)];
    for (const each of [whole, first]) each.mute('secret-reads', event());
    const rows = rowsOf(first);
    expect([...rows.keys()]).toEqual(['first']);
    expect(readHits(rows.get('first')!)).toEqual({ since: T, findings: 1, last: T });
    expect(rowsOf(first).size).toBe(0);
    const restored = new Exceptions(two);
    for (const [key, value] of rows) restored.restore(key, new TextEncoder().encode(value!));
    expect(rowsOf(restored).size).toBe(0);
    for (const each of [whole, restored]) each.mute('secret-reads', event({}, { time: T + 5 }));
    expect(rowsOf(restored)).toEqual(rowsOf(whole));
    expect([...restored.hits]).toEqual([...whole.hits]);
  });

  it('write nothing for findings that none mutes, once they are looked at', () => {
    const exceptions = new Exceptions(two);
    exceptions.mute('secret-reads', event({ ...as('bob'), ...on('nodes') }));
    rowsOf(exceptions);
    for (let time = T; time < T + 100; time += 1)
      exceptions.mute('secret-reads', event({ ...as('bob'), ...on('nodes') }, { time }));
    expect(rowsOf(exceptions).size).toBe(0);
  });

  it('forget the hits of one that is gone', () => {
    const exceptions = new Exceptions([]);
    exceptions.restore('gone', '{"since":1,"findings":3,"last":2}');
    expect([...rowsOf(exceptions)]).toEqual([['gone', null]]);
    expect(exceptions.hits.size).toBe(0);
  });
});
