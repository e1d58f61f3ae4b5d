import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import {
  ACTOR_CLASSES,
  CATEGORIES,
  SECOND,
  SEVERITIES,
  type Alert,
  type Evidence,
  type Micros,
} from '../../src/model/index.ts';

/** The id an alert would have, from any text: 64 hex digits. */
export const alertId = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Microseconds of an ISO time with up to six decimals. */
export function micros(iso: string): Micros {
  const [, whole, decimals = ''] = /^([^.Z]+)(?:\.(\d{1,6}))?Z$/.exec(iso)!;
  return Date.parse(`${whole}Z`) * 1_000 + Number(decimals.padEnd(6, '0'));
}

const FIRST = micros('2026-11-21T10:19:31.102944Z');

/** One piece of evidence, any part replaced. */
export const evidence = (over: Partial<Evidence> = {}): Evidence => ({
  time: FIRST,
  auditId: '0b1e0000-0000-4000-8000-000000000001',
  stage: 'ResponseComplete',
  verb: 'list',
  uri: '/api/v1/secrets?limit=500',
  code: 200,
  ...over,
});

/** A whole, ordinary alert (secrets read by a service account), any part replaced. */
export const anAlert = (over: Partial<Alert> = {}): Alert => ({
  id: alertId('alert'),
  revision: 1,
  cluster: 'prod-eu-1',
  key: 'system:serviceaccount:data:etl',
  severity: 'high',
  reason: 'Service account data:etl listed every secret in the cluster within 21 s from 127.66.0.9.',
  rule: {
    id: 'secret-reads',
    name: 'Secrets read out of the ordinary',
    version: '1',
    description: 'An identity reads more, other or wider secrets than it does or should.',
    category: 'secrets',
    reference: 'docs/detections.md#secret-reads',
    next: ['Find out where the credential is used from.'],
  },
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [
    { id: 'T1552', name: 'Unsecured Credentials' },
    { id: 'T1552.007', name: 'Container API' },
  ],
  action: 'secret-reads',
  actions: ['secret-reads'],
  eventCategory: ['iam'],
  eventType: ['access'],
  outcome: 'success',
  code: 200,
  count: 14,
  firstSeen: FIRST,
  lastSeen: micros('2026-11-21T10:19:52.418203Z'),
  actor: {
    user: 'system:serviceaccount:data:etl',
    class: 'serviceaccount',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:data', 'system:authenticated'],
    ip: '127.66.0.9',
    claimedIps: [],
    userAgent: 'curl/7.88.1',
  },
  target: { namespace: 'payments', resource: { type: 'secrets', name: 'db-password' }, apiVersion: 'v1' },
  relatedUsers: ['system:serviceaccount:data:etl'],
  relatedIps: ['127.66.0.9'],
  window: '5m',
  observed: { secrets: 9, namespaces: 4, lists: 1 },
  threshold: { secrets: 5, namespaces: 3 },
  baseline: { events: 0, since: null },
  contributions: [
    { what: 'cluster-wide list', points: 40 },
    { what: '9 distinct secrets', points: 25 },
  ],
  evidence: { total: 14, auditIds: ['0b1e0000-0000-4000-8000-000000000001'], sample: [evidence()] },
  ...over,
});

/** `count` different alerts, a second apart, each with its own id. */
export const someAlerts = (count: number, over: Partial<Alert> = {}): Alert[] =>
  Array.from({ length: count }, (_, index) =>
    anAlert({
      id: alertId(`some ${index}`),
      firstSeen: FIRST + index * SECOND,
      lastSeen: FIRST + (index + 1) * SECOND,
      ...over,
    }),
  );

/** Text as an attacker would choose it: any code unit, control and bidi characters, things that look like syntax, 10 KB. */
export const hostileText = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
        .map((units) => String.fromCharCode(...units)),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '',
        '__proto__',
        'constructor',
        'a.b..c.',
        '.',
        '\u0000',
        '\u001b[2J\u001b]0;owned\u0007',
        '\r\n{"create":{}}\n',
        '\u202egnp.exe\u2066',
        '\ud800',
        '${jndi:ldap://x}',
        '{{ctx.reason}}',
        '2026-99-99',
        '::ffff:1.2.3.4%eth0',
        '9'.repeat(400),
        'null',
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('x', 'é', '中', '\u{1f600}').map((unit) => unit.repeat(10_240 / unit.length)),
    },
  );

const time = (): fc.Arbitrary<Micros> =>
  fc.integer({ min: micros('2026-10-30T00:00:00Z'), max: micros('2026-12-02T00:00:00Z') });

const counts = (): fc.Arbitrary<Record<string, number>> =>
  fc
    .array(fc.tuple(hostileText(), fc.oneof(fc.integer(), fc.double())), { maxLength: 5 })
    // Entries, so that "__proto__" is an own key like any other.
    .map((entries) => Object.fromEntries(entries));

const maybe = <K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<K, T>>> =>
  fc.option(value, { nil: undefined }).map((it) => (it === undefined ? {} : { [key]: it }) as Partial<Record<K, T>>);

const together = <T extends object>(...parts: fc.Arbitrary<object>[]): fc.Arbitrary<T> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as T);

/** Any alert that types allow, with hostile text wherever an event's bytes can reach, and a hash of a counter as its id. */
export const hostileAlert = (): fc.Arbitrary<Alert> => {
  const texts = fc.array(hostileText(), { maxLength: 4 });
  const sample = together<Evidence>(
    fc.record({
      time: time(),
      auditId: hostileText(),
      stage: hostileText(),
      verb: hostileText(),
      uri: hostileText(),
      code: fc.integer({ min: 0, max: 999 }),
    }),
    maybe('telling', fc.constant(true as const)),
  );
  const target = together<NonNullable<Alert['target']>>(
    maybe('namespace', hostileText()),
    maybe('resource', together(fc.record({ type: hostileText() }), maybe('name', hostileText()))),
    maybe('apiVersion', hostileText()),
  );
  const actor = together<Alert['actor']>(
    fc.record({ class: fc.constantFrom(...ACTOR_CLASSES), groups: texts, claimedIps: texts }),
    maybe('user', hostileText()),
    maybe('effectiveUser', hostileText()),
    maybe('ip', hostileText()),
    maybe('userAgent', hostileText()),
  );
  const optional = together<Partial<Alert>>(
    maybe('target', target),
    maybe('targetUser', hostileText()),
    maybe('commandLine', hostileText()),
    maybe('muted', fc.record({ exception: fc.constantFrom('backup', 'etl-nightly') })),
    maybe('window', hostileText()),
    maybe(
      'baseline',
      together(fc.record({ events: fc.nat(), since: fc.option(time()) }), maybe('usual', hostileText())),
    ),
  );
  return fc
    .record({
      id: fc.uuid().map(alertId),
      revision: fc.integer({ min: 1, max: 1_000 }),
      cluster: hostileText(),
      key: hostileText(),
      severity: fc.constantFrom(...SEVERITIES),
      reason: hostileText(),
      rule: fc.constantFrom(...CATEGORIES).map((category) => ({ ...anAlert().rule, category })),
      action: hostileText(),
      actions: texts,
      outcome: fc.constantFrom('success' as const, 'failure' as const, 'unknown' as const),
      code: fc.integer({ min: 0, max: 999 }),
      count: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      firstSeen: time(),
      actor,
      relatedUsers: texts,
      relatedIps: texts,
      observed: counts(),
      threshold: counts(),
      contributions: fc.array(fc.record({ what: hostileText(), points: fc.integer() }), { maxLength: 3 }),
      evidence: fc.record({ total: fc.nat(), auditIds: texts, sample: fc.array(sample, { maxLength: 3 }) }),
      optional,
    })
    .map(({ optional: parts, ...alert }) => ({
      ...anAlert(),
      ...alert,
      ...parts,
      lastSeen: alert.firstSeen + (alert.revision % 60) * SECOND,
    }));
};
