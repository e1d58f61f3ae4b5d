import type { JsonView } from '../json-view.ts';
import type { Shape } from './shape.ts';
import { shipperCluster } from './shipper-cluster.ts';

/** Where the integration keeps the event, where it does before it renames it, where Filebeat's own JSON option does. */
const PLACES: readonly (readonly string[])[] = [
  ['kubernetes', 'audit'],
  ['kubernetes.audit'],
  ['kubernetes_audit'],
  ['json'],
];

/** The length of `{}`. */
const EMPTY = 2;

/**
 * Elastic Agent's Kubernetes integration and Filebeat parse the line into an object of the record. They take `metadata` out of
 * requestObject and responseObject and write underscores for the dots in names of annotations.
 */
export const elasticAgent: Shape = {
  id: 'elastic-agent',
  title: 'Elastic Agent, Filebeat: the event in `kubernetes.audit`',
  marks: PLACES.map(([first]) => first!),
  unwrap(value: JsonView) {
    for (const place of PLACES) {
      const event = value.at(...place);
      if (event?.isObject !== true || event.to - event.from <= EMPTY) continue;
      // Under any other name it may be another program's.
      if (place[0] === 'json' && !event.members.has('auditID')) continue;
      return { pieces: [{ bytes: event.raw, cluster: shipperCluster(value) }] };
    }
    return undefined;
  },
};
