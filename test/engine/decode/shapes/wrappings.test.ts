import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { line, rawEvent } from '../decoding.ts';
import { reader, sampleOf } from './unwrapping.ts';
import { PLAIN_SAMPLES, WRAPPINGS } from './wrapping.ts';

const read = reader();
const wrappings = Object.entries(WRAPPINGS);
const named = wrappings.flatMap(([id, { named: wrap }]) => (wrap === undefined ? [] : [[id, wrap] as const]));
const before = line({ auditID: 'before' });
const after = line({ auditID: 'after' });

/** Reads a record between two plain events, which must come out whatever it is. */
function between(record: string | Buffer): ReturnType<typeof read> {
  const bytes = Buffer.concat([Buffer.from(`${before}\n`), Buffer.from(record), Buffer.from(`\n${after}\n`)]);
  const found = read(bytes);
  expect(found.events.at(0)?.auditId).toBe('before');
  expect(found.events.at(-1)?.auditId).toBe('after');
  return { ...found, events: found.events.slice(1, -1), shapes: found.shapes.slice(1, -1) };
}

describe('samples', () => {
  const samples = [
    ...wrappings.map(([, { sample, chain, events }]) => [sample, chain, events] as const),
    ...Object.entries(PLAIN_SAMPLES).map(([sample, { chain, events }]) => [sample, chain, events] as const),
  ];

  it.each(samples)('%s is taken for what it is, and for nothing else', (sample, chain, events) => {
    const found = read(sampleOf(sample));
    expect(found.shapes).toEqual(Array.from({ length: events }, () => chain));
    expect(found.rejects).toHaveLength(sample === 'malformed-kind.json' ? 1 : 0);
  });

  it.each(samples.filter(([, , events]) => events > 0))('%s yields final events with time and actor', (sample) => {
    for (const event of read(sampleOf(sample)).events) {
      expect(Number.isSafeInteger(event.time)).toBe(true);
      expect(event.user.name).not.toBe('');
      expect(event.verb).not.toBe('');
      expect(event.flaws).toEqual([]);
    }
  });
});

describe.each(wrappings)('%s', (id, { wrap }) => {
  const outcome = (inner: string) => between(wrap(inner));

  it('carries an event whole', () => {
    const { events, rejects } = outcome(line({ requestObject: { a: ['\ud800 "quoted" \\ \u2028 é 😀', 1e3, null] } }));
    expect(rejects).toEqual([]);
    expect(events).toHaveLength(1);
    const [event] = events;
    expect([event!.verb, event!.resource, event!.user.name, event!.code]).toEqual([
      'get',
      'pods',
      'system:serviceaccount:dev:gitops',
      200,
    ]);
    expect(event!.annotation('authorization.k8s.io/decision')).toBe('allow');
    expect((event!.requestObject as { a: unknown[] }).a.slice(1)).toEqual([1000, null]);
  });

  it('can be the only one to take, and then takes no other', () => {
    expect(read(wrap(line()), { shape: id }).events.map(({ verb }) => verb)).toEqual(['get']);
    for (const other of [line(), JSON.stringify({ a: line() }), `- ${line()}`])
      expect(read(other, { shape: id })).toMatchObject({ events: [], rejects: [{}] });
  });

  it('takes the cluster from configuration where nobody names one', () => {
    expect(outcome(line()).events.map(({ cluster }) => cluster)).toEqual(['home']);
  });

  it('carries events that are nested deep, given twice, or named to trap', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const trap = line().replace('"verb":', `"requestObject":${deep},"__proto__":{"a":1},"constructor":1,"verb":`);
    const { events, rejects } = outcome(trap);
    expect(rejects).toEqual([]);
    expect(events.map(({ auditId }) => auditId)).toEqual([rawEvent()['auditID']]);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it.each([
    ['broken JSON', '{"kind":"Event","verb":}'],
    ['no event', '{"hello":"world"}'],
    ['an empty object', '{}'],
    ['another kind', line({ kind: 0 })],
  ])('counts %s and goes on', (_what, inner) => {
    const { events, rejects } = outcome(inner);
    expect(events).toEqual([]);
    expect(rejects).toHaveLength(1);
    expect(rejects[0]!.reason).not.toBe('');
  });

  it('is cut anywhere without harm', () => {
    const whole = wrap(line());
    for (let length = 1; length < whole.length; length += 7) {
      const { events } = between(whole.slice(0, length));
      expect(events.every(({ cutShort }) => cutShort)).toBe(true);
    }
  });

  it('tells its shape in rejects, never the content', () => {
    const { rejects } = outcome('{"kind":0,"verb":"hunter2-secret"}');
    expect(rejects).toHaveLength(1);
    expect(JSON.stringify(rejects)).not.toContain('hunter2');
    expect([id, 'unknown']).toContain(rejects[0]!.shape);
  });
});

describe.each(named)('%s', (_id, wrap) => {
  it('names the cluster, and the record knows better', () => {
    expect(read(wrap(line(), 'prod-east')).events.map(({ cluster }) => cluster)).toEqual(['prod-east']);
    const byRecord = read(wrap(line(), 'prod-east'), { cluster: 'of-topic' });
    expect(byRecord.events.map(({ cluster }) => cluster)).toEqual(['of-topic']);
  });

  it('takes no name that is none', () => {
    for (const name of ['', 'two words', 'new\nline', 'x'.repeat(254), 'é']) {
      expect(read(wrap(line(), name)).events.map(({ cluster }) => cluster)).toEqual(['home']);
    }
  });

  it('is named by what is outside where wrappers are in wrappers', () => {
    const record = JSON.stringify({ message: wrap(line(), 'inner'), cluster: 'outer' });
    expect(read(record).events.map(({ cluster }) => cluster)).toEqual(['outer']);
    const unnamed = JSON.stringify({ message: wrap(line(), 'inner') });
    expect(read(unnamed).events.map(({ cluster }) => cluster)).toEqual(['inner']);
  });
});

describe('a wrapper that runs over several lines', () => {
  const spread = (value: unknown): string => JSON.stringify(value, null, 2);
  const three = ['a', 'b', 'c'].map((auditID) => line({ auditID }));
  const records = three.map((log) => ({ category: 'kube-audit', resourceId: 'x', properties: { log } }));
  const data = three.map((each) => Buffer.from(each).toString('base64'));
  const messages = three.map((message, id) => ({ id: String(id), timestamp: 1, message }));

  it.each<[string, unknown]>([
    ['aks-eventhub', { records }],
    ['eks-cloudwatch', { Records: data.map((each) => ({ kinesis: { data: each } })) }],
    ['eks-cloudwatch', { records: data.map((each) => ({ data: each })) }],
    ['eks-cloudwatch', { messageType: 'DATA_MESSAGE', logEvents: messages }],
    [
      'elasticsearch-hit',
      { hits: { hits: three.map((each) => ({ _index: 'x', _source: JSON.parse(each) as object })) } },
    ],
    [
      'otlp',
      { resourceLogs: [{ scopeLogs: [{ logRecords: three.map((stringValue) => ({ body: { stringValue } })) }] }] },
    ],
    ['pubsub', { receivedMessages: data.map((each) => ({ message: { data: each } })) }],
  ])('%s gives all that is in it', (shape, value) => {
    const { events, shapes, rejects } = between(spread(value));
    expect(rejects).toEqual([]);
    expect(events.map(({ auditId }) => auditId)).toEqual(['a', 'b', 'c']);
    expect(shapes.every(([outermost]) => outermost === shape)).toBe(true);
  });

  it.each(wrappings.filter(([, { sample }]) => sample.endsWith('json')))('%s gives its event', (_, { wrap }) => {
    const { events, rejects } = between(spread(JSON.parse(wrap(line({ auditID: 'x' })))));
    expect(rejects).toEqual([]);
    expect(events.map(({ auditId }) => auditId)).toEqual(['x']);
  });
});

describe('where only one shape is wanted', () => {
  /** What is in these passes for a plain event as it stands. */
  const ALMOST_PLAIN: ReadonlySet<string> = new Set(['vector-merged', 'openshift', 'datadog', 'v1alpha1']);

  it.each(wrappings)(
    '%s is taken where it is wanted, and rejected by name where another one or a plain one is',
    (id, { wrap }) => {
      const [wrapped, plain] = [wrap(line()), line()];
      expect(read(wrapped, { shape: id })).toMatchObject({ events: [{}], rejects: [] });
      expect(read(plain, { shape: id })).toMatchObject({ events: [], rejects: [{ reason: `not ${id}` }] });
      if (!wrapped.startsWith('{') || ALMOST_PLAIN.has(id)) return;
      for (const shape of ['raw-event', 'jsonl', 'rancher'])
        expect(read(wrapped, { shape })).toMatchObject({ events: [], rejects: [{ reason: `not ${shape}` }] });
      expect(read(plain, { shape: 'raw-event' })).toMatchObject({ events: [{}], rejects: [] });
    },
  );
});

describe('all samples', () => {
  const files = readdirSync(new URL('../../../../samples/shapes/', import.meta.url)).filter((name) =>
    name.endsWith('json'),
  );
  /** Every value of a document, replaced by each of these in turn. */
  const ODD: readonly unknown[] = [null, 0, -1.5, true, '', 'x', [], {}, [[]], { log: {} }, '{', '[{"a":', '\ud800'];

  function* variants(value: unknown): Generator<unknown> {
    yield* ODD;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) for (const odd of variants(item)) yield value.with(index, odd);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        const { [name]: _, ...rest } = value as Record<string, unknown>;
        yield rest;
        for (const odd of variants(item)) yield { ...value, [name]: odd };
      }
    }
  }

  it.each(files)('%s with any member of another type or missing harms no neighbour', (file) => {
    const [first] = sampleOf(file).toString().split('\n');
    let count = 0;
    for (const variant of variants(JSON.parse(first!))) {
      between(JSON.stringify(variant));
      count += 1;
    }
    expect(count).toBeGreaterThan(20);
  });

  it('with any bytes changed never throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        (file, changes) => {
          const bytes = Buffer.from(sampleOf(file));
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte === 10 ? 32 : byte;
          expect(between(bytes).events.length).toBeLessThan(4);
        },
      ),
      { numRuns: 500 },
    );
  });
});
