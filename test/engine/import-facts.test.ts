import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { FactReader } from '../../src/engine/import-facts.ts';
import type { RoleRef } from '../../src/model/index.ts';
import { engineFor, feed, judgeLines, Outcome, recordOf } from '../support/engine.ts';
import { auditEvent, type RawEvent } from '../support/event.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** Teaches an engine what a dump holds. */
function importInto(engine: Engine, ...dumps: readonly unknown[]): FactReader {
  const reader = new FactReader((object) => engine.importFacts('', object));
  for (const dump of dumps) reader.push(Buffer.from(typeof dump === 'string' ? dump : `${JSON.stringify(dump)}\n`));
  reader.end();
  return reader;
}

const factsOf = (engine: Engine) => engine.clusters.get('')!.facts;

const role = (name: string, rules: unknown, namespace?: string) => ({
  apiVersion: RBAC,
  kind: namespace === undefined ? 'ClusterRole' : 'Role',
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  rules,
});
const binding = (name: string, of: string, subjects: unknown, namespace?: string) => ({
  apiVersion: RBAC,
  kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: of },
  subjects,
});
const pod = (name: string, spec: object, namespace = 'dev') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec,
  status: { phase: 'Running', podIP: '10.244.1.9' },
});
const listOf = (...items: readonly unknown[]) => ({
  apiVersion: 'v1',
  items,
  kind: 'List',
  metadata: { resourceVersion: '' },
});

interface Kubernetes {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

let serial = 0;
/** The event of the object's creation, as the API server logs it. */
function created(object: Kubernetes): string {
  const { kind, metadata } = object;
  const resource = `${kind.toLowerCase()}s`;
  const { status: _, ...asked } = object as Kubernetes & { status?: unknown };
  return line({
    auditID: `import-${String((serial += 1)).padStart(9, '0')}`,
    verb: 'create',
    requestURI: `/apis/${resource}`,
    objectRef: {
      resource,
      ...metadata,
      apiVersion: 'v1',
      ...(kind !== 'Pod' && { apiGroup: 'rbac.authorization.k8s.io' }),
    },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: asked,
    responseObject: object,
  });
}

const line = (raw: RawEvent): string =>
  `${JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    stage: 'ResponseComplete',
    user: { username: 'alice', groups: ['system:authenticated'] },
    sourceIPs: ['10.0.0.9'],
    userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
    requestReceivedTimestamp: '2026-11-21T10:00:00.000000Z',
    stageTimestamp: '2026-11-21T10:00:00.000000Z',
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...raw,
  })}\n`;

const names = fc.constantFrom('a', 'b', 'c');
const namespaces = fc.constantFrom('dev', 'prod');
const rules = fc.array(
  fc.record({
    apiGroups: fc.subarray(['', '*', 'apps', 'rbac.authorization.k8s.io']),
    resources: fc.subarray(['*', 'secrets', 'pods', 'pods/exec', 'clusterroles'], { minLength: 1 }),
    verbs: fc.subarray(['*', 'get', 'list', 'create', 'escalate', 'bind'], { minLength: 1 }),
  }),
  { maxLength: 3 },
);
const subjects = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('User'), name: names }),
    fc.record({ kind: fc.constant('ServiceAccount'), name: names, namespace: namespaces }),
  ),
  { maxLength: 3 },
);
const spec = fc.record(
  {
    containers: fc.array(
      fc.record({
        name: fc.constant('c'),
        securityContext: fc.record({ privileged: fc.boolean() }),
        env: fc.constant([{ name: 'DB_PASSWORD', value: 'hunter2' }]),
      }),
      { maxLength: 2 },
    ),
    hostPID: fc.boolean(),
    serviceAccountName: fc.constantFrom('default', 'builder'),
    volumes: fc.constantFrom([], [{ name: 'v', hostPath: { path: '/' } }]),
  },
  { requiredKeys: ['containers'] },
);
const objects = fc.array(
  fc.oneof(
    fc.tuple(names, rules, fc.option(namespaces, { nil: undefined })).map(([...given]) => role(...given)),
    fc.tuple(names, names, subjects, fc.option(namespaces, { nil: undefined })).map(([...given]) => binding(...given)),
    fc.tuple(names, spec, namespaces).map(([...given]) => pod(...given)),
  ),
  { minLength: 1, maxLength: 8 },
);

/** All that detectors can ask of the objects above. */
function known(engine: Engine): unknown {
  const facts = factsOf(engine);
  const some = ['a', 'b', 'c'];
  const refs: RoleRef[] = some.flatMap((name) => [
    { kind: 'ClusterRole', namespace: '', name },
    { kind: 'Role', namespace: 'dev', name },
    { kind: 'Role', namespace: 'prod', name },
  ]);
  const who = some.flatMap((name) => [`User:${name}`, `ServiceAccount:dev:${name}`, `ServiceAccount:prod:${name}`]);
  return {
    roles: refs.map((ref) => facts.role(ref)),
    bound: who.map((subject) => facts.boundTo(subject)),
    pods: some.flatMap((name) => [facts.pod('dev', name), facts.pod('prod', name)]),
  };
}

describe('imported facts', () => {
  it('are those that the creation of the same objects teaches, also after a restart', () => {
    let strong = 0;
    fc.assert(
      fc.property(objects, (all) => {
        const [told, seen] = [engineFor(), engineFor()];
        expect(importInto(told, listOf(...all)).count).toBe(all.length);
        feed(seen, recordOf(all.map(created).join('')));
        seen.flush();
        expect(known(told)).toEqual(known(seen));
        const outcome = new Outcome();
        outcome.take(told);
        const again = engineFor();
        again.restore(outcome.rows.values());
        expect(known(again)).toEqual(known(seen));
        if (/"(admin|strong)"|"privileged":true/.test(JSON.stringify(known(told)))) strong += 1;
      }),
    );
    expect(strong).toBeGreaterThan(20);
  });

  it('are the same when imported twice, and write nothing the second time', () => {
    fc.assert(
      fc.property(objects, (all) => {
        // The last one of a name counts, as in a cluster there is one only.
        const once = [...new Map(all.map((each) => [JSON.stringify([each.kind, each.metadata]), each])).values()];
        const engine = engineFor();
        importInto(engine, listOf(...once));
        engine.changes();
        importInto(engine, listOf(...once));
        expect(engine.changes().rows).toEqual([]);
      }),
    );
  });

  it('give way to what an event teaches later', () => {
    const engine = engineFor();
    importInto(
      engine,
      pod('root', { hostPID: true, containers: [] }),
      role('r', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]),
    );
    expect(factsOf(engine).pod('dev', 'root')?.privileged).toBe(true);
    const gone = line({
      auditID: 'gone',
      verb: 'delete',
      requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterroles/r',
      objectRef: { resource: 'clusterroles', name: 'r', apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1' },
      responseStatus: { code: 200 },
    });
    feed(engine, recordOf(created(pod('root', { containers: [] })) + gone));
    engine.flush();
    expect(factsOf(engine).pod('dev', 'root')).toBeUndefined();
    expect(factsOf(engine).role({ kind: 'ClusterRole', namespace: '', name: 'r' })).toBeUndefined();
  });

  it('are of one cluster', () => {
    const engine = engineFor();
    const reader = new FactReader((object) => engine.importFacts('east', object));
    reader.push(Buffer.from(JSON.stringify(pod('root', { hostPID: true }))));
    reader.end();
    expect(engine.clusters.get('east')!.facts.pod('dev', 'root')?.privileged).toBe(true);
    expect(factsOf(engine).pod('dev', 'root')).toBeUndefined();
  });
});

/** The part of an alert document that is read here. */
interface Told {
  readonly event: { readonly reason: string; readonly severity: number };
  readonly rule: { readonly id: string };
  readonly lapwing: { readonly severity: string };
}

describe('what detectors make of imported facts', () => {
  const judged = (dumps: readonly unknown[], event: RawEvent): readonly Told[] => {
    const engine = engineFor();
    importInto(engine, ...dumps);
    return judgeLines([line(event)], engine) as unknown as readonly Told[];
  };
  const exec: RawEvent = {
    auditID: 'exec-1',
    verb: 'create',
    requestURI: '/api/v1/namespaces/dev/pods/root/exec?command=id&container=c&stdout=true',
    objectRef: { resource: 'pods', namespace: 'dev', name: 'root', apiVersion: 'v1', subresource: 'exec' },
    responseStatus: { metadata: {}, code: 101 },
  };
  const grant: RawEvent = {
    auditID: 'grant-1',
    user: {
      username: 'system:serviceaccount:data:etl',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:data', 'system:authenticated'],
    },
    verb: 'create',
    requestURI: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    objectRef: {
      resource: 'clusterrolebindings',
      name: 'new',
      apiGroup: 'rbac.authorization.k8s.io',
      apiVersion: 'v1',
    },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: binding('new', 'platform', [{ kind: 'ServiceAccount', name: 'etl', namespace: 'data' }]),
  };

  it('an exec into a pod that only the dump says is privileged is told as such', () => {
    const root = pod('root', { containers: [{ name: 'c', securityContext: { privileged: true } }] });
    const [plain] = judged([], exec);
    const [told] = judged([root], exec);
    expect(JSON.stringify(plain)).not.toContain('privileged');
    expect(told!.event.reason).toContain('privileged');
    expect(told!.event.severity).toBeGreaterThan(plain!.event.severity);
  });

  it('a binding to a role that only the dump says is strong is high', () => {
    const rulesOf = (verbs: readonly string[], resources: readonly string[]) => [
      { apiGroups: ['*'], resources, verbs },
    ];
    const told = judged([role('platform', rulesOf(['*'], ['*']))], grant).filter(
      ({ rule }) => rule.id === 'rbac-escalation',
    );
    expect(told.map(({ lapwing }) => lapwing.severity).join()).toMatch(/^(high|critical)$/);
    const harmless = judged([role('platform', rulesOf(['get'], ['pods']))], grant);
    expect(harmless.filter(({ lapwing }) => /^(high|critical)$/.test(lapwing.severity))).toEqual([]);
  });
});

describe('a dump', () => {
  it('as kubectl prints it is taken, what teaches nothing counted', () => {
    const engine = engineFor();
    const { tally } = importInto(engine, readFileSync(new URL('../../samples/facts.json', import.meta.url), 'utf8'));
    expect(Object.fromEntries(tally.taken)).toEqual({
      ClusterRole: 2,
      Role: 1,
      ClusterRoleBinding: 1,
      RoleBinding: 1,
      Pod: 2,
    });
    expect([...tally.passed]).toEqual([['ServiceAccount', 1]]);
    expect(tally.broken).toBe(0);
    const facts = factsOf(engine);
    expect(facts.pod('monitoring', 'node-agent-h5k8p')).toMatchObject({
      privileged: true,
      serviceAccount: 'node-agent',
    });
    expect(facts.boundTo('ServiceAccount:backup:velero')).toMatchObject([{ name: 'backup-operator' }]);
    expect(facts.role({ kind: 'ClusterRole', namespace: '', name: 'platform-admin' })?.strength).toBe('admin');
  });

  const root = pod('root', { hostPID: true, containers: [] });
  const bare = { metadata: root.metadata, spec: root.spec };
  it.each<[string, unknown]>([
    ['a single object', root],
    ['a list', listOf(root)],
    ['a typed list, whose items name no kind', { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [bare] }],
    ['an array', [root]],
    ['lines', `${JSON.stringify(pod('x', {}))}\n${JSON.stringify(root)}\n`],
    [
      'documents one behind the other',
      JSON.stringify(listOf(pod('x', {})), null, 4) + JSON.stringify(listOf(root), null, 4),
    ],
    ['a byte order mark', `\uFEFF${JSON.stringify(root)}`],
    ['no line end and much white space', `\n\n  ${JSON.stringify(root)}  \t `],
  ])('may be %s', (_, dump) => {
    const engine = engineFor();
    const { tally } = importInto(engine, dump);
    expect(tally).toMatchObject({ broken: 0, unnamed: 0 });
    expect(factsOf(engine).pod('dev', 'root')?.because).toEqual(['hostPID']);
  });

  it.each<[string, unknown, string]>([
    [
      'a kind of the same name in another group',
      { ...role('r', [{ verbs: ['*'] }]), apiVersion: 'iam.aws.example/v1' },
      'ClusterRole',
    ],
    ['an object without a version', { kind: 'Pod', metadata: { name: 'p', namespace: 'dev' } }, 'Pod'],
    ['a config map', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }, 'ConfigMap'],
    ['an object without a kind', { apiVersion: 'v1', metadata: { name: 'c' } }, 'no known kind'],
    [
      'a kind that is a text',
      { apiVersion: 'v1', kind: '\u001b[31mpassword=hunter2', metadata: { name: 'c' } },
      'no known kind',
    ],
  ])('with %s teaches nothing of it, and counts it', (_, dump, kind) => {
    const { tally, count } = importInto(engineFor(), dump);
    expect(count).toBe(0);
    expect([...tally.passed]).toEqual([[kind, 1]]);
  });

  it('counts what has no name, and takes an empty list for what it is', () => {
    expect(importInto(engineFor(), { ...root, metadata: { namespace: 'dev' } }).tally.unnamed).toBe(1);
    expect(
      importInto(engineFor(), { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: null }).tally,
    ).toMatchObject({ unnamed: 0, broken: 0 });
    expect(importInto(engineFor(), listOf(), '').tally.passed.size).toBe(0);
  });

  it('keeps none of its secrets', () => {
    const engine = engineFor();
    const seen: string[] = [];
    const reader = new FactReader((object) => {
      seen.push(JSON.stringify(object));
      return engine.importFacts('', object);
    });
    const secret = 'correct-horse-battery';
    const leaky = {
      ...pod('leaky', {
        hostPID: true,
        containers: [{ name: 'c', command: ['app', '--password', secret], env: [{ name: 'A', value: secret }] }],
      }),
      metadata: {
        name: 'leaky',
        namespace: 'dev',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': secret, 'x/api-token': secret },
        managedFields: [{ manager: secret }],
      },
      status: { message: `token=${secret}` },
    };
    reader.push(
      Buffer.from(
        JSON.stringify(
          listOf(leaky, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: secret } }),
        ),
      ),
    );
    reader.end();
    expect(reader.count).toBe(1);
    const rows = JSON.stringify(engine.changes().rows);
    expect(rows).toContain('hostPID');
    for (const text of [rows, ...seen, JSON.stringify([...reader.tally.taken, ...reader.tally.passed])])
      expect(text).not.toContain(secret);
  });
});

describe('a hostile dump', () => {
  it.each<[string, string]>([
    [
      'deep nesting',
      `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"deep"},"spec":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
    ],
    [
      'deep nesting of objects',
      `{"apiVersion":"v1","kind":"Pod","spec":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
    ],
    ['more nesting than the scanner takes', '['.repeat(3_000_000)],
    [
      'a text of a hundred megabytes',
      `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${'x'.repeat(100 << 20)}"}}`,
    ],
  ])('with %s costs itself only', (_, hostile) => {
    const engine = engineFor();
    const reader = new FactReader((object) => engine.importFacts('', object));
    const bytes = Buffer.from(`${hostile}\n${JSON.stringify(pod('root', { hostPID: true }))}\n`);
    for (let from = 0; from < bytes.length; from += 65_536) reader.push(bytes.subarray(from, from + 65_536));
    reader.end();
    expect(reader.tally.broken).toBeGreaterThan(0);
    expect(factsOf(engine).pod('dev', 'root')?.privileged).toBe(true);
  });

  it('of any JSON is taken or counted, never thrown at', () => {
    const any = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('__proto__', 'constructor', 'dev', '*', '\u0000', 'x'.repeat(300)),
    );
    const hostile = fc.record(
      {
        apiVersion: fc.oneof(fc.constantFrom('v1', RBAC), any),
        kind: fc.oneof(
          fc.constantFrom('Pod', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', '__proto__'),
          any,
        ),
        metadata: fc.oneof(
          any,
          fc.record({ name: any, namespace: any, labels: any, annotations: any }, { requiredKeys: [] }),
        ),
        rules: any,
        roleRef: any,
        subjects: any,
        spec: any,
        status: any,
        ['__proto__']: any,
      },
      { requiredKeys: [] },
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (all) => {
        const engine = engineFor();
        const { tally, count } = importInto(engine, listOf(...all));
        taken += count;
        const passed = [...tally.passed.values()].reduce((sum, each) => sum + each, 0);
        expect(count + passed + tally.unnamed + tally.broken).toBeGreaterThanOrEqual(
          all.length - all.filter((each) => String(each.kind).endsWith('List')).length,
        );
        engine.changes();
      }),
    );
    expect(taken).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('does not reach the prototype of objects', () => {
    const engine = engineFor();
    importInto(
      engine,
      '{"apiVersion":"v1","kind":"Pod","__proto__":{"polluted":1},"metadata":{"name":"p","namespace":"dev","__proto__":{"polluted":1}},"spec":{"__proto__":{"hostPID":true}}}',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(factsOf(engine).pod('dev', 'p')).toBeUndefined();
    expect(auditEvent().user).not.toHaveProperty('polluted');
  });

  it('tells no more kinds and broken pieces than fit a screen', () => {
    const kinds = Array.from({ length: 500 }, (_, index) => ({
      apiVersion: 'v1',
      kind: `Kind${index}`,
      metadata: { name: 'x' },
    }));
    const { tally } = importInto(engineFor(), listOf(...kinds), '[1,2]\n'.repeat(500));
    expect(tally.passed.size).toBeLessThanOrEqual(65);
    expect(tally.passed.get('other kinds')).toBe(500 - 64);
    expect(tally.breaks.length).toBe(20);
    expect(tally.broken).toBe(1_000);
  });
});
