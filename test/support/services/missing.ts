/** A server that cannot be had on this machine; the message is the plain reason that a skipped test prints. */
export class Missing extends Error {}
