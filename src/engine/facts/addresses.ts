/** Addresses at which clouds hand out a machine's credentials, as numbers. */
const METADATA_V4: ReadonlySet<number> = new Set(
  ['169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200', '168.63.129.16', '192.0.0.192'].map(
    (address) => numberOf(address)!,
  ),
);
const METADATA_V6: ReadonlySet<string> = new Set(
  ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'].map((address) => groupsOf(address)!.join(':')),
);
const METADATA_NAMES: readonly string[] = [
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  '169.254.169.254',
];

/**
 * True where the text names a cloud metadata service: by name, or by address in any notation that a C library reads (decimal,
 * hexadecimal, octal, fewer than four parts) or as IPv6.
 */
export function namesMetadata(text: string): boolean {
  const lower = text.toLowerCase();
  if (METADATA_NAMES.some((name) => lower.includes(name))) return true;
  for (const [token] of lower.matchAll(/[0-9a-fx.]+/g)) {
    const number = token.length < 8 || token.length > 60 ? undefined : numberOf(token);
    if (number !== undefined && METADATA_V4.has(number)) return true;
  }
  for (const [token] of lower.matchAll(/[0-9a-f:.]+/g)) {
    const groups = token.length > 60 || !token.includes('::') ? undefined : groupsOf(token);
    if (groups && (METADATA_V6.has(groups.join(':')) || METADATA_V4.has(mapped(groups)))) return true;
  }
  return false;
}

/** An IPv4 address as inet_aton reads it. */
function numberOf(text: string): number | undefined {
  const parts = text.replace(/\.$/, '').split('.', 5);
  if (parts.length > 4) return undefined;
  let sum = 0;
  for (const [i, part] of parts.entries()) {
    const value = partOf(part);
    const isLast = i === parts.length - 1;
    // The last part fills all the bytes that are left.
    const limit = isLast ? 256 ** (5 - parts.length) : 256;
    if (value === undefined || value >= limit) return undefined;
    sum += isLast ? value : value * 256 ** (3 - i);
  }
  return sum;
}

function partOf(part: string): number | undefined {
  if (/^0x0*[0-9a-f]{1,8}$/.test(part)) return Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]+$/.test(part)) return part.length > 24 ? undefined : Number.parseInt(part, 8);
  return /^\d{1,10}$/.test(part) ? Number(part) : undefined;
}

/** The eight groups of an IPv6 address with one "::". */
function groupsOf(text: string): readonly number[] | undefined {
  const halves = text.split('::', 3);
  if (halves.length !== 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupOf)));
  const missing = 8 - head!.length - tail!.length;
  if (missing < 1) return undefined;
  const groups = [...head!, ...Array.from({ length: missing }, () => 0), ...tail!];
  return groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}

function groupOf(text: string): number[] {
  const v4 = text.includes('.') ? numberOf(text) : undefined;
  if (v4 !== undefined) return [Math.floor(v4 / 65_536), v4 % 65_536];
  return [/^[0-9a-f]{1,4}$/.test(text) ? Number.parseInt(text, 16) : -1];
}

/** The IPv4 address within ::ffff:a.b.c.d (or ::a.b.c.d), -1 for others. */
const mapped = (groups: readonly number[]): number =>
  groups.slice(0, 5).every((group) => group === 0) && (groups[5] === 0xffff || groups[5] === 0)
    ? groups[6]! * 65_536 + groups[7]!
    : -1;
