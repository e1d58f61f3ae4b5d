import { z } from 'zod';
import type { AuditEvent, Facts, Scale, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  lasting,
  listed,
  sentence,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('How long the secret of a new token is watched for who reads it'),
});

const SCALE = { low: 20, medium: 40, high: 70 } satisfies Scale;
const TOKEN = 'kubernetes.io/service-account-token';

/** A secret is made for a service account's token, the control plane writes the token into it, and somebody takes it out. */
export const secretTokenReads = defineDetector<z.output<typeof params>>({
  id: 'secret-token-reads',
  version: '1',
  name: 'Token minted through a secret',
  description: 'A token of a service account that never expires is made by way of a secret, and read.',
  category: 'secrets',
  eventCategory: ['iam'],
  eventType: ['access'],
  tactics: [
    { id: 'TA0006', name: 'Credential Access' },
    { id: 'TA0003', name: 'Persistence' },
  ],
  techniques: [
    { id: 'T1528', name: 'Steal Application Access Token' },
    { id: 'T1552', name: 'Unsecured Credentials' },
    { id: 'T1552.007', name: 'Container API' },
  ],
  needs:
    'Level Metadata for secrets, stage ResponseComplete, of the control plane, too: its writing tells which secret holds a token. Bodies only tell for which account.',
  falsePositives: [
    'An administrator who makes a lasting token for a system outside, such as a pipeline or another cluster: low.',
    'Operators that make and hand on such tokens with a client library: low.',
  ],
  blindSpots: [
    'A token that is read after window, or from a list of the namespace.',
    'A policy that leaves out what the control plane does to secrets, where bodies are not logged either.',
  ],
  next: [
    'Find out for which account the token is, and what that account may do.',
    'Delete the secret: that revokes the token.',
    'Look for requests with that token: the annotation authentication.k8s.io/legacy-token names the account.',
  ],
  quiet: HOUR,
  params,
  wants: [
    {
      resources: ['secrets'],
      apiGroups: [''],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'],
      outcome: 'success',
      final: true,
    },
  ],
  on(event, memory, facts, { window }) {
    const { namespace = '', name = '' } = event.object ?? {};
    if (name === '') return [];
    const secret = `${namespace}/${name}`;
    const { key, class: actor, label } = facts.identity(event);
    const isOwnClient = isComponent(actor) && facts.client(event) === 'component';
    if (['create', 'update', 'patch'].includes(event.verb)) {
      if (facts.fate(event) !== 'done') return [];
      // Of all secrets the control plane updates those of tokens alone: so it is told without bodies.
      if (isOwnClient && actor === 'control-plane' && event.verb === 'update')
        memory.distinct('token', secret, '', window, 8);
      if (isOwnClient) return [];
      memory.distinct('writers', secret, key, window, 8);
      const account = accountOf(event);
      if (account !== undefined) memory.distinct('token', secret, account, window, 8);
      return [];
    }
    if (isOwnClient || memory.size('token', secret, window) === 0) return [];
    const accounts = memory.members('token', secret, window).filter((account) => account !== '');
    const writers = memory.members('writers', secret, window);
    const isOwn = writers.includes(key);
    const reads = memory.count('reads', key, window, 20);
    const { points, severity, contributions } = addUp(weigh(event, facts, isOwn), SCALE);
    if (points < SCALE.low) return [];
    return [
      {
        key,
        severity,
        action: 'secret-token-read',
        evidence: reads.evidence,
        ...(accounts.length === 1 && { targetUser: `system:serviceaccount:${namespace}:${accounts[0]!}` }),
        reason: ({ firstSeen, lastSeen }) =>
          sentence(
            `${clip(label)} read secret ${clip(secret)}, into which a lasting token`,
            accounts.length > 0 && `of service account ${listed(accounts)}`,
            `had just been written, ${isOwn ? 'and had made it itself' : `made by ${listed(writers) || 'somebody unseen'}`}`,
            event.peer !== '' && `, from ${clip(event.peer)} with ${clip(event.userAgent || 'an unnamed client')}`,
            lastSeen > firstSeen && `; within ${lasting(lastSeen - firstSeen)}`,
          ),
        window: formatDuration(window),
        observed: { accounts: accounts.length, writers: writers.length },
        contributions,
      },
    ];
  },
});

/** The account that a token secret is written for, where the body is logged and shows it. */
function accountOf(event: AuditEvent): string | undefined {
  if (!event.bodiesMayHold([TOKEN, 'kubernetes.io/service-account.name'])) return undefined;
  const body = recordOf(event.requestObject);
  if (body?.['type'] !== TOKEN) return undefined;
  const name = recordOf(recordOf(body['metadata'])?.['annotations'])?.['kubernetes.io/service-account.name'];
  return typeof name === 'string' ? name.slice(0, 253) : '';
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

function weigh(event: AuditEvent, facts: Facts, isOwn: boolean): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const client = facts.client(event);
  const isPerson = actor === 'human';
  const byScript = client === 'script' || client === 'bare';
  const byHand = byScript || client === 'tool';
  return [
    ['the new token of a service account was read', 40],
    ['by somebody else than its maker', isOwn ? 0 : 10],
    ['in a system namespace', facts.isSystem(event.object?.namespace ?? '') ? 30 : 0],
    ['a machine credential used by hand', !isPerson && byHand ? 15 : 0],
    ['by a script', byScript ? 10 : 0],
    ['from an unusual network', facts.habit(event, 'network') === 'unusual' ? 10 : 0],
    ['with an unusual client', facts.habit(event, 'agent') === 'unusual' ? 10 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 15],
    ['nobody logged in', actor === 'anonymous' ? 40 : 0],
    ['an administrator of the cluster', facts.authority(event) === undefined ? 0 : -20],
    ['one client library, as operators use', actor === 'serviceaccount' && !byHand ? -20 : 0],
  ];
}
