import { describe, expect, it } from 'vitest';
import { decode, freshDecoder, line, rawEvent, told } from './decoding.ts';
import { microsOf } from '../../support/event.ts';

const item = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  rawEvent({ kind: undefined, apiVersion: undefined, ...over });
const list = (items: readonly unknown[]): string =>
  JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items });
const ids = (input: string | Uint8Array): string[] => decode(input).events.map((event) => event.auditId);
const named = (name: string): Record<string, unknown> => item({ auditID: name });

describe('fields', () => {
  it('reads an event as the API server writes it', () => {
    const { events, rejects, sizes } = decode(line());
    expect(rejects).toEqual([]);
    expect(sizes).toEqual([line().length]);
    expect(told(events[0]!)).toEqual({
      time: microsOf('2026-11-21T10:20:10.010471Z'),
      auditId: '1c0ad2ca-1736-42af-9cad-4226f6720e14',
      stage: 'ResponseComplete',
      level: 'Metadata',
      verb: 'get',
      uri: '/api/v1/namespaces/dev/pods/web-0',
      code: 200,
      statusReason: '',
      statusMessage: '',
      user: {
        name: 'system:serviceaccount:dev:gitops',
        uid: '8da86540-079e-41ce-ba97-b6ed7f467c03',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
        extra: [['authentication.kubernetes.io/credential-id', ['JTI=8486b421-229f-4f4c-9e52-d82f3a094f6a']]],
      },
      impersonated: undefined,
      sourceIps: ['10.9.8.7', '127.66.0.11'],
      peer: '127.66.0.11',
      userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
      object: { resource: 'pods', subresource: '', namespace: 'dev', name: 'web-0', apiGroup: '', apiVersion: 'v1' },
      resource: 'pods',
      decision: 'allow',
      decisionReason: 'RBAC: allowed by RoleBinding "edit/dev" of ClusterRole "edit" to User "gitops"',
      outcome: 'success',
      denial: undefined,
      final: true,
      annotations: [
        ['authorization.k8s.io/decision', 'allow'],
        [
          'authorization.k8s.io/reason',
          'RBAC: allowed by RoleBinding "edit/dev" of ClusterRole "edit" to User "gitops"',
        ],
      ],
    });
    expect(events[0]!.cluster).toBe('east');
    expect(events[0]!.received).toBeUndefined();
  });

  it.each([
    [
      'a failed login',
      { user: {}, stage: 'ResponseStarted', responseStatus: { code: 401 }, annotations: undefined },
      { final: true, denial: 'authentication', outcome: 'failure' },
    ],
    ['a panic', { stage: 'Panic', responseStatus: undefined }, { final: true, outcome: 'failure', code: 0 }],
    ['no stage', { stage: undefined }, { stage: '', final: false }],
    ['a stage nobody knows', { stage: 'Later' }, { stage: '', final: false }],
    [
      'a refusal by the authorizer',
      { responseStatus: { code: 403 }, annotations: { 'authorization.k8s.io/decision': 'forbid' } },
      { denial: 'authorization', decision: 'forbid' },
    ],
    [
      'a refusal by admission',
      { responseStatus: { code: 403, reason: 'Forbidden', message: 'no' } },
      { denial: 'admission', statusReason: 'Forbidden', statusMessage: 'no' },
    ],
    [
      'a request received',
      { stage: 'RequestReceived', responseStatus: undefined },
      { outcome: 'unknown', final: false },
    ],
    ['a subresource', { objectRef: { resource: 'pods', subresource: 'exec' } }, { resource: 'pods/exec' }],
    ['no object', { objectRef: undefined }, { object: undefined, resource: '' }],
    [
      'an empty object',
      { objectRef: {} },
      {
        resource: '',
        object: { resource: '', subresource: '', namespace: '', name: '', apiGroup: '', apiVersion: '' },
      },
    ],
    ['a null object', { objectRef: null }, { object: undefined }],
    [
      'fields of other types',
      { userAgent: 5, sourceIPs: 'x', annotations: [], level: {}, objectRef: [] },
      { userAgent: '', sourceIps: [], decision: '', level: '', object: undefined },
    ],
    [
      'mixed lists',
      { sourceIPs: ['1.2.3.4', 5, null, '5.6.7.8'] },
      { sourceIps: ['1.2.3.4', '5.6.7.8'], peer: '5.6.7.8' },
    ],
    ['the time of receipt alone', { stageTimestamp: undefined }, { time: microsOf('2026-11-21T10:20:10.003863Z') }],
    [
      'a time with an offset',
      { stageTimestamp: '2026-11-21T12:20:10.5+02:00' },
      { time: microsOf('2026-11-21T10:20:10.5Z') },
    ],
    ['a code with an exponent', { responseStatus: { code: 200 } }, { code: 200 }],
  ])('tells %s', (_, over, wanted) => {
    const { events, rejects } = decode(line(over));
    expect(rejects).toEqual([]);
    expect(told(events[0]!)).toMatchObject(wanted);
  });

  it('needs neither user nor user fields', () => {
    for (const user of [undefined, null, {}, [], 'x'])
      expect(decode(line({ user })).events[0]!.user).toEqual({ name: '', uid: '', groups: [], extra: new Map() });
  });

  it('takes the last of repeated members, whatever their order and spelling', () => {
    const text = `{"verb":"list","user":{"username":"a","username":"b"},"objectRef":{"name":"x","resource":"pods"},
      "objectRef":{"resource":"secrets"},"responseStatus":{"code":500,"message":"old"},"responseStatus":{"code":2e2},
      "v\\u0065rb":"get","annotations":{"authorization.k8s.io/decision":"forbid"},"annotations":null,
      "userAgent":"x","userAgent":null,"stageTimestamp":"2026-11-21T10:20:10Z"}`;
    const { events, rejects } = decode(text);
    expect(rejects).toEqual([]);
    expect(told(events[0]!)).toMatchObject({
      verb: 'get',
      resource: 'secrets',
      code: 200,
      statusMessage: '',
      decision: '',
      userAgent: '',
      user: { name: 'b' },
      object: { name: '' },
    });
  });

  it('cuts what is long, and never within a surrogate pair', () => {
    const [event] = decode(
      line({
        auditID: 'a'.repeat(300),
        userAgent: 'u'.repeat(5000),
        requestURI: `/${'x'.repeat(20_000)}`,
        objectRef: { resource: 'pods', name: `${'n'.repeat(511)}😀` },
      }),
    ).events;
    expect(event!.auditId).toHaveLength(256);
    expect(event!.userAgent).toHaveLength(1100);
    expect(event!.uri).toHaveLength(8192);
    expect(event!.object!.name).toBe('n'.repeat(511));
  });

  it('gives the same string object for the same bytes, once they were seen twice', () => {
    const { decoder, rejects } = freshDecoder();
    for (let round = 0; round < 3; round += 1) decode(line(), { decoder, rejects });
    const { events } = decode(`${line()}\n${line()}`, { decoder, rejects });
    expect(events[0]!.user).toBe(events[1]!.user);
    expect(events[0]!.annotations).toBe(events[1]!.annotations);
  });

  it('keeps an event valid after next', () => {
    const { events } = decode(
      `${line({ auditID: 'one' })}\n${line({ auditID: 'two', verb: 'list', user: { username: 'zoe' } })}`,
    );
    expect(events.map(({ auditId, verb, user }) => [auditId, verb, user.name])).toEqual([
      ['one', 'get', 'system:serviceaccount:dev:gitops'],
      ['two', 'list', 'zoe'],
    ]);
  });

  it('parses bodies into plain data without prototypes', () => {
    const text = line().replace(
      '"verb"',
      '"requestObject":{"__proto__":{"polluted":1},"rules":[{"verbs":["*"]}]},"verb"',
    );
    const body = decode(text).events[0]!.requestObject as Record<string, unknown>;
    expect(Object.getPrototypeOf(body)).toBeNull();
    expect(JSON.stringify(body)).toBe('{"__proto__":{"polluted":1},"rules":[{"verbs":["*"]}]}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('keeps an event whose body is 10,000 levels deep, its body marked', () => {
    const deep = `${'[{"a":'.repeat(5_000)}1${'}]'.repeat(5_000)}`;
    const { events, rejects } = decode(line().replace('"verb"', `"responseObject":${deep},"verb"`));
    expect(rejects).toEqual([]);
    expect(events[0]!.verb).toBe('get');
    expect(JSON.stringify(events[0]!.responseObject)).toMatch(/\[nested too deep: [0-9a-f]{16}\]/);
  });

  it('reads bytes that are not UTF-8 as U+FFFD', () => {
    const bytes = Buffer.concat([
      Buffer.from(line({ auditID: 'XX' })),
      Buffer.from('\n'),
      Buffer.from(line({ auditID: 'grüße' })),
    ]);
    bytes[bytes.indexOf('XX')] = 0xff;
    expect(ids(bytes)).toEqual(['\ufffdX', 'grüße']);
  });
});

describe('shapes', () => {
  const [a, b, c] = [named('a'), named('b'), named('c')];
  const pretty = (value: unknown): string => JSON.stringify(value, null, 2);
  const [la, lb, lc] = [a, b, c].map((each) => JSON.stringify(each));

  it.each([
    ['one event', la!, ['a']],
    ['lines', `${la}\n${lb}\n${lc}\n`, ['a', 'b', 'c']],
    [
      'lines with a byte order mark, CRLF, blanks and no last line end',
      `\ufeff${la}\r\n\r\n \n${lb}\n\n${lc}`,
      ['a', 'b', 'c'],
    ],
    ['an array', JSON.stringify([a, b]), ['a', 'b']],
    ['an empty array', '[]', []],
    ['a list', list([a, b, c]), ['a', 'b', 'c']],
    ['an empty list', list([]), []],
    ['a list of nothing', '{"kind":"EventList","items":null}', []],
    ['a list whose kind comes last', JSON.stringify({ items: [a, b], kind: 'EventList' }), ['a', 'b']],
    ['a list without a kind', JSON.stringify({ metadata: {}, items: [a, b] }), ['a', 'b']],
    [
      'a list with members behind the items',
      `{"kind":"EventList","items":[${la}],"metadata":{"x":[1]}}\n${lb}`,
      ['a', 'b'],
    ],
    ['lines of lists and arrays', `${list([a])}\n${JSON.stringify([b])}\n${lc}`, ['a', 'b', 'c']],
    ['an event over several lines', pretty(a), ['a']],
    ['a list over several lines', pretty({ kind: 'EventList', items: [a, b] }), ['a', 'b']],
    ['an array over several lines', pretty([a, b, c]), ['a', 'b', 'c']],
    ['an array, one event a line', `[\n${la},\n${lb},\n${lc}\n]\n`, ['a', 'b', 'c']],
    ['a comma-first array', `[ ${la}\n, ${lb}\n, ${lc}\n]`, ['a', 'b', 'c']],
    ['events over several lines, one behind the other', `${pretty(a)}\n${pretty(b)}\n${lc}`, ['a', 'b', 'c']],
    ['an old API version', JSON.stringify({ ...a, apiVersion: 'audit.k8s.io/v1beta1' }), ['a']],
    [
      'an event with fields of a wrapper',
      JSON.stringify({ '@version': '1', ...a, host: 'x', tags: [1, { y: 2 }] }),
      ['a'],
    ],
    ['nothing', '', []],
    ['blanks', ' \r\n\n\t', []],
  ])('reads %s', (_, text, wanted) => {
    const { events, rejects } = decode(text);
    expect(rejects).toEqual([]);
    expect(events.map((event) => event.auditId)).toEqual(wanted);
  });

  it('has one fingerprint for an event in a line, in a list and with its members in another order', () => {
    const shuffled = Object.fromEntries(Object.entries(rawEvent()).reverse());
    const user = Object.fromEntries(Object.entries(rawEvent()['user'] as object).reverse());
    const prints = [
      line(),
      list([item()]),
      `[${line()}]`,
      JSON.stringify(shuffled),
      ` ${JSON.stringify({ ...shuffled, user })}`,
    ].flatMap((text) => decode(text).prints);
    expect(prints).toHaveLength(5);
    expect(new Set(prints).size).toBe(1);
  });

  it('has another fingerprint where anything that identifies differs', () => {
    const others = [
      {},
      { auditID: 'other' },
      { stage: 'ResponseStarted' },
      { verb: 'list' },
      { requestURI: '/x' },
      { user: { username: 'eve' } },
      { impersonatedUser: { username: 'eve' } },
      { stageTimestamp: '2026-11-21T10:20:10.010472Z' },
      { requestReceivedTimestamp: '2026-11-21T10:20:10.003862Z' },
      { responseStatus: { code: 201 } },
      { requestObject: { a: 1 } },
      { responseObject: { a: 1 } },
    ];
    const prints = others.map((over) => decode(line(over)).prints[0]!.split(':'));
    expect(new Set(prints.map((each) => each[3])).size).toBe(others.length);
    // Audit-ID and stage alone make the first two, user, verb and URI the third.
    expect(new Set(prints.map((each) => each.slice(0, 2).join())).size).toBe(3);
    expect(new Set(prints.map((each) => each[2])).size).toBe(5);
  });

  it('counts every character of every part of a user, remembered or not', () => {
    const user = { username: 'bob', uid: 'u1', groups: ['g1', 'g2'], extra: { k: ['v1'] } };
    const users = [
      user,
      { ...user, username: 'box' },
      { ...user, username: 'bo' },
      { ...user, uid: 'u2' },
      { ...user, groups: ['g1', 'g3'] },
      { ...user, groups: ['g1g2'] },
      { ...user, extra: { k: ['v2'] } },
      { ...user, extra: { j: ['v1'] } },
      { ...user, username: 'u1', uid: 'bob' },
    ];
    const { decoder, rejects } = freshDecoder();
    const text = users.map((each) => line({ user: each })).join('\n');
    const rounds = [1, 2, 3].map(() => decode(text, { decoder, rejects }).prints);
    expect(new Set(rounds[0]!.map((each) => each.split(':')[2])).size).toBe(users.length);
    expect(rounds[1]).toEqual(rounds[0]);
    expect(rounds[2]).toEqual(rounds[0]);
  });
});

describe('rejects', () => {
  it.each([
    ['text', 'hello', 'not JSON'],
    ['a number', '5', 'not an event'],
    ['a string', '"x"', 'not an event'],
    ['an object', '{"a":1}', 'not an event'],
    ['an empty object', '{}', 'not an event'],
    ['another kind', line({ kind: 'Pod' }), 'not an event'],
    ['a kind that is no text', line({ kind: 0 }), 'not an event'],
    ['no time', line({ stageTimestamp: undefined, requestReceivedTimestamp: 'soon' }), 'no usable time'],
    ['no request', line({ verb: undefined, requestURI: undefined, objectRef: undefined }), 'not an event'],
    ['a code that is no integer', line({ responseStatus: { code: 2.5 } }), 'code is not an integer'],
    ['a code that is text', line({ responseStatus: { code: '200' } }), 'code is not an integer'],
    ['a cut line', line().slice(0, 300), 'unexpected end'],
    ['text behind the event', `${line()} x`, 'text behind the value'],
    ['two events on a line', `${line()}${line()}`, 'text behind the value'],
    ['a control character', line().replace('kubectl', 'kube\tctl'), 'control character in a string'],
    ['a bad escape', line().replace('kubectl', 'kube\\xctl'), 'bad escape'],
    ['a bad unicode escape', line().replace('kubectl', 'kube\\u00g0'), 'bad escape'],
    ['a comma too many', line().replace(/\}$/, ',}'), 'not JSON'],
    ['a comma too many in the object', line().replace('"v1"}', '"v1",}'), 'not JSON'],
    ['a leading zero', line().replace('200', '0200'), 'not JSON'],
    ['null bytes', '\0\0\0', 'not JSON'],
    ['an open string', '{"', 'unexpected end'],
  ])('tells %s', (_, text, reason) => {
    const { events, rejects } = decode(`${text}\n${line({ auditID: 'next' })}`);
    expect(events.map((event) => event.auditId)).toEqual(['next']);
    expect(rejects).toHaveLength(1);
    expect(rejects[0]!.reason).toBe(reason);
    expect(rejects[0]).toMatchObject({
      source: 'test',
      cluster: 'east',
      position: 'here+0',
      shape: 'unknown',
      bytes: text.length,
    });
    expect(decode(text)).toMatchObject({ events: [], rejects: [{ reason }] });
  });

  it.each([
    ['\n', 'unexpected end'],
    ['\r\n', 'unexpected end'],
    ['x\n', 'not JSON'],
    ['x\r\n', 'not JSON'],
  ])('tells a line that breaks off between members before %j from one that does not', (end, reason) => {
    const whole = line();
    const cut = whole.slice(0, whole.indexOf('"verb"'));
    for (const before of ['', `y\n`]) {
      const { events, rejects } = decode(`${before}${cut}${end}${line({ auditID: 'next' })}`);
      expect(events.map((event) => event.auditId)).toEqual(['next']);
      expect(rejects.at(-1)!.reason).toBe(reason);
    }
  });

  it('costs one item of a list where it is JSON', () => {
    const items = [named('a'), { kind: 0 }, 5, null, [], named('b'), {}, named('c')];
    const { events, rejects } = decode(list(items));
    expect(events.map((event) => event.auditId)).toEqual(['a', 'b', 'c']);
    expect(rejects.map(({ reason }) => reason)).toEqual(Array(5).fill('not an event'));
    expect(rejects[0]!.position).toBe(`here+${list(items).indexOf('{"kind":0}')}`);
  });

  it('keeps what stands before the break in a list, and goes on at the next line', () => {
    const text = list([named('a'), named('b'), named('c')]);
    const broken = text.slice(0, text.indexOf('"auditID":"c"') + 5);
    const { events, rejects } = decode(`${broken}\n${line({ auditID: 'next' })}\n${list([named('d')])}`);
    expect(events.map((event) => event.auditId)).toEqual(['a', 'b', 'next', 'd']);
    expect(rejects).toHaveLength(1);
  });

  it('loses no line to a line that is cut where JSON could go on', () => {
    for (const cutAt of ['{', '{"verb":', '{"verb":"x",', '[', `[${line()},`, '{"kind":"EventList","items":[', '[1'])
      for (const rest of [['a'], ['a', 'b', 'c']]) {
        const text = [cutAt, ...rest.map((name) => line({ auditID: name })), ''].join('\n');
        expect(ids(text).filter((name) => name.length === 1)).toEqual(rest);
      }
  });

  it('takes linear time on lines that open and never close', () => {
    const { events, rejects } = decode('{"a":\n'.repeat(20_000) + line());
    expect(events).toHaveLength(1);
    expect(rejects.length).toBeGreaterThan(0);
    expect(decode('['.repeat(300_000)).rejects).toHaveLength(1);
    expect(decode('[[\n'.repeat(20_000)).events).toHaveLength(0);
  });

  it('refuses what is nested beyond a million levels, and goes on behind it', () => {
    const { events, rejects } = decode(`{"a":${'['.repeat(1_100_000)}\n${line()}`);
    expect(events).toHaveLength(1);
    expect(rejects.map(({ reason }) => reason)).toEqual(['nested too deep']);
  });

  it('shows no value in a sample', () => {
    const { rejects } = decode('{"kind":"Pod","password":"hunter2","list":["hunter2",12345] hunter2');
    expect(rejects[0]!.sample).toBe('{"kind":"x","x":"x","x":["x",x] x');
    expect(decode(`{"kind":"Pod","a":"${'s3cret '.repeat(1000)}`).rejects[0]!.sample.length).toBeLessThanOrEqual(256);
  });
});

describe('bodiesMayHold', () => {
  const eventOf = (text: string) => decode(text).events[0]!;
  /** So many that they are looked for at once; the dot is no pattern. */
  const MANY = ['b.c', 'hostPID', '"x"', 'y'];
  const bodies = (parts: object) => line({ requestObject: undefined, responseObject: undefined, ...parts });

  it.each<[string, object, boolean]>([
    ['no bodies: nobody knows', {}, true],
    ['a name', { requestObject: { hostPID: true } }, true],
    ['a value', { responseObject: { note: 'hostPID' } }, true],
    ['neither', { requestObject: { a: 1 }, responseObject: { b: 'bxc' } }, false],
  ])('%s', (_, parts, expected) => {
    expect(eventOf(bodies(parts)).bodiesMayHold(['hostPID'])).toBe(expected);
    expect(eventOf(bodies(parts)).bodiesMayHold(MANY)).toBe(expected);
  });

  it('is not fooled by an escape', () => {
    const text = bodies({ requestObject: { hostPID: true } }).replace('"hostPID"', String.raw`"\u0068ostPID"`);
    expect(text).not.toContain('hostPID');
    expect(eventOf(text).bodiesMayHold(['hostPID'])).toBe(true);
    expect(eventOf(text).bodiesMayHold(MANY)).toBe(true);
  });
});
