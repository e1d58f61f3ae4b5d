import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine, recordDocument, summaryDocument } from '../../src/cli/decode-json.ts';
import { recordText, summaryText } from '../../src/cli/decode-text.ts';
import { inspect } from '../app/decoded.ts';
import { line } from '../engine/decode/decoding.ts';

const LOOK = { colour: false, width: 100 };
const NAMED = { named: false };

const textOf = (input: string | Buffer, width = 100): string => {
  const { records, tally } = inspect(input);
  const look = { colour: false, width };
  return [...records.map((record) => recordText(record, NAMED, look)), summaryText(tally, look)].join('\n');
};
const jsonOf = (input: string | Buffer): string => {
  const { records, tally } = inspect(input);
  return [...records.map((record) => jsonLine(recordDocument(record, NAMED))), jsonLine(summaryDocument(tally))].join(
    '\n',
  );
};
/** What no terminal should see, but for line ends. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('what decode prints', () => {
  it.each([
    ['text', 'mixed.txt', textOf],
    ['JSON', 'mixed.jsonl', jsonOf],
  ])('is the golden %s for one record of each kind', (_, name, print) => {
    const at = (file: string) => new URL(`../fixtures/decode/${file}`, import.meta.url);
    const told = `${print(readFileSync(at('mixed.log')))}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(at(name))) writeFileSync(at(name), told);
    expect(told).toBe(readFileSync(at(name), 'utf8'));
    expect(told.length).toBeGreaterThan(2_000);
  });

  it('fits the width of the terminal', () => {
    const bytes = readFileSync(new URL('../fixtures/decode/mixed.log', import.meta.url));
    for (const width of [60, 80, 160])
      expect(
        textOf(bytes, width)
          .split('\n')
          .filter((each) => [...each].length > width),
      ).toEqual([]);
  });

  it('tells a few events of a long list, and how many there are', () => {
    const list = `{"kind":"EventList","items":[${Array.from({ length: 400 }, () => line()).join(',')}]}`;
    const text = textOf(list);
    expect(text).toContain('\n  … and 380 more events\n');
    expect(text.split('\n').length).toBeLessThan(100);
    const [record] = jsonOf(list).split('\n');
    expect(JSON.parse(record!)).toMatchObject({ events: { length: 100 }, more_events: 300 });
  });

  it('cuts long fields', () => {
    const long = 'y'.repeat(100_000);
    const event = line({
      verb: long,
      auditID: long,
      requestURI: `/${long}`,
      user: { username: long },
      impersonatedUser: { username: long },
      userAgent: long,
      sourceIPs: [long],
      objectRef: { resource: long, namespace: long, name: long },
    });
    expect(textOf(`${event}\n{"${long}":1}\n${long}`).length).toBeLessThan(5_000);
    expect(jsonOf(`${event}\n{"${long}":1}\n${long}`).length).toBeLessThan(25_000);
  });

  it('never throws on any bytes, prints no control character, and JSON that parses', () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('\u001b]0;x\u0007', '\u202e', '\ud800', '\u009b31m', '\u0000', '\u2028', '__proto__', '🂡'),
    );
    const record = fc.oneof(
      wild,
      fc.json(),
      fc
        .record({
          verb: wild,
          user: wild,
          agent: wild,
          ip: wild,
          name: wild,
          id: wild,
          uri: wild,
          stage: wild,
          key: wild,
        })
        .map(({ verb, user, agent, ip, name, id, uri, stage, key }) =>
          line({
            verb,
            auditID: id,
            stage,
            requestURI: uri,
            user: { username: user },
            userAgent: agent,
            sourceIPs: [ip],
            objectRef: { resource: name, namespace: name, name },
            annotations: { [key]: user },
          }),
        ),
      fc.tuple(wild, wild).map(([cluster, log]) => JSON.stringify({ cluster_name: cluster, log: `{${log}` })),
      fc.tuple(wild, wild).map(([name, value]) => JSON.stringify({ [name]: value })),
      fc.tuple(fc.nat(400), wild).map(([cut, text]) => line().slice(0, cut) + text),
    );
    let events = 0;
    let rejected = 0;
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.constantFrom('latin1', 'utf8'), (parts, encoding) => {
        const input = Buffer.from(parts.join('\n'), encoding as BufferEncoding);
        const text = textOf(input);
        expect(text).not.toMatch(UNSAFE);
        expect(text.split('\n').every((each) => each.length < 300)).toBe(true);
        const documents = jsonOf(input);
        expect(documents).not.toMatch(UNSAFE);
        const parsed = documents
          .split('\n')
          .map((each) => JSON.parse(each) as { type: string; events: number; rejected: number });
        expect(parsed.map(({ type }) => type)).toEqual([...parsed.slice(1).map(() => 'record'), 'summary']);
        events += parsed.at(-1)!.events;
        rejected += parsed.at(-1)!.rejected;
      }),
      { numRuns: 300 },
    );
    expect(events).toBeGreaterThan(50);
    expect(rejected).toBeGreaterThan(50);
  });

  it('prints no secret, of events or of what is none', () => {
    const canary = 'Zx9Qcanary7Wv3Kp';
    const token = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(`{"sub":"${canary}"}`).toString('base64url')}.${canary.repeat(4)}`;
    const lines = [
      line({ requestURI: `/api/v1/x?access_token=${canary}&token=${canary}&password=${canary}` }),
      line({ userAgent: `curl/8 Authorization: Bearer ${token}` }),
      line({ responseStatus: { code: 403, message: `token ${token} is bad`, reason: token } }),
      line({ annotations: { 'authorization.k8s.io/decision': token, [token]: canary } }),
      line({ objectRef: { resource: 'secrets', namespace: 'x', name: token } }),
      line({
        objectRef: { resource: 'secrets', namespace: 'x', name: 'y' },
        requestObject: { kind: 'Secret', data: { password: canary }, stringData: { a: canary } },
        responseObject: { kind: 'Secret', data: { password: canary } },
      }),
      JSON.stringify({ log: `{"password":"${canary}"` }),
      JSON.stringify({ password: canary, [canary]: { [canary]: canary } }),
      `Authorization: Bearer ${canary}`,
      `{"kind":"Event","token":"${canary}","verb":`,
      `I1121 10:00:00.000000       1 main.go:1] token=${canary}`,
      `{"auditID":"${token}","requestObject":{"x":"${canary}"}}`,
    ];
    const input = lines.join('\n');
    const { tally } = inspect(input);
    expect(tally.events).toBe(6);
    expect(tally.rejected).toBeGreaterThan(3);
    for (const printed of [textOf(input), jsonOf(input)]) {
      expect(printed).toContain('[redacted]');
      expect(printed).not.toContain(canary);
      expect(printed).not.toContain(token.slice(0, 40));
    }
  });

  it('says whether a record, its wrapper or the command line names the cluster', () => {
    const { records } = inspect(JSON.stringify({ cluster_name: 'east', log: line() }));
    expect(recordText(records[0]!, { named: false }, LOOK)).toContain('cluster east, named by its wrapper');
    expect(recordText(records[0]!, { named: true }, LOOK)).toContain('cluster east, named by --cluster');
    expect(textOf(line())).toContain('raw-event; no cluster named');
  });
});
