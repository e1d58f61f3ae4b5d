import type { User } from '../../model/index.ts';
import type { EventScanner } from './event-scanner.ts';
import { readStrings, readUser } from './parts.ts';
import { SPAN } from './spans.ts';

export const NOBODY: User = { name: '', uid: '', groups: [], extra: new Map() };

/** Who asks in the event that was just scanned: read from its bytes when asked for, without an event being made. */
export class Asker {
  readonly #scanned: EventScanner;
  #bytes: Buffer = Buffer.alloc(0);
  #ascii = true;

  constructor(scanned: EventScanner) {
    this.#scanned = scanned;
  }

  /** Sets the record that the event is in. */
  open(bytes: Buffer, ascii: boolean): void {
    this.#bytes = bytes;
    this.#ascii = ascii;
  }

  get user(): User {
    const { user } = this.#scanned;
    if (user !== undefined) return (user.user ??= readUser(this.#raw(SPAN.user)));
    return this.#there(SPAN.user) ? readUser(this.#raw(SPAN.user)) : NOBODY;
  }

  get impersonated(): User | undefined {
    return this.#there(SPAN.impersonated) ? readUser(this.#raw(SPAN.impersonated)) : undefined;
  }

  get peer(): string {
    return this.#there(SPAN.sourceIps) ? (readStrings(this.#raw(SPAN.sourceIps)).at(-1) ?? '') : '';
  }

  #there(part: number): boolean {
    return this.#scanned.spans[part + 1]! > 0;
  }

  #raw(part: number): string {
    const { spans } = this.#scanned;
    return this.#bytes.toString(this.#ascii ? 'latin1' : 'utf8', spans[part]!, spans[part + 1]!);
  }
}
