import { describe, expect, it } from 'vitest';
import { fileCounters, FileTrouble } from '../../src/sources/file-trouble.ts';
import { testContext } from './context.ts';

const place = { path: '/var/log/audit.log', offset: 7 };

describe('FileTrouble', () => {
  it('counts all that is passed over, and tells of it ever more rarely', () => {
    const { log, logged } = testContext();
    const counters = fileCounters();
    const trouble = new FileTrouble(log, counters);
    for (let file = 0; file < 2; file++) {
      trouble.begin();
      for (let count = 1; count <= 1_000; count++) trouble.passedOver(place, { overlong: count, holes: 8 * count });
    }
    expect(counters).toMatchObject({ overlong: 2_000, holeBytes: 16_000 });
    expect(logged.filter(({ message }) => message.includes('too long'))).toHaveLength(20);
    const holes = logged.filter(({ message }) => message.includes('hole'));
    expect(holes.map(({ fields }) => (fields as { bytes: number }).bytes).slice(0, 4)).toEqual([8, 16, 32, 64]);
    expect(holes[0]!.fields).toMatchObject(place);
  });

  it('counts what is lost by files and by bytes', () => {
    const { log, logged } = testContext();
    const counters = fileCounters();
    const trouble = new FileTrouble(log, counters);
    trouble.lost('/var/log/audit.log.1', 100, 'gone');
    trouble.damaged(place, 'bad', 20);
    trouble.damaged(place, 'bad', undefined);
    trouble.restarted(place, 'another file', true);
    trouble.restarted(place, 'another file', false);
    trouble.truncated(place);
    expect(counters).toEqual({
      ...fileCounters(),
      lostFiles: 1,
      lostBytes: 120,
      damaged: 2,
      restarted: 1,
      truncated: 1,
    });
    expect(logged.map(({ level }) => level)).toEqual(Array(5).fill('warn'));
    expect(logged[2]!.fields).not.toHaveProperty('unread');
  });
});
