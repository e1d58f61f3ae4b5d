import { z } from 'zod';
import type { AuditEvent, Facts, Finding, Memory } from '../src/model/index.ts';
import {
  addUp,
  clip,
  counted,
  DAY,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  lasting,
  listed,
  MINUTE,
  pathOf,
  sentence,
  SELF_REVIEWS,
} from '../src/model/index.ts';

const params = z.object({
  failedLogins: z.int().min(2).max(1_000).default(10).describe('Failed logins of one address that make a burst'),
  window: duration('5m').describe('The span in which a burst is counted'),
  slowLogins: z
    .int()
    .min(2)
    .max(1_000)
    .default(30)
    .describe('Failed logins of one address by scripts within slowWindow that count although there was no burst'),
  slowWindow: duration('24h').describe('The span in which slow tries are counted'),
});

const SCALE = { low: 25, medium: 50, high: 80 };
/** What whoever was let in asks for first. */
const FIRST = ['pods', 'secrets', 'namespaces', 'nodes', 'services', 'configmaps', 'serviceaccounts', 'deployments'];
const HEALTH = /^\/(healthz|livez|readyz|version)\b/;
const MOST = 64;

/** One address fails to log in again and again: stolen or guessed credentials are tried, or one has expired. */
export const failedLogins = defineDetector<z.output<typeof params>>({
  id: 'failed-logins',
  version: '1',
  name: 'Many failed logins from one address',
  description: 'Credentials from one address are turned down again and again, or one is let in after that.',
  category: 'forbidden',
  eventCategory: ['authentication'],
  eventType: ['start', 'denied'],
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [{ id: 'T1110', name: 'Brute Force' }],
  needs:
    'Level Metadata for every request; stage ResponseStarted (a failed login leaves no other); lists and paths, for logins that succeed later.',
  falsePositives: [
    'An expired credential in a client that retries: the same few requests; info or low.',
    'A dashboard that polls on after its session ended: a browser or client library; low.',
    'A changed signing key: every pod of a node is turned down at once, behind one address; low.',
  ],
  blindSpots: [
    'Tries are keyed by the last hop: clients behind one proxy or node count as one, one client with many addresses as many.',
    'A failed login has no user name: which credential was tried cannot be told.',
    'A login that succeeds later is seen by its lists, questions about rights and paths, not by every request, and not within a second of the first failure.',
  ],
  next: [
    'Find out what is behind the address: a runner with an expired credential, a node, or a stranger.',
    'Look at what came from that address and was let in, before and after.',
    'Block the address if nobody knows it; replace the credential that was let in.',
  ],
  quiet: 30 * MINUTE,
  params,
  wants: [
    { outcome: 'refused', final: true },
    { resources: FIRST, verbs: ['list'], outcome: 'success', final: true, by: 'failed login' },
    { resources: SELF_REVIEWS, verbs: ['create'], outcome: 'success', final: true, by: 'failed login' },
    { resources: [''], verbs: ['get'], outcome: 'success', final: true, by: 'failed login' },
  ],
  on(event, memory, facts, { failedLogins, window, slowLogins, slowWindow }) {
    const key = event.peer || 'no address';
    if (event.denial !== 'authentication') return letIn(event, memory, facts, key);
    const client = facts.client(event);
    const isScript = client === 'script' || client === 'bare';
    memory.distinct('agents', key, event.userAgent, DAY, 16);
    memory.distinct(isScript ? 'by script' : 'by others', key, requestOf(event), DAY, MOST);
    if (isScript) memory.distinct('scripts', key, event.userAgent, DAY, 16);
    const run = memory.session('run', key, 30 * MINUTE);
    const burst = memory.count('failed', key, window, failedLogins);
    const isBurst = burst.count >= failedLogins;
    const slow = isScript ? memory.count('slow', key, slowWindow, slowLogins) : undefined;
    if (!isBurst && (slow === undefined || slow.count < slowLogins)) return [];
    const isFirst = memory.size('told', key, HOUR) === 0;
    memory.distinct('told', key, '', HOUR, 1);
    const label = facts.identity(event).label;
    const tell = (): string =>
      sentence(
        `${clip(label)} was not let in ${counted(run.times, 'time')} within ${lasting(event.time - run.since)}:`,
        counted(requestsOf(memory, key), 'different request', MOST),
        `with ${listed(memory.members('agents', key, DAY).map((agent) => agent || 'no user agent'))}`,
      );
    const reason = tell();
    return [
      {
        key,
        ...judge(memory, key, 0),
        action: 'login-failed-burst',
        reason: () => reason,
        evidence: isBurst ? burst.evidence : isFirst ? slow!.evidence : [],
        window: formatDuration(isBurst ? window : slowWindow),
        threshold: { logins: isBurst ? failedLogins : slowLogins },
        target: null,
      },
    ];
  },
});

const requestOf = ({ verb, uri }: AuditEvent): string => `${verb} ${pathOf(uri)}`;

const requestsOf = (memory: Memory, key: string): number =>
  memory.size('by script', key, DAY) + memory.size('by others', key, DAY);

/** Somebody from that address was let in after all, with a client that was turned down. Told once for each user. */
function letIn(event: AuditEvent, memory: Memory, facts: Facts, key: string): readonly Finding[] {
  if (memory.size('told', key, HOUR) === 0 || HEALTH.test(event.uri)) return [];
  if (!memory.members('agents', key, DAY).includes(event.userAgent)) return [];
  const identity = facts.identity(event);
  if (identity.class === 'anonymous' || identity.class === 'unauthenticated') return [];
  if (!memory.firstSeen('let in', `${key} ${identity.key}`, HOUR).isNew) return [];
  const isScript = ['script', 'bare'].includes(facts.client(event));
  const reason = sentence(
    `${clip(identity.label)} was let in from ${clip(event.peer)} after logins from there had failed:`,
    `${counted(requestsOf(memory, key), 'different request', MOST)} within the day`,
  );
  return [
    {
      key,
      ...judge(memory, key, isScript ? 20 : 10),
      action: 'login-after-failures',
      reason: () => reason,
      target: null,
    },
  ];
}

/** How grave it is by now. */
function judge(memory: Memory, key: string, letIn: number): Pick<Finding, 'severity' | 'observed' | 'contributions'> {
  const [byScript, byOthers] = [memory.size('by script', key, DAY), memory.size('by others', key, DAY)];
  const agents = memory.size('agents', key, DAY);
  const scripts = memory.size('scripts', key, DAY);
  if (letIn > 0) memory.distinct('success', key, String(letIn), HOUR, 2);
  const success = Math.max(0, ...memory.members('success', key, HOUR).map(Number));
  const { severity, contributions } = addUp(
    [
      ['failed logins', 10],
      [`${counted(byScript, 'different request', MOST)} by scripts`, Math.min(30, 2 * Math.max(0, byScript - 1))],
      [`${counted(byOthers, 'different request', MOST)} by other clients`, Math.min(8, Math.max(0, byOthers - 1))],
      [`${counted(scripts, 'script')} by their user agents`, scripts > 1 ? Math.min(20, 5 * scripts) : 0],
      [`${counted(agents, 'user agent', 16)}`, agents > 5 ? 15 : 0],
      ['one was let in after that', success],
    ],
    SCALE,
  );
  return { severity, contributions, observed: { targets: byScript + byOthers, agents } };
}
