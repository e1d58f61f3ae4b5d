/** The program that a user agent names, without its version, at most 48 characters; or empty. Only a claim. */
export const programOf = (userAgent: string): string => /^[^/\s(]{1,48}/.exec(userAgent)?.[0] ?? '';

/** The wide surroundings of an address: the first two numbers of IPv4, the first three groups of IPv6; or empty. */
export const areaOf = (peer: string): string => /^(?:\d+\.\d+|[^:]*:[^:]*:[^:]*)/.exec(peer.slice(0, 45))?.[0] ?? '';
