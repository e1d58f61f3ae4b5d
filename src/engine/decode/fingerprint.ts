import type { EventScanner } from './event-scanner.ts';
import { SPAN } from './spans.ts';

/**
 * The keyed 128-bit fingerprint of an event, over the values as they stand in its bytes: the same for an item of a list and a line
 * of a log, whatever the order of members. See Cursor for what each part covers.
 */
export class Fingerprint {
  idHigh = 0;
  idLow = 0;
  requestHash = 0;
  contentHash = 0;

  take(event: EventScanner, view: DataView): this {
    const { hash, spans, time, receivedTime } = event;
    hash.begin(1);
    hash.range(view, spans[SPAN.auditId]!, spans[SPAN.auditId + 1]!);
    hash.range(view, spans[SPAN.stage]!, spans[SPAN.stage + 1]!);
    hash.finish();
    this.idHigh = hash.first;
    this.idLow = hash.second;
    hash.begin(2);
    hash.words(event.userFirst, event.userSecond, event.actingFirst, event.actingSecond);
    hash.range(view, spans[SPAN.verb]!, spans[SPAN.verb + 1]!);
    hash.range(view, spans[SPAN.uri]!, spans[SPAN.uri + 1]!);
    hash.finish();
    this.requestHash = hash.first;
    hash.begin(3);
    hash.words(this.idHigh, this.idLow, hash.first, hash.second);
    // NaN (an absent time) counts as 0.
    hash.words(time | 0, time / 0x1_0000_0000, receivedTime | 0, receivedTime / 0x1_0000_0000);
    hash.words(event.code, 0, 0, 0);
    if (spans[SPAN.request + 1]! > 0) hash.range(view, spans[SPAN.request]!, spans[SPAN.request + 1]!);
    if (spans[SPAN.response + 1]! > 0) {
      // A response alone is not the same as a request alone.
      hash.words(0, 0, 0, 1);
      hash.range(view, spans[SPAN.response]!, spans[SPAN.response + 1]!);
    }
    hash.finish();
    this.contentHash = hash.first;
    return this;
  }
}
