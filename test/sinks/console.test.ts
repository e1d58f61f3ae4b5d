import { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SEVERITIES, toDocument, type Alert } from '../../src/model/index.ts';
import { documentLine, humanAlert, lookOf } from '../../src/sinks/console-alert.ts';
import { columnsOf } from '../../src/sinks/console-text.ts';
import { ConsoleSink, consoleSink } from '../../src/sinks/console.ts';
import { sinkContract, type Shown, type SinkHarness } from '../contract/sink.ts';
import { anAlert, hostileAlert, someAlerts } from '../support/alert.ts';

const never = new AbortController().signal;

/** A stream that keeps what it is given, and can be made to hang or to break. */
class Paper extends Writable {
  text = '';
  mode: 'takes' | 'hangs' | 'breaks' = 'takes';
  waiting: (() => void) | undefined;
  columns?: number;
  isTTY?: boolean;

  constructor(options: { highWaterMark?: number } = {}) {
    super({ decodeStrings: false, ...options });
  }

  override _write(chunk: string, _: string, done: (error?: Error) => void): void {
    if (this.mode === 'breaks') return done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const take = () => {
      this.text += chunk;
      done();
    };
    if (this.mode === 'hangs') this.waiting = take;
    else take();
  }
}

const harness = (format: 'human' | 'ndjson', read: (text: string) => Shown[]): SinkHarness => ({
  replaces: false,
  stalls: true,
  rig: () => {
    const paper = new Paper();
    return {
      sink: new ConsoleSink('console', format, paper, {}),
      shown: async () => read(paper.text),
      stall: () => {
        paper.mode = 'hangs';
      },
      close: async () => {
        paper.destroy();
      },
    };
  },
});

sinkContract(
  'the console sink (ndjson)',
  harness('ndjson', (text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { lapwing: { fingerprint: string; revision: number } }).lapwing)
      .map(({ fingerprint, revision }) => ({ id: fingerprint, revision })),
  ),
);

sinkContract(
  'the console sink (human)',
  harness('human', (text) =>
    Array.from(text.matchAll(/^ {2}alert {3}([0-9a-f]{12}) · revision (\d+) · /gm), ([, id = '', revision]) => ({
      id,
      revision: Number(revision),
    })),
  ),
);

describe('for people', () => {
  test('says at a glance when, how grave, what, where, who, how often, and which alert', () => {
    const alert = anAlert({ revision: 4, commandLine: 'sh -c "id"' });
    expect(humanAlert(alert, { colour: false, width: 80 })).toBe(
      [
        '2026-11-21 10:19:52Z  HIGH      Secrets read out of the ordinary  prod-eu-1',
        '  Service account data:etl listed every secret in the cluster within 21 s from',
        '  127.66.0.9.',
        '  who     system:serviceaccount:data:etl from 127.66.0.9 with curl/7.88.1',
        '  what    secrets payments db-password',
        '  command sh -c "id"',
        '  seen    14 events · first 2026-11-21 10:19:31Z · last 2026-11-21 10:19:52Z',
        '  ATT&CK  T1552 Unsecured Credentials, T1552.007 Container API',
        `  alert   ${alert.id.slice(0, 12)} · revision 4 · secret-reads`,
        '',
        '',
      ].join('\n'),
    );
  });

  test('leaves out what is not there', () => {
    const text = humanAlert(
      anAlert({
        cluster: '',
        count: 1,
        lastSeen: anAlert().firstSeen,
        target: {},
        techniques: [],
        actor: { class: 'unauthenticated', groups: [], claimedIps: [], ip: '10.0.0.9' },
      }),
      { colour: false, width: 80 },
    );
    expect(text).toContain('who     no user from 10.0.0.9');
    expect(text).toContain('1 event · at 2026-11-21 10:19:31Z');
    expect(text).not.toMatch(/what |ATT&CK|undefined/);
  });

  test.each(SEVERITIES)('%s is a word, coloured only where colour is wanted', (severity) => {
    const alert = anAlert({ severity });
    expect(humanAlert(alert, { colour: false, width: 80 })).toContain(severity.toUpperCase());
    expect(humanAlert(alert, { colour: false, width: 80 })).not.toContain('\u001b');
    const coloured = humanAlert(alert, { colour: true, width: 80 });
    expect(coloured).toContain(severity.toUpperCase());
    expect(coloured).toContain('\u001b[');
  });

  test.each([
    [{ isTTY: true, columns: 90 }, {}, { colour: true, width: 90 }],
    [{ isTTY: true, columns: 90 }, { NO_COLOR: '1' }, { colour: false, width: 90 }],
    [{ isTTY: true, columns: 90 }, { NO_COLOR: '' }, { colour: true, width: 90 }],
    [{ isTTY: true, columns: 90 }, { TERM: 'dumb' }, { colour: false, width: 90 }],
    [{}, {}, { colour: false, width: 100 }],
    [{ isTTY: true, columns: 10 }, {}, { colour: true, width: 60 }],
    [{ isTTY: true, columns: 500 }, {}, { colour: true, width: 160 }],
  ])('looks as %j in %j asks for', (stream, env, look) => {
    expect(lookOf(stream, env)).toStrictEqual(look);
  });

  test('hostile text neither moves the cursor, nor hides, nor breaks the lines, nor floods the screen', () => {
    let seen = 0;
    fc.assert(
      fc.property(hostileAlert(), fc.integer({ min: 60, max: 160 }), (alert, width) => {
        const text = humanAlert(alert, { colour: false, width });
        const lines = text.split('\n');
        expect(lines.splice(-2)).toStrictEqual(['', '']);
        for (const line of lines) {
          expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(columnsOf(line)).toBeLessThanOrEqual(width);
        }
        expect(lines.length).toBeLessThan(40);
        seen += lines.length;
      }),
      { numRuns: 300 },
    );
    expect(seen).toBeGreaterThan(1_000);
  });
});

describe('for programs', () => {
  test('a line is the document, and harmless to look at', () => {
    let escaped = 0;
    fc.assert(
      fc.property(hostileAlert(), (alert) => {
        const line = documentLine(alert);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(line)).toStrictEqual(JSON.parse(JSON.stringify(toDocument(alert))));
        if (line !== JSON.stringify(toDocument(alert))) escaped += 1;
      }),
      { numRuns: 300 },
    );
    expect(escaped).toBeGreaterThan(0);
  });

  test('ordinary alerts are plain JSON', () => {
    expect(documentLine(anAlert())).toBe(JSON.stringify(toDocument(anAlert())));
  });
});

describe('the stream', () => {
  const sinkOn = (paper: Paper) => new ConsoleSink('console', 'ndjson', paper, {});
  const printed = (paper: Paper): string[] =>
    paper.text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { event: { id: string } }).event.id);
  const ids = (alerts: readonly Alert[]): string[] => alerts.map(({ id }) => id);

  test('is written at the pace of its reader: one alert waits at a time', async () => {
    const paper = new Paper({ highWaterMark: 1 });
    paper.mode = 'hangs';
    const alerts = someAlerts(3);
    let isDone = false;
    const write = sinkOn(paper)
      .write(alerts, never)
      .finally(() => {
        isDone = true;
      });
    for (let at = 0; at < alerts.length; at += 1) {
      expect(isDone).toBe(false);
      expect(printed(paper)).toStrictEqual(ids(alerts.slice(0, at)));
      const line = documentLine(alerts[at]!).length + 1;
      expect(paper.writableLength).toBe(line);
      paper.waiting!();
      await new Promise(setImmediate);
    }
    await write;
    expect(printed(paper)).toStrictEqual(ids(alerts));
  });

  test('that broke is an error, not the end of the process, and alerts are not counted as printed', async () => {
    const paper = new Paper();
    paper.mode = 'breaks';
    const sink = sinkOn(paper);
    await expect(sink.write([anAlert()], never)).rejects.toMatchObject({
      name: 'AppError',
      code: 'sink',
      retryable: true,
      message: 'cannot print: write EPIPE',
    });
    await expect(sink.write([anAlert()], never)).rejects.toMatchObject({ code: 'sink' });
  });

  test('what it took before an abort is not printed again', async () => {
    const paper = new Paper();
    paper.mode = 'hangs';
    const sink = sinkOn(paper);
    const stop = new AbortController();
    const write = sink.write(someAlerts(2), stop.signal);
    stop.abort();
    await expect(write).rejects.toMatchObject({ retryable: true });
    paper.mode = 'takes';
    paper.waiting!();
    await sink.write(someAlerts(2), never);
    expect(printed(paper)).toStrictEqual(ids(someAlerts(2)));
  });

  test('stays open, and free of listeners, after close', async () => {
    const paper = new Paper();
    const before = paper.listenerCount('error');
    const sink = sinkOn(paper);
    await sink.close();
    expect(paper.destroyed).toBe(false);
    expect(paper.listenerCount('error')).toBe(before);
  });
});

test('settings: human by default, unknown formats are refused', () => {
  expect(consoleSink.settings.parse({})).toStrictEqual({ format: 'human' });
  expect(consoleSink.settings.safeParse({ format: 'xml' }).success).toBe(false);
  expect(consoleSink.type).toBe('console');
});
