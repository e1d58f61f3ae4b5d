import type { AuditEvent, Micros } from '../model/index.ts';
import { Decoder } from './decode/decoder.ts';
import { project } from './decode/project.ts';
import type { EventRows } from './order.ts';

/** What is not in an event's own bytes. */
interface Head {
  readonly cluster: string;
  readonly received?: Micros;
  readonly reused?: true;
  readonly cut?: true;
  /** Rows of the first versions held the event here. */
  readonly event?: string;
}

/**
 * Writes an event down as its redacted projection, a line of its own behind the head, and reads it back with the very decoder that read
 * it first.
 */
export class EventText implements EventRows {
  readonly #decoder: Decoder;

  constructor(key: Uint8Array) {
    this.#decoder = new Decoder({ key, cluster: '', onReject: () => undefined });
  }

  write(event: AuditEvent): string {
    const { cluster, received, reusedAuditId, cutShort } = event;
    const head = { cluster, received, reused: reusedAuditId || undefined, cut: cutShort || undefined };
    return `${JSON.stringify(head)}\n${project(event)}`;
  }

  read(row: string): AuditEvent | undefined {
    const [head = '', text = ''] = row.split('\n', 2);
    const saved = JSON.parse(head) as Head;
    this.#decoder.open({
      bytes: new TextEncoder().encode(saved.event ?? text),
      origin: { source: 'checkpoint', cluster: saved.cluster, position: 'checkpoint', shape: 'raw-event' },
      ...(saved.received !== undefined && { received: saved.received }),
    });
    if (!this.#decoder.next()) return undefined;
    this.#decoder.cutShort = saved.cut === true;
    return this.#decoder.event(saved.reused === true);
  }
}
