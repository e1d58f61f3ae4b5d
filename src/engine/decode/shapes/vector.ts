import type { JsonView } from '../json-view.ts';
import { embedded, isEvent } from './embedded.ts';
import type { Shape } from './shape.ts';
import { shipperCluster } from './shipper-cluster.ts';
import { wrapperTime } from './wrapper-time.ts';

/** Vector, Logstash, Filebeat; rsyslog; syslog-ng; GELF; Cribl. */
const LINES = ['message', 'msg', 'MESSAGE', 'full_message', 'short_message', '_raw'] as const;

/** Shippers that hand a line on as `message` or by a name like that; ECS keeps it as `event.original`. */
export const vector: Shape = {
  id: 'vector',
  title: 'Vector, Logstash, Filebeat, rsyslog, syslog-ng, GELF: the line in `message`',
  marks: [...LINES, 'event'],
  unwrap(value: JsonView) {
    // A parser that merges its findings into the record leaves the line where it was: the same event must not count twice.
    if (isEvent(value)) return undefined;
    const bytes = lineOf(value);
    if (bytes === undefined) return undefined;
    const piece = {
      bytes,
      cluster: shipperCluster(value),
      // Only asked for where the event was cut.
      get time() {
        return wrapperTime(value, 'timestamp', '@timestamp', 'DATE', 'ISODATE', '_time');
      },
      mayBeCut: true,
    };
    return { pieces: [piece] };
  },
};

function lineOf(value: JsonView): Buffer | undefined {
  for (const name of LINES) {
    const bytes = embedded(value.at(name));
    if (bytes !== undefined) return bytes;
  }
  return embedded(value.at('event', 'original'));
}
