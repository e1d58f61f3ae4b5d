import type { RawEvent, RawUser } from '../support/event.ts';
import { isAttacker } from './clients.ts';
import type { Rewrite } from './scene.ts';

const CREDENTIAL = 'authentication.kubernetes.io/credential-id';

/** The attacker's requests by someone else, with that name in what the API server answered. */
const by =
  (change: (event: RawEvent) => Partial<RawEvent>): Rewrite =>
  (event) =>
    isAttacker(event.sourceIPs) ? [named({ ...event, ...change(event) })] : [event];

/** Refusals name whoever was refused. */
function named(event: RawEvent): RawEvent {
  const message = event.responseStatus?.['message'];
  if (typeof message !== 'string') return event;
  const text = message.replace(/\b([Uu]ser) "[^"]*"/, `$1 "${event.user?.username ?? ''}"`);
  return { ...event, responseStatus: { ...event.responseStatus, message: text } };
}

const as = (user: RawUser): Rewrite => by(() => ({ user }));

/** The same deeds by other kinds of identities. */
export const IDENTITIES: Readonly<Record<string, Rewrite>> = {
  'a person with a certificate': as({
    username: 'eve',
    groups: ['interns', 'system:authenticated'],
    extra: { [CREDENTIAL]: ['X509SHA256=3fd0f9ceeeed88cd10c992cff0a374b4098598e17f92b83f3130e3d8a7c6a650'] },
  }),
  'a person of the single sign-on': as({
    username: 'https://login.example.com#eve',
    groups: ['oidc:interns', 'system:authenticated'],
  }),
  'a stolen kubelet certificate': as({
    username: 'system:node:worker-7',
    groups: ['system:nodes', 'system:authenticated'],
    extra: { [CREDENTIAL]: ['X509SHA256=0fd0f9ceeeed88cd10c992cff0a374b4098598e17f92b83f3130e3d8a7c6a650'] },
  }),
  'a stolen token of the control plane': as({
    username: 'system:serviceaccount:kube-system:generic-garbage-collector',
    uid: 'fcd05e0d-a8c3-4708-8165-8c393761356b',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    extra: { [CREDENTIAL]: ['JTI=691a7589-4e6d-482d-8ab7-c7aa4c203b6a'] },
  }),
  'a default service account': as({
    username: 'system:serviceaccount:default:default',
    uid: 'acd05e0d-a8c3-4708-8165-8c393761356b',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  }),
  'nobody who logged in': as({ username: 'system:anonymous', groups: ['system:unauthenticated'] }),
  'someone acting as another': by(({ user }) => ({
    user: { username: 'eve', groups: ['interns', 'system:authenticated'] },
    ...(user && { impersonatedUser: user }),
  })),
};
