import type { JsonView } from '../json-view.ts';
import { embedded, isEvent } from './embedded.ts';
import type { Shape } from './shape.ts';
import { shipperCluster } from './shipper-cluster.ts';
import { wrapperTime } from './wrapper-time.ts';

/**
 * Fluent Bit, Fluentd and Docker's json-file hand a line on as a string named `log`, with what filters add beside it; a parser may
 * have made an object of it, there or under `log_processed`. The times beside it are those of writing or shipping the line.
 */
export const fluentbit: Shape = {
  id: 'fluentbit',
  title: 'Fluent Bit, Fluentd, Docker json-file: the line in `log`',
  marks: ['log', 'log_processed'],
  unwrap(value: JsonView) {
    // A parser that merges its findings into the record leaves the line where it was: the same event must not count twice.
    if (isEvent(value)) return undefined;
    const bytes = embedded(value.at('log_processed')) ?? embedded(value.at('log'));
    if (bytes === undefined) return undefined;
    const piece = {
      bytes,
      cluster: shipperCluster(value),
      // Only asked for where the event was cut.
      get time() {
        return wrapperTime(value, 'time', '@timestamp', 'date', 'timestamp');
      },
      mayBeCut: true,
    };
    return { pieces: [piece] };
  },
};
