import type { JsonView } from '../json-view.ts';
import { embedded } from './embedded.ts';
import type { Shape } from './shape.ts';
import { shipperCluster } from './shipper-cluster.ts';
import { wrapperTime } from './wrapper-time.ts';

/** What Splunk's collectors send to its HTTP Event Collector: the line, or what it was parsed to, in `event`. */
export const splunkHec: Shape = {
  id: 'splunk-hec',
  title: "Splunk's HTTP Event Collector: the event in `event`",
  marks: ['event'],
  unwrap(value: JsonView) {
    const bytes = embedded(value.at('event'));
    if (bytes === undefined) return undefined;
    const piece = {
      bytes,
      cluster: shipperCluster(value),
      // Only asked for where the event was cut.
      get time() {
        return wrapperTime(value, 'time');
      },
      mayBeCut: true,
    };
    return { pieces: [piece] };
  },
};
