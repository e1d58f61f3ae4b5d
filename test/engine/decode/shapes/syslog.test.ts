import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('syslog', () => {
  it('reads the sample: both RFCs and a file of rsyslog', () => {
    const { events, shapes, rejects } = read(sampleOf('syslog.log'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual(Array.from({ length: 3 }, () => ['syslog', 'raw-event']));
    expect(events.map(({ auditId }) => auditId.slice(-2))).toEqual(['01', '02', '03']);
    expect(events.map(essence)).toMatchObject(
      Array.from({ length: 3 }, () => ({
        cluster: 'home',
        verb: 'get',
        user: 'dev@example.org',
        resource: 'secrets',
        code: 200,
      })),
    );
  });

  it.each([
    '<134>1 2026-11-21T10:20:10Z cp-0 audit - - - ',
    '<134>1 - - - - - - ',
    String.raw`<134>1 2026-11-21T10:20:10.123456+01:00 cp-0 audit 7 ID47 [a@1 b="c\]\""][d@2 e="{" f="\\"] `,
    '<134>1 2026-11-21T10:20:10Z cp-0 audit 7 ID47 [a@1] \ufeff',
    '<13>Nov  1 10:20:10 cp-0 audit[77]: ',
    'Nov 21 10:20:10 cp-0 audit: @cee:',
    '2026-11-21T10:20:10.5+00:00 cp-0 kube-apiserver[1]: ',
  ])('takes off %s', (header) => {
    const { events, rejects } = read(`${header}${line()}`);
    expect(rejects).toEqual([]);
    expect(events.map(({ verb }) => verb)).toEqual(['get']);
  });

  it.each(['<134>', '<134>1 2026 cp - - - - ', '<1234>Nov 21 10:20:10 cp audit: ', 'Nov 21 10:20:10 cp two words: '])(
    'does not know "%s"',
    (header) => {
      const { events, rejects } = read(`${header}${line()}`);
      expect(events).toEqual([]);
      expect(rejects).toHaveLength(1);
    },
  );

  it('keeps what a relay left of a long event, at the time of the header', () => {
    const cut = line().slice(0, line().indexOf('"requestReceivedTimestamp"'));
    const { events } = read(`<134>1 2026-11-21T10:20:10.5Z cp-0 audit - - - ${cut}`);
    expect(events.map(({ cutShort, time }) => [cutShort, time])).toEqual([
      [true, microsOf('2026-11-21T10:20:10.500000Z')],
    ]);
    // A header of the old form has no year.
    expect(read(`<134>Nov 21 10:20:10 cp-0 audit: ${cut}`).rejects).toMatchObject([
      { shape: 'syslog', reason: 'cut short' },
    ]);
  });

  it('spends no time on headers that almost are one', () => {
    const almost = [
      `<1>1 - - - - - ${'[a b="c"]'.repeat(400)}`,
      `<1>1 - - - - - [a${' b="'.repeat(900)}`,
      '<1>'.repeat(1300),
    ];
    for (const header of almost) {
      const { events, rejects } = read(`${header}\n${line()}`);
      expect([events.length, rejects.length]).toEqual([1, 1]);
    }
  });
});
