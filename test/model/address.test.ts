import { BlockList, isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin, parseBlock } from '../../src/model/index.ts';
import { hostileText } from '../support/alert.ts';

const within = (address: string, block: string): boolean => isWithin(address, parseBlock(block)!);

describe('a block of addresses', () => {
  it.each([
    ['10.2.3.4', '10.2.0.0/16', true],
    ['10.3.0.0', '10.2.0.0/16', false],
    ['10.2.3.4', '10.2.3.4', true],
    ['10.2.3.5', '10.2.3.4', false],
    ['10.2.3.5', '10.2.3.4/31', true],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['::ffff:10.2.3.4', '10.2.0.0/16', true],
    ['::FFFF:0a02:0304', '10.2.0.0/16', true],
    ['10.2.3.4', '::ffff:10.2.0.0/112', true],
    ['fd00::1', '10.2.0.0/16', false],
    ['::1', '0.0.0.0/0', false],
    ['fd12:3456::1', 'fd00::/8', true],
    ['fe80::1', 'fd00::/8', false],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1', true],
    ['2001:db8::1:0', '2001:db8::/111', true],
    ['2001:db8::2:0', '2001:db8::/111', false],
    // What is no address is nowhere.
    ['', '0.0.0.0/0', false],
    ['10.2.3.4, 10.0.0.1', '0.0.0.0/0', false],
    ['10.2.3.4:443', '0.0.0.0/0', false],
    ['fe80::1%eth0', '::/0', false],
    ['010.2.3.4', '0.0.0.0/0', false],
    ['kubelet', '::/0', false],
  ])('%s in %s: %s', (address, block, expected) => expect(within(address, block)).toBe(expected));

  it.each([
    '', 'localhost', '10.2.0.0/33', '10.2.0.0/-1', '10.2.0.0/08', '10.2.0.0/', '10.2.0.1/16', '10.2/16', '256.0.0.1',
    'fd00::/129', 'fd00::1/8', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', ':::', '1:2:3:4:5:6:7::8', '12345::',
    '::1.2.3', '1.2.3.4::', '*', '10.*', `${'0:'.repeat(7)}0${' '.repeat(40)}`,
  ])('is not read from %j', (text) => expect(parseBlock(text)).toBeUndefined()); // prettier-ignore

  const v4 = fc.ipV4();
  const v6 = fc.ipV6();

  it('is what node:net says it is', () => {
    let inside = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.record({ base: v4, other: v4, bits: fc.nat(32), near: fc.nat(4) }),
          fc.record({ base: v6, other: v6, bits: fc.nat(128), near: fc.nat(4) }),
        ),
        ({ base, other, bits, near }) => {
          const family = isIP(base) === 4 ? 'ipv4' : 'ipv6';
          const network = networkOf(base, bits);
          const list = new BlockList();
          list.addSubnet(network, bits, family);
          // Half of the time an address that shares its beginning with the block.
          const address = near < 2 ? other : base;
          expect(within(address, `${network}/${bits}`)).toBe(
            list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'),
          );
          inside += Number(list.check(address, family));
        },
      ),
      { numRuns: 500 },
    );
    expect(inside).toBeGreaterThan(100);
  });

  it('holds no text that is no address', () => {
    const texts = fc.sample(hostileText(), 300).filter((text) => isIP(text) === 0);
    expect(texts.length).toBeGreaterThan(200);
    expect(texts.filter((text) => within(text, '::/0') || within(text, '0.0.0.0/0'))).toEqual([]);
  });
});

/** The address with all bits past the length cleared, as groups. */
function networkOf(address: string, bits: number): string {
  const isShort = isIP(address) === 4;
  const { groups } = parseBlock(address)!;
  const whole = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  const drop = BigInt((isShort ? 32 : 128) - bits);
  const kept = (whole >> drop) << drop;
  const parts = Array.from({ length: 8 }, (_, index) => (kept >> BigInt(112 - 16 * index)) & 0xffffn);
  if (!isShort) return parts.map((part) => part.toString(16)).join(':');
  return [parts[6]! >> 8n, parts[6]! & 255n, parts[7]! >> 8n, parts[7]! & 255n].join('.');
}
