import type { AuditEvent, Micros } from '../model/index.ts';
import { Decoder } from './decode/decoder.ts';
import { project } from './decode/project.ts';
import type { EventRows } from './order.ts';

interface SavedEvent {
  readonly cluster: string;
  readonly received?: Micros;
  readonly reused?: true;
  readonly event: string;
}

/** Writes an event down as its redacted projection, and reads it back with the very decoder that read it first. */
export class EventText implements EventRows {
  readonly #decoder: Decoder;

  constructor(key: Uint8Array) {
    this.#decoder = new Decoder({ key, cluster: '', onReject: () => undefined });
  }

  write(event: AuditEvent): string {
    const saved: SavedEvent = {
      cluster: event.cluster,
      ...(event.received !== undefined && { received: event.received }),
      ...(event.reusedAuditId && { reused: true }),
      event: project(event),
    };
    return JSON.stringify(saved);
  }

  read(row: string): AuditEvent | undefined {
    const saved = JSON.parse(row) as SavedEvent;
    this.#decoder.open({
      bytes: new TextEncoder().encode(saved.event),
      origin: { source: 'checkpoint', cluster: saved.cluster, position: 'checkpoint' },
      ...(saved.received !== undefined && { received: saved.received }),
    });
    return this.#decoder.next() ? this.#decoder.event(saved.reused === true) : undefined;
  }
}
