import { assert, constantFrom, array, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotatedName } from '../../src/sources/rotated-name.ts';

describe('rotatedName', () => {
  it.each<[string, string, object]>([
    ['audit-2026-11-21T10-00-00.123.log', 'audit.log', { order: 'date', at: Date.UTC(2026, 10, 21, 10, 0, 0, 123) }],
    ['audit-2026-11-21T10-00-00.123.log.gz', 'audit.log', { order: 'date', gzip: true }],
    ['kube-apiserver-audit-2026-11-21T10-00-00.123.log', 'kube-apiserver-audit.log', { order: 'date' }],
    ['audit.log.1', 'audit.log', { order: 'number', key: '00001', gzip: false }],
    ['audit.log.12.gz', 'audit.log', { order: 'number', key: '00012', gzip: true }],
    ['audit.1.log', 'audit.log', { order: 'number', key: '00001' }],
    ['audit.log-20261121', 'audit.log', { order: 'date', key: '20261121' }],
    ['audit.log-20261121.gz', 'audit.log', { order: 'date', gzip: true }],
    ['audit.log-20261121-1795255200', 'audit.log', { order: 'date', key: '202611211795255200' }],
    ['audit.log-1795255200', 'audit.log', { order: 'date' }],
    ['audit-20261121.log', 'audit.log', { order: 'date' }],
    ['audit.2026-11-21_10.log', 'audit.log', { order: 'date' }],
    ['audit.log.old', 'audit.log', { order: 'old' }],
    ['audit.1', 'audit', { order: 'number' }],
  ])('%s is of %s', (name, base, rest) => {
    expect(rotatedName(name)).toMatchObject({ base, ...rest });
  });

  it.each([
    'audit.log',
    'audit.log.gz',
    'audit-1.log',
    'audit-east.log',
    'audit',
    '.1',
    '-20261121',
    'audit.log.bak',
    'x.log.1a',
    '',
  ])('%s is no rotated file', (name) => {
    expect(rotatedName(name)).toBeUndefined();
  });

  it('orders dates as time does, and takes no time over any name', () => {
    const parts = constantFrom('2026', '-', '.', '11', 'T', '_', 'a', '1', '00000000', '.gz', ':', 'Z', '.log');
    assert(
      property(array(parts, { maxLength: 40 }), (all) => {
        const name = all.join('');
        expect((rotatedName(name)?.base.length ?? -1) < name.length).toBe(true);
      }),
    );
    const keyOf = (time: string) => rotatedName(`audit-${time}.log`)!.key;
    const times = [
      '2026-09-30T23-59-59.999',
      '2026-10-01T00-00-00.000',
      '2026-10-01T00-00-00.001',
      '2027-01-01T00-00-00.000',
    ];
    expect(times.map(keyOf)).toEqual(times.map(keyOf).toSorted());
  });
});
