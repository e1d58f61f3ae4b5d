import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CATEGORIES, formatTime, SEVERITIES, toDocument, VERSION, type Alert } from '../../src/model/index.ts';
import { anAlert, evidence, hostileAlert, micros } from '../support/alert.ts';

type Tree = Readonly<Record<string, unknown>>;

const documentOf = (over: Partial<Alert> = {}): Tree => toDocument(anAlert(over));

/** The value at a dotted path, undefined where it is absent. */
const at = (tree: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((here, part) => (here as Tree | undefined)?.[part], tree);

/** Dotted paths of all leaves; arrays and the objects whose keys are data are leaves. */
function leaves(tree: unknown, path = ''): string[] {
  const isLeaf =
    typeof tree !== 'object' || tree === null || Array.isArray(tree) || /\.(observed|threshold)$/.test(path);
  return isLeaf
    ? [path]
    : Object.entries(tree).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`));
}

describe('the whole document', () => {
  test('has the published shape, field for field', () => {
    expect(
      toDocument(
        anAlert({
          id: '3f0c6a0e9d',
          revision: 4,
          reason: 'Read secrets.',
          evidence: { total: 14, auditIds: ['0b1e…', '5c77…'], sample: [evidence({ auditId: '0b1e…' })] },
        }),
      ),
    ).toStrictEqual({
      '@timestamp': '2026-11-21T10:19:52.418203Z',
      ecs: { version: '9.1.0' },
      message: 'Read secrets.',
      event: {
        kind: 'alert',
        id: '3f0c6a0e9d',
        category: ['iam'],
        type: ['access'],
        action: 'secret-reads',
        outcome: 'success',
        severity: 73,
        reason: 'Read secrets.',
        start: '2026-11-21T10:19:31.102944Z',
        end: '2026-11-21T10:19:52.418203Z',
      },
      observer: { vendor: 'Lapwing', product: 'lapwing', version: VERSION },
      related: { user: ['system:serviceaccount:data:etl'], ip: ['127.66.0.9'], hosts: [] },
      rule: {
        id: 'secret-reads',
        name: 'Secrets read out of the ordinary',
        version: '1',
        category: 'secrets',
        description: 'An identity reads more, other or wider secrets than it does or should.',
        reference: 'docs/detections.md#secret-reads',
      },
      threat: {
        framework: 'MITRE ATT&CK',
        tactic: { id: ['TA0006'], name: ['Credential Access'] },
        technique: {
          id: ['T1552'],
          name: ['Unsecured Credentials'],
          subtechnique: { id: ['T1552.007'], name: ['Container API'] },
        },
      },
      user: { name: 'system:serviceaccount:data:etl' },
      source: { address: '127.66.0.9', ip: '127.66.0.9' },
      user_agent: { original: 'curl/7.88.1' },
      http: { response: { status_code: 200 } },
      orchestrator: {
        type: 'kubernetes',
        cluster: { name: 'prod-eu-1' },
        namespace: 'payments',
        resource: { type: 'secrets', name: 'db-password' },
        api_version: 'v1',
      },
      lapwing: {
        severity: 'high',
        fingerprint: '3f0c6a0e9d',
        revision: 4,
        count: 14,
        actions: ['secret-reads'],
        first_seen: '2026-11-21T10:19:31.102944Z',
        last_seen: '2026-11-21T10:19:52.418203Z',
        actor: {
          class: 'serviceaccount',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:data', 'system:authenticated'],
        },
        detector: {
          key: 'system:serviceaccount:data:etl',
          window: '5m',
          observed: { secrets: 9, namespaces: 4, lists: 1 },
          threshold: { secrets: 5, namespaces: 3 },
          baseline: { events: 0, since: null },
          contributions: [
            { what: 'cluster-wide list', points: 40 },
            { what: '9 distinct secrets', points: 25 },
          ],
        },
        evidence: {
          total: 14,
          audit_ids: ['0b1e…', '5c77…'],
          sample: [
            {
              time: '2026-11-21T10:19:31.102944Z',
              audit_id: '0b1e…',
              stage: 'ResponseComplete',
              verb: 'list',
              uri: '/api/v1/secrets?limit=500',
              code: 200,
            },
          ],
        },
        next_steps: ['Find out where the credential is used from.'],
      },
    });
  });

  test('carries the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(version);
  });
});

describe('rules of single fields', () => {
  test.each([
    ['info', 10],
    ['low', 21],
    ['medium', 47],
    ['high', 73],
    ['critical', 99],
  ] as const)('severity %s is event.severity %i', (severity, number) => {
    const document = documentOf({ severity });
    expect(at(document, 'event.severity')).toBe(number);
    expect(at(document, 'lapwing.severity')).toBe(severity);
  });

  test('the numbers rise with the severities', () => {
    const numbers = SEVERITIES.map((severity) => at(documentOf({ severity }), 'event.severity') as number);
    expect(numbers).toHaveLength(5);
    expect(numbers).toStrictEqual([...numbers].sort((a, b) => a - b));
  });

  test.each(CATEGORIES)('category %s is carried as it is', (category) => {
    expect(at(documentOf({ rule: { ...anAlert().rule, category } }), 'rule.category')).toBe(category);
  });

  test.each([
    ['2026-11-21T10:00:00.000000Z', '2026-11-21T10:00:00.000000Z'],
    ['2026-11-21T10:00:00.000001Z', '2026-11-21T10:00:00.000001Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ])('times keep six decimals: %s', (iso, written) => {
    const document = documentOf({ firstSeen: micros(iso), lastSeen: micros(iso) });
    for (const path of ['@timestamp', 'event.start', 'event.end', 'lapwing.first_seen', 'lapwing.last_seen'])
      expect(at(document, path)).toBe(written);
  });

  test.each<[string, Partial<Alert>, string]>([
    ['no cluster', { cluster: '' }, 'orchestrator.cluster'],
    ['no code yet', { code: 0 }, 'http'],
    ['no command', {}, 'process'],
    ['no claimed hops', {}, 'lapwing.claimed_ips'],
    ['no window', { window: undefined as never }, 'lapwing.detector.window'],
    ['no baseline', { baseline: undefined as never }, 'lapwing.detector.baseline'],
    ['several objects', { target: {} }, 'orchestrator.resource'],
    ['several namespaces', { target: { resource: { type: 'secrets' } } }, 'orchestrator.namespace'],
    ['several names', { target: { resource: { type: 'secrets' } } }, 'orchestrator.resource.name'],
    ['no address', { actor: { class: 'human', groups: [], claimedIps: [] } }, 'source'],
    ['no agent', { actor: { class: 'human', groups: [], claimedIps: [] } }, 'user_agent'],
    ['no user', { actor: { class: 'unauthenticated', groups: [], claimedIps: [], ip: '10.0.0.9' } }, 'user'],
    ['no parent technique', { techniques: [{ id: 'T1078', name: 'Valid Accounts' }] }, 'threat.technique.subtechnique'],
    ['incidents come later', {}, 'lapwing.incident'],
    ['nothing mutes it', {}, 'lapwing.exception'],
    ['what analysts own', {}, 'workflow'],
  ])('%s: the field is absent', (_, over, path) => {
    const document = documentOf(over);
    expect(at(document, path)).toBeUndefined();
    expect(leaves(document).some((leaf) => leaf === path || leaf.startsWith(`${path}.`))).toBe(false);
  });

  test('a failed login has no user, and its source', () => {
    const document = documentOf({ actor: { class: 'unauthenticated', groups: [], claimedIps: [], ip: '10.0.0.9' } });
    expect(at(document, 'source')).toStrictEqual({ address: '10.0.0.9', ip: '10.0.0.9' });
  });

  test('impersonation, the subject of a grant and a command have their ECS places', () => {
    const document = documentOf({
      actor: { ...anAlert().actor, user: 'alice', effectiveUser: 'admin', claimedIps: ['1.2.3.4'] },
      targetUser: 'mallory',
      commandLine: 'sh -c id',
    });
    expect(at(document, 'user')).toStrictEqual({
      name: 'alice',
      effective: { name: 'admin' },
      target: { name: 'mallory' },
    });
    expect(at(document, 'process')).toStrictEqual({ command_line: 'sh -c id' });
    expect(at(document, 'lapwing.claimed_ips')).toStrictEqual(['1.2.3.4']);
  });

  test('a muted alert names its exception, one that went on all its actions', () => {
    const document = documentOf({ muted: { exception: 'nightly-backup' }, actions: ['secret-read', 'secret-list'] });
    expect(at(document, 'lapwing.exception')).toStrictEqual({ id: 'nightly-backup' });
    expect(at(document, 'lapwing.actions')).toStrictEqual(['secret-read', 'secret-list']);
  });

  test('a baseline tells since when, or null', () => {
    const since = micros('2026-11-01T00:00:00.000001Z');
    expect(at(documentOf({ baseline: { events: 7, since } }), 'lapwing.detector.baseline')).toStrictEqual({
      events: 7,
      since: '2026-11-01T00:00:00.000001Z',
    });
  });
});

test('whatever arrives, the document survives JSON and says one thing once', () => {
  let seen = 0;
  fc.assert(
    fc.property(hostileAlert(), (alert) => {
      seen += 1;
      const document = toDocument(alert);
      const read = JSON.parse(JSON.stringify(document)) as Tree;
      expect(leaves(read).sort()).toStrictEqual(leaves(document).sort());
      expect(at(document, 'event.id')).toBe(at(document, 'lapwing.fingerprint'));
      expect(at(document, 'message')).toBe(at(document, 'event.reason'));
      expect(at(document, '@timestamp')).toBe(formatTime(alert.lastSeen));
      expect(document['workflow']).toBeUndefined();
    }),
  );
  expect(seen).toBeGreaterThan(50);
});
