import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who may post: any of the tokens, or a certificate of the client CA; without both, anyone (on loopback only). */
export class Credentials {
  readonly #tokens: readonly Buffer[];
  readonly #certificates: boolean;

  constructor(tokens: readonly string[], certificates: boolean) {
    this.#tokens = tokens.map(sha256);
    this.#certificates = certificates;
  }

  /** Whether anyone may post. */
  get none(): boolean {
    return this.#tokens.length === 0 && !this.#certificates;
  }

  /** From the headers and the connection alone, before the body is read; takes as long whichever token it is. */
  admit(request: IncomingMessage): boolean {
    if (this.none) return true;
    const certified = this.#certificates && hasCertificate(request);
    return this.#knows(request.headers.authorization) || certified;
  }

  #knows(authorization: string | undefined): boolean {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    const digest = sha256(token);
    let known = false;
    for (const each of this.#tokens) known = timingSafeEqual(each, digest) || known;
    return known;
  }
}

/**
 * `authorized` alone is not enough: a TLS 1.3 session that was resumed counts as authorized even where it began without a
 * certificate.
 */
function hasCertificate({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket && socket.authorized && socket.getPeerX509Certificate() !== undefined;
}
