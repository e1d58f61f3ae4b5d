import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classOf, identityOf } from '../../../src/engine/facts/identity.ts';
import type { ActorClass, User } from '../../../src/model/index.ts';
import { type RawUser, auditEvent, auditEventsFromFile } from '../../support/event.ts';

const AUTHENTICATED = 'system:authenticated';
const accountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
  AUTHENTICATED,
];
const TOKEN = { 'authentication.kubernetes.io/credential-id': ['JTI=1'] };
const CERTIFICATE = { 'authentication.kubernetes.io/credential-id': ['X509SHA256=1'] };
const OF_A_POD = { 'authentication.kubernetes.io/pod-name': ['web-1'] };
const DEPLOYER = 'system:serviceaccount:kube-system:deployment-controller';

const CASES: readonly (readonly [why: string, user: RawUser, expected: ActorClass])[] = [
  ['nobody', {}, 'unauthenticated'],
  ['anonymous', { username: 'system:anonymous', groups: ['system:unauthenticated'] }, 'anonymous'],
  ['a certificate named anonymous', { username: 'system:anonymous', groups: [AUTHENTICATED] }, 'human'],
  ['a person', { username: 'alice', groups: ['dev', AUTHENTICATED] }, 'human'],
  ['a person in masters', { username: 'root', groups: ['system:masters', AUTHENTICATED] }, 'human'],
  [
    'the controller manager',
    { username: 'system:kube-controller-manager', groups: [AUTHENTICATED], extra: CERTIFICATE },
    'control-plane',
  ],
  [
    'the controller manager of an old release',
    { username: 'system:kube-controller-manager', groups: [AUTHENTICATED] },
    'control-plane',
  ],
  [
    'its name, by a token',
    { username: 'system:kube-controller-manager', groups: [AUTHENTICATED], extra: TOKEN },
    'human',
  ],
  ['its name with something behind', { username: 'system:kube-controller-manager2', groups: [AUTHENTICATED] }, 'human'],
  ['a name under system:', { username: 'system:helper', groups: [AUTHENTICATED] }, 'human'],
  [
    'the API server',
    { username: 'system:apiserver', uid: 'u', groups: ['system:masters', AUTHENTICATED] },
    'control-plane',
  ],
  ['its name, without masters', { username: 'system:apiserver', uid: 'u', groups: [AUTHENTICATED] }, 'human'],
  [
    'its name, by certificate',
    { username: 'system:apiserver', groups: ['system:masters', AUTHENTICATED], extra: CERTIFICATE },
    'human',
  ],
  ['a node', { username: 'system:node:n1', groups: ['system:nodes', AUTHENTICATED], extra: CERTIFICATE }, 'node'],
  ['a node name without its group', { username: 'system:node:n1', groups: [AUTHENTICATED] }, 'human'],
  ['the group without a node name', { username: 'eve', groups: ['system:nodes', AUTHENTICATED] }, 'human'],
  ['a node without a name', { username: 'system:node:', groups: ['system:nodes', AUTHENTICATED] }, 'human'],
  [
    'a service account',
    { username: 'system:serviceaccount:data:etl', uid: 'u', groups: accountGroups('data'), extra: TOKEN },
    'serviceaccount',
  ],
  [
    'one of another release',
    { username: 'system:serviceaccount:data:etl', uid: 'u', groups: accountGroups('data') },
    'serviceaccount',
  ],
  ['its name as a certificate', { username: 'system:serviceaccount:data:etl', groups: [AUTHENTICATED] }, 'human'],
  [
    'name and groups as a certificate',
    { username: 'system:serviceaccount:data:etl', groups: accountGroups('data'), extra: CERTIFICATE },
    'human',
  ],
  [
    'groups of another namespace',
    { username: 'system:serviceaccount:data:etl', uid: 'u', groups: accountGroups('web') },
    'human',
  ],
  [
    'a name of three parts',
    { username: 'system:serviceaccount:data:etl:x', uid: 'u', groups: accountGroups('data') },
    'human',
  ],
  [
    'a control loop',
    { username: DEPLOYER, uid: 'u', groups: accountGroups('kube-system'), extra: TOKEN },
    'control-plane',
  ],
  [
    'a control loop of an old release',
    { username: DEPLOYER, uid: 'u', groups: accountGroups('kube-system') },
    'control-plane',
  ],
  [
    'its token in a pod',
    { username: DEPLOYER, uid: 'u', groups: accountGroups('kube-system'), extra: OF_A_POD },
    'serviceaccount',
  ],
  ['its groups without a uid', { username: DEPLOYER, groups: accountGroups('kube-system') }, 'serviceaccount'],
  [
    'its name in another namespace',
    { username: 'system:serviceaccount:dev:deployment-controller', uid: 'u', groups: accountGroups('dev') },
    'serviceaccount',
  ],
  [
    'a made-up controller in kube-system',
    { username: 'system:serviceaccount:kube-system:evil-controller', uid: 'u', groups: accountGroups('kube-system') },
    'serviceaccount',
  ],
];

const userOf = (user: RawUser): User => auditEvent({ user }).user;

describe('the class of an identity', () => {
  test.each(CASES)('%s', (_, user, expected) => {
    expect(classOf(userOf(user))).toBe(expected);
  });

  test('of everyone in a real cluster', () => {
    const events = auditEventsFromFile(new URL('../../fixtures/facts/users.ndjson', import.meta.url));
    const classes = new Map(events.map((event) => [event.user.name, classOf(event.user)]));
    expect(classes.size).toBeGreaterThan(15);
    const expected = (name: string): ActorClass => {
      const isAddOn = /kwok|external-secrets/.test(name);
      if (name.startsWith('system:serviceaccount:'))
        return name.startsWith('system:serviceaccount:kube-system:') && !isAddOn ? 'control-plane' : 'serviceaccount';
      return name.startsWith('system:') ? 'control-plane' : 'human';
    };
    expect([...classes]).toEqual([...classes.keys()].map((name) => [name, expected(name)]));
    expect([...new Set(classes.values())].sort()).toEqual(['control-plane', 'human', 'serviceaccount']);
  });
});

describe('who acts in an event', () => {
  const carol = { username: 'carol', groups: ['sre', AUTHENTICATED] };

  test('has a key and a readable label', () => {
    const told = (user: RawUser, sourceIPs = ['203.0.113.9', '10.0.0.9']): unknown => {
      const { key, label } = identityOf(auditEvent({ user, sourceIPs }));
      return [key, label];
    };
    expect(told({ username: 'alice', groups: [AUTHENTICATED] })).toEqual(['alice', 'User alice']);
    expect(told({ username: 'system:serviceaccount:data:etl', uid: 'u', groups: accountGroups('data') })).toEqual([
      'system:serviceaccount:data:etl',
      'Service account data:etl',
    ]);
    expect(told({ username: 'system:serviceaccount:data:etl', groups: [AUTHENTICATED] })).toEqual([
      'system:serviceaccount:data:etl',
      'User system:serviceaccount:data:etl (not a service account)',
    ]);
    expect(told({})).toEqual(['10.0.0.9', 'Unauthenticated client 10.0.0.9']);
    expect(told({}, [])).toEqual(['no address', 'Unauthenticated client of unknown address']);
    expect(told({ username: 'system:anonymous', groups: ['system:unauthenticated'] })).toEqual([
      'system:anonymous from 10.0.0.9',
      'Anonymous client 10.0.0.9',
    ]);
    expect(told({ username: 'system:node:n1', groups: ['system:nodes'] })).toEqual(['system:node:n1', 'Node n1']);
    expect(told({ username: 'system:kube-scheduler', groups: [AUTHENTICATED] })).toEqual([
      'system:kube-scheduler',
      'Control plane kube-scheduler',
    ]);
    expect(told({ username: 'eve\u202e\u001b[31m', groups: [AUTHENTICATED] })).toEqual([
      'eve%202e;%1b;[31m',
      String.raw`User eve\u{202e}\u{1b}[31m`,
    ]);
  });

  test.each<readonly [string, RawUser, RawUser, ActorClass]>([
    ['a person as a person', carol, { username: 'root', groups: ['system:masters', AUTHENTICATED] }, 'human'],
    ['a person as the scheduler', carol, { username: 'system:kube-scheduler', groups: [AUTHENTICATED] }, 'human'],
    ['a person as a node', carol, { username: 'system:node:n1', groups: ['system:nodes', AUTHENTICATED] }, 'human'],
    ['a person as anonymous', carol, { username: 'system:anonymous', groups: ['system:unauthenticated'] }, 'human'],
    [
      'a person as a service account',
      carol,
      { username: 'system:serviceaccount:a:b', groups: accountGroups('a') },
      'serviceaccount',
    ],
    [
      'a person as a control loop',
      carol,
      { username: DEPLOYER, groups: accountGroups('kube-system') },
      'serviceaccount',
    ],
    [
      'the scheduler as a node',
      { username: 'system:kube-scheduler', groups: [AUTHENTICATED] },
      { username: 'system:node:n1', groups: ['system:nodes'] },
      'human',
    ],
    [
      'a service account as a person',
      { username: 'system:serviceaccount:cattle-system:cattle', uid: 'u', groups: accountGroups('cattle-system') },
      { username: 'u-1', groups: [AUTHENTICATED] },
      'human',
    ],
  ])('an impersonator gains no exemption: %s', (_, user, impersonatedUser, expected) => {
    const identity = identityOf(auditEvent({ user, impersonatedUser }));
    expect(identity.class).toBe(expected);
    expect(identity.key).toContain(`${user.username} as ${impersonatedUser.username}`);
  });

  test('says whose rights were put on', () => {
    const impersonatedUser = { username: 'root', groups: ['system:masters'] };
    expect(identityOf(auditEvent({ user: carol, impersonatedUser }))).toEqual({
      key: 'carol as root',
      class: 'human',
      label: 'User carol as root (system:masters)',
    });
  });

  const names = fc.oneof(
    fc.constantFrom(
      'alice',
      'carol as root',
      '10.0.0.9',
      'no address',
      'system:anonymous from 10.0.0.9',
      'a%20;b',
      'a b',
      '~',
      '%31;0.0.0.9',
    ),
    fc.string({ unit: fc.constantFrom(...'ab.:%;~\u202e\ud800é😀 \0'), minLength: 1, maxLength: 400 }),
    fc.string({ minLength: 1, maxLength: 20 }),
  );
  const actors = fc.record({ name: names, worn: fc.option(names), isLogin: fc.boolean(), isAnonymous: fc.boolean() });

  test('keys are short and never meet', () => {
    const identify = ({
      name,
      worn,
      isLogin,
      isAnonymous,
    }: {
      name: string;
      worn: string | null;
      isLogin: boolean;
      isAnonymous: boolean;
    }) => {
      const known: RawUser = { username: name, groups: [isAnonymous ? 'system:unauthenticated' : AUTHENTICATED] };
      return identityOf(
        auditEvent({
          user: isLogin ? {} : known,
          sourceIPs: ['10.0.0.9'],
          impersonatedUser: worn === null ? undefined : { username: worn, groups: [AUTHENTICATED] },
        } as never),
      );
    };
    const meaning = (actor: { name: string; worn: string | null; isLogin: boolean; isAnonymous: boolean }): string =>
      JSON.stringify([actor.isLogin ? '' : actor.name, actor.worn, actor.isLogin || actor.isAnonymous]);
    fc.assert(
      fc.property(actors, actors, (a, b) => {
        const [one, other] = [identify(a), identify(b)];
        expect(one.key.length).toBeLessThan(300);
        expect(one.key).toMatch(/^[ -~]+$/);
        expect(one.label.length).toBeLessThan(400);
        expect(identify(a)).toEqual(one);
        // Keys must differ whenever the actors do.
        expect(meaning(a) !== meaning(b) && one.key === other.key).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
