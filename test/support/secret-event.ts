import { at } from './detector.ts';
import type { RawEvent } from './event.ts';

/** A service account's user, as tokens make it. */
export const serviceAccount = (
  namespace: string,
  name: string,
  extra: Record<string, string[]> = {},
): RawEvent['user'] & object => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra,
});

/** What a token that was minted for a pod adds to its user. */
export const IN_POD = { 'authentication.kubernetes.io/pod-name': ['operator-0'] };
/** A job's credential in the hands of somebody outside the cluster. */
export const ETL: RawEvent = { user: serviceAccount('data', 'etl'), sourceIPs: ['10.66.0.9'] };
export const ALICE: RawEvent = { user: { username: 'alice', groups: ['dev-team', 'system:authenticated'] } };
/** An operator at home: its own pod, its own client library. */
export const OPERATOR: RawEvent = {
  user: serviceAccount('platform', 'secret-operator', IN_POD),
  sourceIPs: ['10.244.1.7'],
  userAgent: 'secret-operator/v0.9.1 (linux/amd64) kubernetes/a1b2c3d',
};
/** Deploys with kubectl, from a machine of its own. */
export const PIPELINE: RawEvent = { user: serviceAccount('ci', 'deployer'), sourceIPs: ['10.9.0.4'] };

/** A request on secrets that many seconds after ten o'clock, at level Metadata; one, a namespace's or the cluster's. */
export const secrets = (
  second: number,
  verb: string,
  namespace: string,
  name: string,
  over: RawEvent = {},
  query = '',
): RawEvent =>
  at(second, {
    level: 'Metadata',
    verb,
    requestURI: `/api/v1${namespace && `/namespaces/${namespace}`}/secrets${name && `/${name}`}${query && `?${query}`}`,
    objectRef: {
      resource: 'secrets',
      apiVersion: 'v1',
      ...(namespace !== '' && { namespace }),
      ...(name !== '' && { name }),
    },
    ...over,
  });

/** So many different secrets, one after another. */
export const gets = (count: number, every: number, over: RawEvent, namespaces = 5, from = 0): RawEvent[] =>
  Array.from({ length: count }, (_, number) =>
    secrets(from + number * every, 'get', `ns-${number % namespaces}`, `s-${number}`, over),
  );

/** A watch of everything, as its two stages tell it. */
export const watch = (second: number, over: RawEvent): RawEvent[] => [
  secrets(second, 'watch', '', '', { ...over, auditID: `watch-${second}`, stage: 'ResponseStarted' }),
  secrets(second + 300, 'watch', '', '', { ...over, auditID: `watch-${second}` }),
];

export const REFUSED: RawEvent = {
  responseStatus: { code: 403, reason: 'Forbidden' },
  annotations: { 'authorization.k8s.io/decision': 'forbid' },
};
export const MISSING: RawEvent = { responseStatus: { code: 404, reason: 'NotFound' } };

/** Days of ordinary work of an actor: something every hour, so that it is known. */
export const days = (count: number, hourly: (second: number) => readonly RawEvent[]): RawEvent[] =>
  Array.from({ length: 24 * count }, (_, hour) => hourly(hour * 3_600)).flat();
