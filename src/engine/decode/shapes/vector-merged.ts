import type { JsonView } from '../json-view.ts';
import { isEvent } from './embedded.ts';
import type { Shape } from './shape.ts';
import { CLUSTER_MARKS, shipperCluster } from './shipper-cluster.ts';

/**
 * A shipper that parsed the line merged the event with its own members: Vector's `parse_json`, Logstash's `json` filter, Filebeat's
 * `keys_under_root`, Fluent Bit's `Merge_Log`. No event of an API server has such members, so they are the shipper's word.
 */
export const vectorMerged: Shape = {
  id: 'vector-merged',
  title: 'Vector, Logstash, Filebeat, Fluent Bit: the event merged with the members of the shipper',
  marks: [...CLUSTER_MARKS, 'file', 'host', 'source_type', '@timestamp', '@version', 'date', 'agent', 'log'],
  unwrap(value: JsonView) {
    return isEvent(value) ? { event: true, cluster: shipperCluster(value) } : undefined;
  },
};
