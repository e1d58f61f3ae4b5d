/**
 * The block that an address is in, as wide as addresses of one thing usually spread: a /16 of private IPv4 (pods and nodes come
 * and go), a /24 of public IPv4, a /48 of IPv6. "unknown" for what is no address.
 */
export function networkOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/i.exec(address);
  if (v4) {
    const [a, b, c] = v4.slice(1).map(Number) as [number, number, number];
    return isPrivate(a, b) ? `${a}.${b}.0.0/16` : `${a}.${b}.${c}.0/24`;
  }
  if (address.length > 45 || !/^[\da-f]{0,4}(:[\da-f]{0,4}){2,7}$/i.test(address)) return 'unknown';
  // What :: stands for is filled up from the left as far as three groups reach.
  const [head = '', tail] = address.toLowerCase().split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = [...left, ...zeros, ...right].slice(0, 3).map((group) => group.replace(/^0+(?=.)/, '') || '0');
  return `${groups.join(':')}::/48`;
}

const isPrivate = (a: number, b: number): boolean =>
  a === 10 ||
  a === 127 ||
  (a === 172 && b >= 16 && b < 32) ||
  (a === 192 && b === 168) ||
  (a === 100 && b >= 64 && b < 128);
