import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError, toDocument, type Alert, type Sink } from '../../src/model/index.ts';
import { elasticsearchSink } from '../../src/sinks/elasticsearch.ts';
import { TEMPLATE_VERSION } from '../../src/sinks/elasticsearch-mapping.ts';
import { sinkContract } from '../contract/sink.ts';
import { alertId, anAlert, micros, someAlerts } from '../support/alert.ts';
import { testContext, type Logged } from '../support/context.ts';
import { AUTHORITY, ElasticsearchDouble } from '../support/elasticsearch-double.ts';

const never = new AbortController().signal;
const NOVEMBER = 'lapwing-alerts-2026.11';

/** Makes the sink as the configuration would. */
function sinkFor(settings: Record<string, unknown>, log?: (logged: Logged[]) => void): Sink {
  const { context, logged } = testContext();
  const sink = elasticsearchSink.create('es', elasticsearchSink.settings.parse(settings) as never, context);
  log?.(logged);
  return sink;
}

sinkContract('the Elasticsearch sink (double)', {
  replaces: true,
  stalls: true,
  rig: async () => {
    const double = new ElasticsearchDouble();
    const sink = sinkFor({ nodes: [await double.open()] });
    return {
      sink,
      shown: async () =>
        [...double.documents()].map(([id, source]) => ({
          id,
          revision: (source['lapwing'] as { revision: number }).revision,
        })),
      stall: () => {
        double.reply = () => 'silence';
      },
      close: () => double.close(),
    };
  },
});

describe('against a double', () => {
  let double: ElasticsearchDouble;
  let address: string;
  const sinks: Sink[] = [];
  const open = (settings: Record<string, unknown> = {}): Sink => {
    const sink = sinkFor({ nodes: [address], ...settings });
    sinks.push(sink);
    return sink;
  };

  beforeEach(async () => {
    double = new ElasticsearchDouble();
    address = await double.open();
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
    await double.close();
  });

  /** Makes each request whose path ends so get this answer. */
  const answer = (end: string, reply: ReturnType<ElasticsearchDouble['reply']>): void => {
    double.reply = ({ path }) => (path.endsWith(end) ? reply : undefined);
  };
  const failure = async (sink: Sink, alerts: readonly Alert[] = [anAlert()]): Promise<AppError> => {
    const error: unknown = await sink.write(alerts, never).then(
      () => 'written',
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  };

  describe('what is written', () => {
    test('is the document, whole, at its id, in the month of first_seen', async () => {
      const alerts = [
        anAlert({
          id: alertId('a'),
          firstSeen: micros('2026-11-30T23:59:59.999999Z'),
          lastSeen: micros('2026-12-01T00:00:09Z'),
        }),
        anAlert({
          id: alertId('b'),
          firstSeen: micros('2026-12-01T00:00:00.000000Z'),
          lastSeen: micros('2026-12-01T00:00:09Z'),
        }),
      ];
      await open().write(alerts, never);
      expect([...double.indices].map(([name, held]) => [name, [...held.keys()]])).toStrictEqual([
        [NOVEMBER, [alerts[0]!.id]],
        ['lapwing-alerts-2026.12', [alerts[1]!.id]],
      ]);
      expect(double.documents().get(alerts[0]!.id)).toStrictEqual(JSON.parse(JSON.stringify(toDocument(alerts[0]!))));
    });

    test('a revision that has fewer fields leaves none of the older ones behind', async () => {
      const sink = open();
      await sink.write([anAlert({ commandLine: 'id', observed: { secrets: 1, lists: 2 } })], never);
      const next = anAlert({ revision: 2, observed: { secrets: 9 }, target: {} });
      await sink.write([next], never);
      expect(double.documents().get(next.id)).toStrictEqual(JSON.parse(JSON.stringify(toDocument(next))));
    });

    test('an alert whose first_seen moves back over the turn of a month stays where it is', async () => {
      const sink = open();
      const late = micros('2026-12-01T00:00:01Z');
      await sink.write([anAlert({ firstSeen: late, lastSeen: late })], never);
      await sink.write([anAlert({ revision: 2, firstSeen: micros('2026-11-30T23:59:58Z'), lastSeen: late })], never);
      const homes = [...double.indices].filter(([, held]) => held.size > 0);
      expect(homes.map(([name]) => name)).toStrictEqual(['lapwing-alerts-2026.12']);
      expect(double.documents().get(anAlert().id)).toMatchObject({ lapwing: { revision: 2 } });
    });

    test("analysts' fields survive, even when they are written between our reading and our writing", async () => {
      const sink = open();
      await sink.write([anAlert()], never);
      let meddled = 0;
      double.reply = ({ path }) => {
        if (path === '/_bulk' && meddled < 2) {
          meddled += 1;
          const source = double.documents().get(anAlert().id)!;
          double.put(NOVEMBER, anAlert().id, { ...source, workflow: { status: 'closed', notes: `edit ${meddled}` } });
        }
        return undefined;
      };
      await sink.write([anAlert({ revision: 2 })], never);
      expect(meddled).toBe(2);
      expect(double.documents().get(anAlert().id)).toMatchObject({
        lapwing: { revision: 2 },
        workflow: { status: 'closed', notes: 'edit 2' },
      });
    });

    test('a document that never holds still is left for the next attempt', async () => {
      const sink = open();
      double.item = () => ({ status: 409, body: { type: 'version_conflict_engine_exception', reason: 'again' } });
      expect(await failure(sink)).toMatchObject({ code: 'sink', retryable: true });
    });

    test('of one id given twice the newer revision counts', async () => {
      await open().write([anAlert({ revision: 3 }), anAlert({ revision: 2 })], never);
      expect(double.documents().get(anAlert().id)).toMatchObject({ lapwing: { revision: 3 } });
    });

    test('what is there already costs no writing', async () => {
      const sink = open();
      await sink.write(someAlerts(3), never);
      await sink.write(someAlerts(3), never);
      expect(double.requests('PUT', '_bulk').length + double.requests('POST', '_bulk').length).toBe(1);
    });
  });

  describe('requests', () => {
    const bulks = () => double.asked.filter(({ path }) => path === '/_bulk');

    test('are compressed, unless that is switched off', async () => {
      await open().write([anAlert()], never);
      await open({ compression: false }).write([anAlert({ revision: 2 })], never);
      expect(bulks().map(({ headers }) => headers['content-encoding'])).toStrictEqual(['gzip', undefined]);
    });

    test('are bounded in documents and in bytes', async () => {
      await open().write(someAlerts(1_100), never);
      const small = bulks().map(({ body }) => body.split('\n').length >> 1);
      expect(small).toStrictEqual([500, 500, 100]);
      double.asked.length = 0;
      const large = someAlerts(30, { revision: 2, reason: 'r'.repeat(300_000) });
      await open().write(large, never);
      expect(bulks().length).toBeGreaterThan(2);
      for (const { body } of bulks()) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(5 * 1_024 ** 2);
      expect(double.documents().size).toBe(1_100);
    });

    test('that are too large for a proxy go in halves; a single document that is refused', async () => {
      double.reply = ({ path, body }) =>
        path === '/_bulk' && body.length > 20_000
          ? { status: 413, body: '<html>', headers: { 'content-type': 'text/html' } }
          : undefined;
      const huge = anAlert({ id: alertId('huge'), reason: 'r'.repeat(30_000) });
      const refusals = await open().write([...someAlerts(40), huge, ...someAlerts(50).slice(40)], never);
      expect(refusals).toStrictEqual([{ id: huge.id, reason: expect.stringContaining('HTTP 413') as string }]);
      expect(double.documents().size).toBe(50);
    });
  });

  describe('the template', () => {
    test('is put where there is none, with its version, and not again', async () => {
      await open().write([anAlert()], never);
      await open().write([anAlert({ revision: 2 })], never);
      expect(double.requests('PUT', '_index_template/lapwing-alerts')).toHaveLength(1);
      expect(double.templates.get('lapwing-alerts')).toMatchObject({
        version: TEMPLATE_VERSION,
        _meta: { product: 'lapwing' },
      });
    });

    test.each([
      [0, 1],
      [undefined, 1],
      [TEMPLATE_VERSION - 1, 1],
      [TEMPLATE_VERSION, 0],
      [99, 0],
    ])('of version %s is replaced %i times', async (version, times) => {
      double.templates.set('lapwing-alerts', { ...(version !== undefined && { version }), mine: true });
      await open().write([anAlert()], never);
      expect(double.requests('PUT', '_index_template/lapwing-alerts')).toHaveLength(times);
      expect(double.templates.get('lapwing-alerts')!['mine']).toBe(times === 1 ? undefined : true);
      expect(double.requests('PUT', '/_mapping')).toHaveLength(times);
    });

    test('that was lost is put again before a month begins', async () => {
      const sink = open();
      await sink.write([anAlert()], never);
      double.templates.clear();
      const december = micros('2026-12-01T00:00:00Z');
      await sink.write([anAlert({ id: alertId('d'), firstSeen: december, lastSeen: december })], never);
      expect(double.templates.has('lapwing-alerts')).toBe(true);
    });

    test('is left alone where somebody else manages it', async () => {
      await open({ manageTemplate: false }).write([anAlert()], never);
      expect(double.asked.filter(({ path }) => path.startsWith('/_index_template'))).toStrictEqual([]);
      expect(double.documents().size).toBe(1);
    });

    test('indices that cannot take the new fields do not stop the writing', async () => {
      answer('/_mapping', {
        status: 400,
        body: { error: { type: 'illegal_argument_exception', reason: 'no' }, status: 400 },
      });
      await open().write([anAlert()], never);
      expect(double.documents().size).toBe(1);
    });
  });

  describe('single documents', () => {
    const [first, second, third] = someAlerts(3) as [Alert, Alert, Alert];

    test.each([
      [400, 'document_parsing_exception', 'failed to parse'],
      [400, 'illegal_argument_exception', 'immense term'],
      [403, 'cluster_block_exception', 'index [x] blocked by: [FORBIDDEN/8/index write (api)];'],
      [400, 'index_closed_exception', 'closed'],
    ])('%i %s: refused with the reason, and the others are written', async (status, type, reason) => {
      double.item = ({ id }) => (id === second.id ? { status, body: { type, reason } } : undefined);
      expect(await open().write([first, second, third], never)).toStrictEqual([
        { id: second.id, reason: `${type}: ${reason}` },
      ]);
      expect([...double.documents().keys()]).toStrictEqual([first.id, third.id]);
    });

    test.each([
      [429, 'es_rejected_execution_exception', 'queue is full'],
      [429, 'cluster_block_exception', 'index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage];'],
      [503, 'unavailable_shards_exception', 'primary shard is not active'],
      [403, 'security_exception', 'action is unauthorized'],
      [404, 'index_not_found_exception', 'no such index'],
      [400, 'validation_exception', 'this cluster currently has [1000]/[1000] maximum shards open'],
    ])(
      '%i %s: waits, the others are written, and the next attempt writes only what is missing',
      async (status, type, reason) => {
        const sink = open();
        double.item = ({ id }) => (id === second.id ? { status, body: { type, reason } } : undefined);
        const error = await failure(sink, [first, second, third]);
        expect(error).toMatchObject({ code: 'sink', retryable: true });
        expect(error.message).toContain('1 of 3 must wait');
        expect(error.message).toContain(reason);
        expect([...double.documents().keys()]).toStrictEqual([first.id, third.id]);
        double.item = () => undefined;
        double.asked.length = 0;
        expect(await sink.write([first, second, third], never)).toStrictEqual([]);
        expect(double.documents().size).toBe(3);
        expect(double.requests('POST', '/_bulk').map(({ body }) => body.split('\n').length >> 1)).toStrictEqual([1]);
      },
    );

    test('the reason is cut and cannot write on a terminal', async () => {
      double.item = () => ({ status: 400, body: { type: 'x', reason: `\u001b[2J\n${'y'.repeat(5_000)}` } });
      const [refusal] = await open().write([first], never);
      expect(refusal!.reason.length).toBeLessThan(600);
      expect(refusal!.reason).toMatch(/^x: \\u\{001b\}\[2J\\ny+…$/);
    });

    test.each([
      ['an impossible id', anAlert({ id: '' })],
      ['an impossible time', anAlert({ id: alertId('nan'), firstSeen: Number.NaN })],
    ])('%s is refused without asking', async (_, alert) => {
      expect(await open().write([alert, first], never)).toStrictEqual([
        { id: alert.id, reason: expect.any(String) as string },
      ]);
      expect([...double.documents().keys()]).toStrictEqual([first.id]);
    });
  });

  describe('whole requests that fail can be tried again', () => {
    test.each<[string, ReturnType<ElasticsearchDouble['reply']>, RegExp]>([
      [
        '401',
        { status: 401, body: { error: { type: 'security_exception', reason: 'who?' }, status: 401 } },
        /HTTP 401, the credentials are refused, security_exception: who\?/,
      ],
      [
        '403',
        { status: 403, body: { error: { type: 'security_exception', reason: 'no' }, status: 403 } },
        /HTTP 403, the credentials lack a privilege/,
      ],
      [
        '429',
        { status: 429, body: { error: { type: 'circuit_breaking_exception', reason: 'too much' }, status: 429 } },
        /HTTP 429.*too much/,
      ],
      ['500 of a proxy', { status: 500, body: '<html>oops', headers: { 'content-type': 'text/html' } }, /HTTP 500/],
      [
        '503',
        { status: 503, body: { error: { type: 'unavailable', reason: 'starting' }, status: 503 } },
        /HTTP 503.*starting/,
      ],
      ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, /HTTP 302/],
      [
        'another product',
        { status: 200, body: {}, headers: { 'x-elastic-product': 'Other' } },
        /does not say that it is Elasticsearch/,
      ],
      ['no JSON', { status: 200, body: '{"items":' }, /no JSON/],
      ['JSON of another kind', { status: 200, body: [] }, /does not match/],
      ['too few items', { status: 200, body: { items: [], docs: [] } }, /does not match/],
      ['a cut connection', 'hang-up', /writing|reading/],
    ])('%s', async (_, reply, message) => {
      for (const end of ['/_mget', '/_bulk']) {
        const sink = open();
        answer(end, reply);
        const error = await failure(sink);
        expect(error).toMatchObject({ code: 'sink', retryable: true });
        expect(error.message).toMatch(message);
        expect(error.message).not.toContain('\n');
        double.reply = () => undefined;
        expect(await sink.write([anAlert()], never)).toStrictEqual([]);
        expect(double.documents().size).toBe(1);
        double.indices.clear();
      }
    });

    test('a redirect is not followed', async () => {
      const other = new ElasticsearchDouble();
      const elsewhere = await other.open();
      try {
        double.reply = ({ path }) => ({ status: 307, headers: { location: `${elsewhere}${path}` } });
        await failure(open({ auth: { username: 'lapwing', password: 'correct horse' } }));
        expect(other.asked).toStrictEqual([]);
      } finally {
        await other.close();
      }
    });

    test.each(['silence', 'half'] as const)('%s ends at the deadline', async (reply) => {
      answer('/_bulk', reply);
      const error = await failure(open({ requestTimeout: '200ms' }));
      expect(error).toMatchObject({ retryable: true });
      expect(error.message).toContain('no answer within 200 ms');
    });

    test('nobody listens', async () => {
      const sink = open();
      await double.close();
      expect(await failure(sink)).toMatchObject({ code: 'sink', retryable: true });
    });

    test('a request that timed out and arrives later brings nothing older back', async () => {
      const sink = open({ requestTimeout: '200ms' });
      await sink.write([anAlert()], never);
      let late = '';
      double.reply = ({ path, body }) => {
        if (path !== '/_bulk' || late !== '') return undefined;
        late = body;
        return 'silence';
      };
      await failure(sink, [anAlert({ revision: 2 })]);
      await sink.write([anAlert({ revision: 3 })], never);
      const [answered] = (
        (await (await fetch(`${address}/_bulk`, { method: 'POST', body: late })).json()) as {
          items: { index: { status: number } }[];
        }
      ).items;
      expect(answered!.index.status).toBe(409);
      expect(double.documents().get(anAlert().id)).toMatchObject({ lapwing: { revision: 3 } });
    });

    test('a month that cannot be made', async () => {
      double.reply = ({ method, path }) =>
        method === 'PUT' && path === `/${NOVEMBER}`
          ? {
              status: 400,
              body: { error: { type: 'validation_exception', reason: 'maximum shards open' }, status: 400 },
            }
          : undefined;
      const error = await failure(open());
      expect(error.retryable).toBe(true);
      expect(error.message).toContain('maximum shards open');
      expect(double.documents().size).toBe(0);
    });

    test('a month that another writer made in the same moment is no failure', async () => {
      double.reply = ({ method, path }) => {
        if (method === 'PUT' && path === `/${NOVEMBER}`) double.put(NOVEMBER, 'other', {});
        return undefined;
      };
      await open().write([anAlert()], never);
      expect(double.documents().size).toBe(2);
    });
  });

  test('the next node takes over where one is away', async () => {
    const dead = new ElasticsearchDouble();
    const gone = await dead.open();
    await dead.close();
    const sink = open({ nodes: [gone, address] });
    for (const revision of [1, 2, 3]) await sink.write([anAlert({ revision })], never);
    expect(double.documents().get(anAlert().id)).toMatchObject({ lapwing: { revision: 3 } });
  });

  test('close ends a write that hangs', async () => {
    const sink = open();
    const asked = new Promise<void>((resolve) => {
      double.reply = () => {
        resolve();
        return 'silence';
      };
    });
    const write = failure(sink);
    await asked;
    await sink.close();
    expect(await write).toMatchObject({ retryable: true });
  });

  describe('credentials', () => {
    test.each([
      [{ username: 'lapwing', password: 'correct horse' }, `Basic ${btoa('lapwing:correct horse')}`],
      [{ apiKey: 'aWQ6a2V5LXRleHQ=' }, 'ApiKey aWQ6a2V5LXRleHQ='],
    ])('%j go with every request', async (auth, header) => {
      await open({ auth }).write([anAlert()], never);
      expect(double.asked.length).toBeGreaterThan(3);
      expect(new Set(double.asked.map(({ headers }) => headers['authorization']))).toStrictEqual(new Set([header]));
    });

    test.each([
      [{ username: 'lapwing', password: 'correct horse' }, ['correct horse', btoa('lapwing:correct horse')]],
      [{ apiKey: 'aWQ6a2V5LXRleHQ=' }, ['aWQ6a2V5LXRleHQ=']],
    ])('%j are in no error, even where the other side repeats them', async (auth, secrets) => {
      const lines: Logged[][] = [];
      double.reply = ({ headers }) => ({
        status: 401,
        body: {
          error: { type: 'security_exception', reason: `bad ${headers['authorization']!} ${secrets.join(' ')}` },
          status: 401,
        },
      });
      const sink = sinkFor({ nodes: [address], auth }, (logged) => lines.push(logged));
      sinks.push(sink);
      const error = await failure(sink);
      expect(error.message).toContain('[secret]');
      const everything = JSON.stringify([
        error.message,
        error.stack,
        Object.entries(error),
        error.cause ?? null,
        lines,
      ]);
      for (const secret of secrets) expect(everything).not.toContain(secret);
    });

    test('over plain http to another machine are worth a warning', () => {
      let lines: Logged[] = [];
      sinkFor({ nodes: ['http://es.example:9200'], auth: { apiKey: 'aWQ6a2V5' } }, (logged) => (lines = logged));
      expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('plain http') as string }]);
      sinkFor(
        { nodes: ['https://es.example:9200', 'http://localhost:9200'], auth: { apiKey: 'aWQ6a2V5' } },
        (logged) => (lines = logged),
      );
      expect(lines).toStrictEqual([]);
    });
  });
});

describe('TLS', () => {
  let double: ElasticsearchDouble;
  let address: string;
  beforeEach(async () => {
    double = new ElasticsearchDouble({ secure: true });
    address = await double.open();
  });
  afterEach(() => double.close());

  test('with the authority of the configuration', async () => {
    const sink = sinkFor({ nodes: [address], ca: AUTHORITY });
    await sink.write([anAlert()], never);
    await sink.close();
    expect(double.documents().size).toBe(1);
  });

  test('an authority that Node does not know: nothing is sent', async () => {
    const sink = sinkFor({ nodes: [address] });
    await expect(sink.write([anAlert()], never)).rejects.toMatchObject({
      code: 'sink',
      retryable: true,
      message: expect.stringContaining('certificate') as string,
    });
    await sink.close();
    expect(double.asked).toStrictEqual([]);
  });

  test('a name that the certificate does not have: nothing is sent', async () => {
    const other = new ElasticsearchDouble({ secure: true });
    try {
      // Any address but the two that the certificate names.
      const sink = sinkFor({ nodes: [(await other.open('0.0.0.0')).replace('0.0.0.0', '127.0.0.2')], ca: AUTHORITY });
      await expect(sink.write([anAlert()], never)).rejects.toMatchObject({
        code: 'sink',
        message: expect.stringMatching(/altnames/) as string,
      });
      await sink.close();
      expect(other.asked).toStrictEqual([]);
    } finally {
      await other.close();
    }
  });

  test('an authority that cannot be read is a fault of the configuration', () => {
    expect(() => sinkFor({ nodes: [address], ca: '/nowhere/ca.pem' })).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringContaining('sinks.es.ca') as string }) as Error,
    );
  });
});

describe('settings', () => {
  const parse = (settings: Record<string, unknown>) => elasticsearchSink.settings.safeParse(settings);

  test('defaults', () => {
    expect(parse({ nodes: ['https://es:9200'] }).data).toStrictEqual({
      nodes: ['https://es:9200'],
      indexPrefix: 'lapwing-alerts',
      manageTemplate: true,
      compression: true,
      requestTimeout: 30_000_000,
    });
  });

  test.each([
    ['no node', { nodes: [] }],
    ['a node without scheme', { nodes: ['es:9200'] }],
    ['credentials in a node', { nodes: ['https://u:p@es:9200'] }],
    ['another scheme', { nodes: ['ftp://es'] }],
    ['a user without password', { nodes: ['https://es'], auth: { username: 'u' } }],
    ['a password without user', { nodes: ['https://es'], auth: { password: 'p' } }],
    ['two ways in', { nodes: ['https://es'], auth: { username: 'u', password: 'p', apiKey: 'k' } }],
    ['no way in', { nodes: ['https://es'], auth: {} }],
    ['capitals in the prefix', { nodes: ['https://es'], indexPrefix: 'Alerts' }],
    ['a wildcard in the prefix', { nodes: ['https://es'], indexPrefix: 'a*' }],
  ])('%s is refused', (_, settings) => {
    expect(parse(settings).success).toBe(false);
  });
});
