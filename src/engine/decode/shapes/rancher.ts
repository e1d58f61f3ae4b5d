import type { JsonView } from '../json-view.ts';
import type { Shape } from './shape.ts';

/**
 * Rancher's log of its own API. It is no audit log of a cluster: what goes through Rancher to a cluster stands in that cluster's audit
 * log too, with the user impersonated, and is read there with all that a judgement needs.
 */
export const rancher: Shape = {
  id: 'rancher',
  title: "Rancher's log of its own API",
  marks: ['requestTimestamp', 'responseTimestamp', 'remoteAddr'],
  unwrap: (value: JsonView) =>
    value.at('method')?.isText === true && value.at('requestURI')?.isText === true && !value.members.has('verb')
      ? { passed: "log of Rancher's API, not the cluster's audit log" }
      : undefined,
};
