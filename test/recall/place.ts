import type { RawEvent, RawUser } from '../support/event.ts';
import type { Rewrite } from './scene.ts';

/** A cluster elsewhere: how it names things, who its people are, where requests come from. */
interface Place {
  /** Old name → new name, wherever it stands as a whole name in a text. */
  readonly names: Readonly<Record<string, string>>;
  /** What people are there, by their new name; all of it replaces what the capture has. */
  readonly person?: (name: string, groups: readonly string[]) => RawUser;
  readonly addresses: (address: string) => string;
  readonly agents?: (agent: string) => string;
  readonly hours: number;
  readonly also?: (event: RawEvent) => RawEvent;
}

/** Names of the captures that are the cluster's own choice, in the order of `names`. */
const CHOSEN = `
  web payments data dev ci frontend etl gitops deployer backup mallory carol alice bob dave shell postgres-0
  api-c85478c88-hkph7 node-1 node-2 gitops-root etl-secret-reader gitops-admin grab role-editor db-creds registry-pull
  tls-cert app-config contractors`;

const wordsOf = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Names in the order of CHOSEN; those that are left out stay. */
export const named = (names: string): Readonly<Record<string, string>> => {
  const chosen = wordsOf(names);
  return Object.fromEntries(wordsOf(CHOSEN).map((old, index) => [old, chosen[index] ?? old]));
};

const BOUND = 'authentication.kubernetes.io/pod-name';
const CREDENTIAL = 'authentication.kubernetes.io/credential-id';

const shifted = (text: string, hours: number): string => {
  const [, seconds = '', fraction = ''] = /^([^.Z]+)(\.\d+)?Z$/.exec(text) ?? [];
  return `${new Date(Date.parse(`${seconds}Z`) + hours * 3_600_000).toISOString().slice(0, 19)}${fraction}Z`;
};

const isPerson = ({ username = '' }: RawUser): boolean => username !== '' && !username.startsWith('system:');

/** The capture's events as that cluster would have logged them. */
export function moved({ names, person, addresses, agents, hours, also }: Place): Rewrite {
  const known = Object.keys(names).toSorted((a, b) => b.length - a.length);
  const name = new RegExp(`(?<=^|[/:"= ])(?:${known.join('|')})(?=$|[/:"?&%\\s])`, 'g');
  const text = (value: string): string => value.replaceAll(name, (found) => names[found] ?? found);
  // Keys are field names, except in maps of labels and the like: left alone.
  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deep(each)]));
  };
  const userOf = (user: RawUser): RawUser => {
    const { username = '', groups = [] } = user;
    const other = deep(user) as RawUser;
    return person !== undefined && isPerson(user) ? person(names[username] ?? username, groups.map(text)) : other;
  };
  return (event) => {
    const result: RawEvent = {
      ...(deep(event) as RawEvent),
      ...(event.user && { user: userOf(event.user) }),
      ...(event.sourceIPs && { sourceIPs: event.sourceIPs.map(addresses) }),
      ...(event.userAgent !== undefined && { userAgent: agents?.(event.userAgent) ?? event.userAgent }),
      ...(event.requestReceivedTimestamp !== undefined && {
        requestReceivedTimestamp: shifted(event.requestReceivedTimestamp, hours),
      }),
      ...(event.stageTimestamp !== undefined && { stageTimestamp: shifted(event.stageTimestamp, hours) }),
    };
    return [also?.(result) ?? result];
  };
}

export const isAccount = ({ username = '' }: RawUser): boolean =>
  username.startsWith('system:serviceaccount:') && !username.startsWith('system:serviceaccount:kube-system:');

/** As the token of a pod's own volume: who was broken into from within has one. */
export const bound = (user: RawUser): RawUser => ({
  ...user,
  extra: {
    [CREDENTIAL]: ['JTI=9cbd5d51-27e6-4ea0-9b39-d2bd3a6a4a30'],
    ...user.extra,
    [BOUND]: ['worker-6f7d-x2x4z'],
    'authentication.kubernetes.io/pod-uid': ['2d0ab5a1-0c53-4a38-8a0b-3a66f5a3ba6e'],
    'authentication.kubernetes.io/node-name': ['node-1'],
    'authentication.kubernetes.io/node-uid': ['5a0ab5a1-0c53-4a38-8a0b-3a66f5a3ba6e'],
  },
});
