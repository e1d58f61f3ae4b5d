import { describe, expect, it } from 'vitest';
import { microsOf } from '../../../support/event.ts';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('cri', () => {
  it('reads the sample, and passes the other messages of the API server', () => {
    const { events, shapes, rejects, passed } = read(sampleOf('cri.log'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['cri', 'raw-event']]);
    expect(passed).toEqual(['cri: klog text']);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'home', auditId: '3f1a0f6e-8f0a-4f52-9a6c-0d3c2d1b7a01', verb: 'get', user: 'dev@example.org' },
    ]);
    expect(events[0]!.time).toBe(microsOf('2025-06-02T09:00:00.004001Z'));
  });

  it('keeps the first part of a line that was split, at the time of the line', () => {
    const whole = line();
    const at = whole.indexOf('"requestReceivedTimestamp"');
    const { events, rejects } = read(
      `2026-11-21T10:20:10.010500999Z stdout P ${whole.slice(0, at)}\n2026-11-21T10:20:10.010500999Z stdout F ${whole.slice(at)}\n`,
    );
    expect(events.map(({ cutShort, verb, time }) => [cutShort, verb, time])).toEqual([
      [true, 'get', microsOf('2026-11-21T10:20:10.010500Z')],
    ]);
    expect(rejects).toMatchObject([{ shape: 'cri', reason: 'no start of an event' }]);
  });

  it.each(['2026-11-21T10:20:10Z stdout X ', '2026-11-21T10:20:10Z stdin F ', '2026-11-21 10:20:10 stdout F '])(
    'does not know "%s"',
    (header) => {
      const { events, rejects } = read(`${header}${line()}`);
      expect(events).toEqual([]);
      expect(rejects).toMatchObject([{ shape: 'unknown' }]);
    },
  );
});
