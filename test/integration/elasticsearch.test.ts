import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError, toDocument, type Alert, type Sink } from '../../src/model/index.ts';
import { elasticsearchSink } from '../../src/sinks/elasticsearch.ts';
import { TEMPLATE_VERSION } from '../../src/sinks/elasticsearch-mapping.ts';
import { sinkContract } from '../contract/sink.ts';
import { alertId, anAlert, hostileAlert, micros, someAlerts } from '../support/alert.ts';
import { testContext } from '../support/context.ts';
import { describeOn } from '../support/services/describe.ts';
import { startElasticsearch } from '../support/services/elasticsearch.ts';
import type { Server } from '../support/services/server.ts';

const never = new AbortController().signal;
const START_MS = 180_000;

type Tree = Record<string, unknown>;

function sinkFor(settings: Tree): Sink {
  return elasticsearchSink.create('es', elasticsearchSink.settings.parse(settings) as never, testContext().context);
}

/** Asks the server behind the sink's back. */
async function ask<T = Tree>(
  address: string,
  method: string,
  path: string,
  body?: unknown,
  password?: string,
): Promise<T> {
  const answer = await fetch(`${address}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(password !== undefined && { authorization: `Basic ${btoa(`elastic:${password}`)}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
}

interface Hit {
  readonly _index: string;
  readonly _id: string;
  readonly _version: number;
  readonly _source: Tree & { lapwing: { revision: number } };
}

/** All documents behind the alias, up to 10,000. */
async function hits(address: string, prefix: string): Promise<Hit[]> {
  await ask(address, 'POST', `/${prefix}-*/_refresh`);
  const found = await ask<{ hits?: { hits: Hit[] } }>(
    address,
    'GET',
    `/${prefix}/_search?ignore_unavailable=true&version=true&size=10000`,
  );
  return found.hits?.hits ?? [];
}

const asJson = (alert: Alert): unknown => JSON.parse(JSON.stringify(toDocument(alert)));

/** Ids in this order: the search has none. */
const byId = (found: readonly Hit[]): Map<string, Hit> => new Map(found.map((hit) => [hit._id, hit]));

const freshPrefix = (): string => `t${randomUUID().slice(0, 8)}-alerts`;

/** An alert whose parts come from different ones of the pool; the times stay together. */
function mixed(pool: readonly Alert[], number: number): Alert {
  const from = (part: number): Alert => pool[(number * 31 + part * (number + 7) * 101) % pool.length]!;
  const whole = from(0);
  const parts = Object.keys(whole).map((key, part) => [key, from(part)[key as keyof Alert]] as const);
  return {
    ...whole,
    ...(Object.fromEntries(parts) as Partial<Alert>),
    id: alertId(`mixed ${number}`),
    firstSeen: whole.firstSeen,
    lastSeen: whole.lastSeen,
  };
}

/** Ends the indices and the template of a prefix. */
async function forget(address: string, prefix: string): Promise<void> {
  await ask(address, 'DELETE', `/${prefix}-*`);
  await ask(address, 'DELETE', `/_index_template/${prefix}`);
}

describeOn(['elasticsearch'], 'the Elasticsearch sink', (address) => {
  let prefix: string;
  const sinks: Sink[] = [];
  const open = (over: Tree = {}): Sink => {
    const sink = sinkFor({ nodes: [address], indexPrefix: prefix, replicas: 0, ...over });
    sinks.push(sink);
    return sink;
  };
  beforeEach(() => {
    prefix = freshPrefix();
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
    await forget(address, prefix);
  });

  sinkContract('the Elasticsearch sink (real server)', {
    replaces: true,
    stalls: false,
    runs: 6,
    rig: () => {
      const own = freshPrefix();
      return {
        sink: sinkFor({ nodes: [address], indexPrefix: own, replicas: 0 }),
        shown: async () =>
          (await hits(address, own)).map(({ _id: id, _source: source }) => ({ id, revision: source.lapwing.revision })),
        close: () => forget(address, own),
      };
    },
  });

  test('puts its template, brings an older one up to date, and leaves a newer one alone', async () => {
    const read = async () =>
      (
        await ask<{ index_templates: { index_template: { version: number; template: Tree } }[] }>(
          address,
          'GET',
          `/_index_template/${prefix}`,
        )
      ).index_templates[0]!.index_template;
    await open().write([anAlert()], never);
    const made = await read();
    expect(made.version).toBe(TEMPLATE_VERSION);
    const change = (version: number, template: Tree) =>
      ask(address, 'PUT', `/_index_template/${prefix}`, {
        index_patterns: [`${prefix}-*`],
        priority: 200,
        version,
        template,
      });
    await change(TEMPLATE_VERSION - 1, {});
    await open().write([anAlert({ revision: 2 })], never);
    expect(await read()).toMatchObject({ version: TEMPLATE_VERSION, template: made.template });
    await change(TEMPLATE_VERSION + 1, { settings: { index: { number_of_replicas: '0' } } });
    await open().write([anAlert({ revision: 3 })], never);
    expect((await read()).version).toBe(TEMPLATE_VERSION + 1);
    expect((await hits(address, prefix)).map(({ _source: source }) => source.lapwing.revision)).toStrictEqual([3]);
  });

  test('gives new fields to an index that is there already, once the template is newer', async () => {
    const index = `${prefix}-2026.11`;
    await ask(address, 'PUT', `/${index}`, {
      aliases: { [prefix]: {} },
      settings: { number_of_replicas: 0 },
      mappings: { dynamic: false, properties: { '@timestamp': { type: 'date', ignore_malformed: true } } },
    });
    await open().write([anAlert()], never);
    await ask(address, 'POST', `/${index}/_refresh`);
    const found = await ask<{ count: number }>(address, 'POST', `/${prefix}/_count`, {
      query: { term: { 'rule.id': 'secret-reads' } },
    });
    expect(found.count).toBe(1);
  });

  test('takes what the operator adds in a component template of his own', async () => {
    const component = `${prefix}@custom`;
    await ask(address, 'PUT', `/_component_template/${component}`, {
      template: { settings: { index: { refresh_interval: '7s' } } },
    });
    await open().write([anAlert()], never);
    const settings = await ask<Record<string, { settings: { index: { refresh_interval: string } } }>>(
      address,
      'GET',
      `/${prefix}-2026.11/_settings`,
    );
    expect(settings[`${prefix}-2026.11`]!.settings.index.refresh_interval).toBe('7s');
    await forget(address, prefix);
    await ask(address, 'DELETE', `/_component_template/${component}`);
  });

  test('repeats and restarts leave one document, the one that replay prints', async () => {
    const alerts = someAlerts(30);
    await open().write(alerts, never);
    await open().write(alerts, never);
    await open().write(alerts.slice(10), never);
    const found = byId(await hits(address, prefix));
    expect(found.size).toBe(30);
    for (const alert of alerts) {
      expect(found.get(alert.id)!._version).toBe(1);
      expect(found.get(alert.id)!._source).toStrictEqual(asJson(alert));
    }
  });

  test('a newer revision takes the place of the older one, whole', async () => {
    await open().write([anAlert({ commandLine: 'id', observed: { secrets: 1, lists: 1 } })], never);
    const next = anAlert({ revision: 2, count: 99, observed: { secrets: 9 }, target: {} });
    await open().write([next], never);
    const found = await hits(address, prefix);
    expect(found.map(({ _source: source }) => source)).toStrictEqual([asJson(next)]);
  });

  test("analysts' workflow survives any re-delivery", async () => {
    await open().write([anAlert()], never);
    const workflow = {
      status: 'closed',
      reason: 'known job',
      assignees: ['kim'],
      tags: ['etl'],
      notes: 'asked the team',
    };
    await ask(address, 'POST', `/${prefix}-2026.11/_update/${anAlert().id}`, { doc: { workflow } });
    const sink = open();
    for (const revision of [1, 2, 3]) await sink.write([anAlert({ revision })], never);
    const [only, ...more] = await hits(address, prefix);
    expect(more).toStrictEqual([]);
    expect(only!._source).toStrictEqual({ ...(asJson(anAlert({ revision: 3 })) as Tree), workflow });
    const closed = await ask<{ count: number }>(address, 'POST', `/${prefix}/_count`, {
      query: { term: { 'workflow.status': 'closed' } },
    });
    expect(closed.count).toBe(1);
  });

  test('analysts who write all the time lose nothing, and stop nothing', async () => {
    const alerts = someAlerts(5);
    const sink = open();
    await sink.write(alerts, never);
    let notes = 0;
    const over = new AbortController();
    const analyst = (async () => {
      while (!over.signal.aborted) {
        notes += 1;
        for (const { id } of alerts)
          await ask(address, 'POST', `/${prefix}-2026.11/_update/${id}?retry_on_conflict=20`, {
            doc: { workflow: { notes: `note ${notes}` } },
          });
      }
    })();
    for (let revision = 2; revision <= 15; revision += 1) {
      const newer = alerts.map((alert) => ({ ...alert, revision }));
      // A document that never held still is written at the next attempt, as the delivery would.
      for (;;) {
        try {
          await sink.write(newer, never);
          break;
        } catch (error) {
          if (!(error instanceof AppError && error.retryable)) throw error;
        }
      }
    }
    over.abort();
    await analyst;
    expect(notes).toBeGreaterThan(0);
    const found = await hits(address, prefix);
    expect(found).toHaveLength(5);
    for (const { _source: source } of found) {
      expect(source.lapwing.revision).toBe(15);
      expect(source['workflow']).toStrictEqual({ notes: `note ${notes}` });
    }
  });

  test('a month has its own index, and the alias shows all', async () => {
    const seen = (iso: string, over: Partial<Alert> = {}) =>
      anAlert({ id: alertId(iso), firstSeen: micros(iso), lastSeen: micros(iso), ...over });
    const sink = open();
    const [november, december, january] = [
      '2026-11-30T23:59:59.999999Z',
      '2026-12-01T00:00:00.000000Z',
      '2027-01-15T12:00:00Z',
    ].map((iso) => seen(iso)) as [Alert, Alert, Alert];
    await sink.write([november, december, january], never);
    // A late event moves first_seen back: the document stays where it is.
    await sink.write([{ ...december, revision: 2, firstSeen: micros('2026-11-30T23:59:58Z') }], never);
    const found = byId(await hits(address, prefix));
    expect(found.size).toBe(3);
    expect([november, december, january].map(({ id }) => found.get(id)!._index)).toStrictEqual(
      ['2026.11', '2026.12', '2027.01'].map((month) => `${prefix}-${month}`),
    );
    expect(found.get(december.id)!._source.lapwing.revision).toBe(2);
  });

  test('a document that the mapping cannot take is refused with the reason, the others are written', async () => {
    const index = `${prefix}-2026.11`;
    await open().write(
      [
        anAlert({
          id: alertId('december'),
          firstSeen: micros('2026-12-01T00:00:00Z'),
          lastSeen: micros('2026-12-01T00:00:00Z'),
        }),
      ],
      never,
    );
    // As somebody else's index of that name would be.
    await ask(address, 'DELETE', `/_index_template/${prefix}`);
    await ask(address, 'PUT', `/${index}`, {
      aliases: { [prefix]: {} },
      settings: { number_of_replicas: 0 },
      mappings: { dynamic: false, properties: { process: { properties: { command_line: { type: 'date' } } } } },
    });
    const good = anAlert({ id: alertId('good') });
    const bad = anAlert({ id: alertId('bad'), commandLine: 'no date' });
    const refusals = await open({ manageTemplate: false }).write([bad, good], never);
    expect(refusals).toStrictEqual([
      { id: bad.id, reason: expect.stringMatching(/document_parsing_exception.*command_line/) as string },
    ]);
    expect(byId(await hits(address, prefix)).has(good.id)).toBe(true);
  });

  test('a month that its owner made read-only refuses; another one is written', async () => {
    const sink = open();
    await sink.write([anAlert()], never);
    await ask(address, 'PUT', `/${prefix}-2026.11/_settings`, { index: { blocks: { write: true } } });
    const december = anAlert({
      id: alertId('december'),
      firstSeen: micros('2026-12-01T00:00:00Z'),
      lastSeen: micros('2026-12-01T00:00:00Z'),
    });
    const refusals = await sink.write([anAlert({ revision: 2 }), december], never);
    expect(refusals).toStrictEqual([
      { id: anAlert().id, reason: expect.stringContaining('cluster_block_exception') as string },
    ]);
    expect(byId(await hits(address, prefix)).has(december.id)).toBe(true);
    await ask(address, 'PUT', `/${prefix}-2026.11/_settings`, { index: { blocks: { write: false } } });
    await ask(address, 'POST', `/${prefix}-2026.11/_close`);
    expect(await sink.write([anAlert({ revision: 2 })], never)).toMatchObject([{ id: anAlert().id }]);
  });

  test('10,000 random alerts: none refused, no field more than before', { timeout: 240_000 }, async () => {
    const fields = async () => {
      const answer = await ask<Record<string, { mappings: unknown }>>(address, 'GET', `/${prefix}-*/_mapping`);
      return new Map(Object.entries(answer).map(([index, { mappings }]) => [index, mappings]));
    };
    const months = ['2026-10-31', '2026-11-15', '2026-12-01'].map((day) => micros(`${day}T00:00:00Z`));
    const sink = open();
    await sink.write(
      months.map((time) => anAlert({ id: alertId(String(time)), firstSeen: time, lastSeen: time })),
      never,
    );
    const before = await fields();
    expect(before.size).toBe(3);
    // Each field is taken from one of a thousand: as varied as ten thousand of their own, and made in a tenth of the time.
    const pool = fc.sample(hostileAlert(), { numRuns: 1_000, seed: 1 });
    for (let at = 0; at < 10_000; at += 500) {
      const alerts = Array.from({ length: 500 }, (_, more) => mixed(pool, at + more));
      expect(await sink.write(alerts, never)).toStrictEqual([]);
    }
    expect(await fields()).toStrictEqual(before);
    await ask(address, 'POST', `/${prefix}-*/_refresh`);
    expect((await ask<{ count: number }>(address, 'GET', `/${prefix}/_count`)).count).toBe(10_003);
  });

  test('an analyst finds alerts by any field of the document', async () => {
    await open().write(
      [
        anAlert({ commandLine: 'sh -c "cat /etc/shadow"' }),
        anAlert({
          id: alertId('other'),
          severity: 'low',
          actor: { class: 'human', groups: [], claimedIps: [] },
          relatedIps: [],
          observed: {},
          code: 403,
        }),
      ],
      never,
    );
    await ask(address, 'POST', `/${prefix}-*/_refresh`);
    const queries: Tree[] = [
      { term: { 'lapwing.severity': 'high' } },
      { range: { 'event.severity': { gte: 47 } } },
      { term: { 'source.ip': '127.66.0.0/16' } },
      { term: { 'related.ip': '127.66.0.9' } },
      { term: { 'user.name': 'system:serviceaccount:data:etl' } },
      { term: { 'http.response.status_code': 200 } },
      { match: { 'process.command_line.text': 'shadow' } },
      { exists: { field: 'lapwing.detector.observed.secrets' } },
    ];
    for (const query of queries) {
      const found = await ask<{ hits: { hits: Hit[] } }>(address, 'POST', `/${prefix}/_search`, { query });
      expect([query, found.hits.hits.map(({ _id: id }) => id)]).toStrictEqual([query, [anAlert().id]]);
    }
    const times = await ask<{ count: number }>(address, 'POST', `/${prefix}/_count`, {
      query: { range: { '@timestamp': { gte: '2026-11-21T10:19:52Z', lt: '2026-11-21T10:19:53Z' } } },
    });
    expect(times.count).toBe(2);
  });
});

describeOn(['elasticsearch'], 'the Elasticsearch sink and a server with passwords that comes and goes', () => {
  const password = 'correct horse battery';
  let server: Server;
  beforeAll(async () => {
    server = await startElasticsearch({ password });
  }, START_MS);
  afterAll(() => server?.stop());

  const sinkWith = (auth: Tree | undefined): Sink =>
    sinkFor({ nodes: [server.address], replicas: 0, requestTimeout: '20s', ...(auth && { auth }) });

  test.each([
    ['no credentials', undefined],
    ['a wrong password', { username: 'elastic', password: 'wrong battery' }],
  ])('%s: nothing is set aside, and the message says why', async (_, auth) => {
    const sink = sinkWith(auth);
    await expect(sink.write([anAlert()], never)).rejects.toMatchObject({
      code: 'sink',
      retryable: true,
      message: expect.stringMatching(/HTTP 401, the credentials are refused/) as string,
    });
    await sink.close();
  });

  describe('with the password', () => {
    test('alerts wait while the server is away, and are there once it is back', { timeout: START_MS }, async () => {
      const sink = sinkWith({ username: 'elastic', password });
      const alerts = someAlerts(20);
      expect(await sink.write(alerts.slice(0, 5), never)).toStrictEqual([]);
      await server.kill();
      for (let attempt = 0; attempt < 3; attempt += 1)
        await expect(sink.write(alerts, never)).rejects.toMatchObject({ code: 'sink', retryable: true });
      await server.restart();
      expect(await sink.write(alerts, never)).toStrictEqual([]);
      await sink.close();
      await ask(server.address, 'POST', '/lapwing-alerts/_refresh', undefined, password);
      const found = await ask<{ hits: { hits: Hit[] } }>(
        server.address,
        'GET',
        '/lapwing-alerts/_search?size=100',
        undefined,
        password,
      );
      const ids = found.hits.hits.map(({ _id: id }) => id);
      for (const { id } of alerts) expect(ids.filter((each) => each === id)).toStrictEqual([id]);
    });
  });
});
