import { describe, expect, test } from 'vitest';
import { Suspects, type Requester } from '../../src/engine/suspects.ts';
import { DAY, SECOND } from '../../src/model/index.ts';

const T = Date.parse('2026-11-21T10:00:00Z') * 1_000;
const who = (name: string, peer = '10.0.0.9', groups = ['system:authenticated']): Requester => ({
  user: { name, uid: '', groups, extra: new Map() },
  impersonated: undefined,
  peer,
});
const alice = who('alice');

const noted = (...refusals: readonly (readonly [code: number, who: Requester, time: number])[]): Suspects => {
  const suspects = new Suspects(1 << 20, 0);
  for (const [code, by, time] of refusals) suspects.note(code, by, time, time);
  return suspects;
};

describe('suspects', () => {
  test.each([
    [0, false],
    [SECOND - 1, false],
    [SECOND, true],
    [DAY, true],
    [2 * DAY, false],
  ])('a user who was refused is one %i µs later: %s', (after, expected) => {
    expect(noted([403, alice, T]).admits('refused', alice, T + after, T + after)).toBe(expected);
  });

  test('whatever order refusals come in, the first counts', () => {
    const suspects = noted([403, alice, T + SECOND], [403, alice, T]);
    expect(suspects.admits('refused', alice, T + SECOND, T + SECOND)).toBe(true);
  });

  test('names and addresses are told apart', () => {
    const suspects = noted([403, alice, T], [401, who('', '10.0.0.7'), T]);
    const at = T + SECOND;
    expect(suspects.admits('refused', who('bob'), at, at)).toBe(false);
    expect(suspects.admits('failed login', alice, at, at)).toBe(false);
    expect(suspects.admits('failed login', who('carol', '10.0.0.7'), at, at)).toBe(true);
    expect(suspects.admits('refused', who('10.0.0.7'), at, at)).toBe(false);
  });

  test('anonymous clients need no refusal', () => {
    const nobody = who('system:anonymous', '10.0.0.7', ['system:unauthenticated']);
    expect(noted().admits('anonymous', nobody, T, T)).toBe(true);
    expect(noted().admits('anonymous', { ...nobody, impersonated: alice.user }, T, T)).toBe(false);
    expect(noted().admits('anonymous', alice, T, T)).toBe(false);
  });

  test('rows put back know the same', () => {
    const again = new Suspects(1 << 20, 0);
    const rows: [string, string | Uint8Array][] = [];
    noted([403, alice, T]).collect((key, value) => rows.push([key, value!]));
    expect(rows).toHaveLength(1);
    for (const [key, value] of rows) again.restore(key, value);
    expect(again.admits('refused', alice, T + SECOND, T + SECOND)).toBe(true);
  });
});
