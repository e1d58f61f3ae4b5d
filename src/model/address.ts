/** A block of addresses: IPv6 groups, IPv4 as ::ffff:a.b.c.d, and how many of the 128 bits count. */
export interface AddressBlock {
  readonly groups: readonly number[];
  readonly bits: number;
}

/** Reads an address or a block ("10.2.0.0/16", "fd00::/8"); undefined for anything else, and where bits are set past the length. */
export function parseBlock(text: string): AddressBlock | undefined {
  const match = /^([0-9A-Fa-f:.]{2,45})(?:\/(0|[1-9]\d{0,2}))?$/.exec(text);
  const groups = match ? parseAddress(match[1]!) : undefined;
  if (!match || !groups) return undefined;
  const isShort = !match[1]!.includes(':');
  const length = match[2] === undefined ? (isShort ? 32 : 128) : Number(match[2]);
  if (length > (isShort ? 32 : 128)) return undefined;
  const bits = isShort ? length + 96 : length;
  return groups.every((group, index) => (group & ~maskOf(bits, index)) === 0) ? { groups, bits } : undefined;
}

/** Whether the text is an address within the block. IPv4 in IPv6's clothes (::ffff:10.0.0.1) is IPv4. */
export function isWithin(address: string, { groups, bits }: AddressBlock): boolean {
  const own = parseAddress(address);
  return own !== undefined && own.every((group, index) => ((group ^ groups[index]!) & maskOf(bits, index)) === 0);
}

/** The bits of the group at this place that count. */
const maskOf = (bits: number, index: number): number =>
  (0xffff << (16 - Math.min(16, Math.max(0, bits - 16 * index)))) & 0xffff;

function parseAddress(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(':')) {
    const v4 = parseV4(text);
    return v4 && [0, 0, 0, 0, 0, 0xffff, ...v4];
  }
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (!before || !after) return undefined;
  const missing = 8 - before.length - after.length;
  // "::" stands for one group of zeros at least.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

/** Groups of hexadecimal digits; the last two may be written as IPv4 where the text ends the address. */
function groupsOf(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const v4 = isEnd && index === parts.length - 1 && part.includes('.') ? parseV4(part) : undefined;
    if (v4) groups.push(...v4);
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Four decimal parts as two groups. A leading zero is refused: some read it as octal. */
function parseV4(text: string): readonly [number, number] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = match?.slice(1) ?? [];
  if (parts.length === 0 || parts.some((part) => Number(part) > 255 || String(Number(part)) !== part)) return undefined;
  const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
  return [a * 256 + b, c * 256 + d];
}
