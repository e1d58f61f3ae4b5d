import { at } from './detector.ts';
import type { RawEvent } from './event.ts';

/** A way into a pod, any part left out: alice runs `ls` in web/cart-0 with success. */
export interface Way {
  readonly by?: string;
  readonly from?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly code?: number;
  readonly agent?: string;
  readonly tty?: boolean;
}

/** The user of that name: "ns:name" is a service account with a token that was made for a pod, unless `isBound` is false. */
export function userOf(name: string, isBound = true): RawEvent['user'] & object {
  const [namespace, account] = name.split(':');
  if (account === undefined) return { username: name, groups: ['dev-team', 'system:authenticated'] };
  return {
    username: `system:serviceaccount:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(isBound && { extra: { 'authentication.kubernetes.io/pod-name': ['operator-0'] } }),
  };
}

/** The event of it, that many seconds after ten o'clock. */
export function wayIn(second: number, way: Way = {}, over: RawEvent = {}): RawEvent {
  const { by = 'alice', from = '10.0.0.9', subresource = 'exec', namespace = 'web', pod = 'cart-0' } = way;
  const { code = 101, agent = 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d', tty = false } = way;
  return at(second, {
    user: userOf(by),
    sourceIPs: [from],
    userAgent: agent,
    requestURI: `/api/v1/namespaces/${namespace}/pods/${pod}/${subresource}?command=ls&stdout=true&tty=${tty}`,
    objectRef: { resource: 'pods', subresource, namespace, name: pod, apiVersion: 'v1' },
    responseStatus: { code },
    ...(code === 403 && { annotations: { 'authorization.k8s.io/decision': 'forbid' } }),
    ...over,
  });
}

/** Letters that no two numbers share, and that do not look generated. */
export const word = (number: number): string =>
  `app${[...String(number)].map((digit) => 'aeioumyshk'[Number(digit)]).join('')}`;

/** One way into each of so many workloads, `gap` seconds apart. */
export const toured = (count: number, gap: number, way: Way = {}, start = 0): RawEvent[] =>
  Array.from({ length: count }, (_, number) => wayIn(start + number * gap, { ...way, pod: `${word(number)}-0` }));
