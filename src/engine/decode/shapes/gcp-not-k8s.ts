import type { JsonView } from '../json-view.ts';
import { isGkeRequest } from './gke-cloud-audit.ts';
import type { Shape } from './shape.ts';

/** Who makes, changes and deletes clusters: worth watching, and not by the audit log of one. */
const GKE_ITSELF = 'container.googleapis.com';

/** What a sink of Cloud Logging sends along with the audit log of its clusters. */
export const gcpNotK8s: Shape = {
  id: 'gcp-not-k8s',
  title: 'Google Cloud: an entry of another log',
  marks: ['protoPayload', 'textPayload'],
  unwrap(value: JsonView) {
    const payload = value.at('protoPayload');
    if (payload === undefined)
      return value.at('logName')?.isText === true && value.at('textPayload')?.isText === true
        ? { passed: 'a line of text' }
        : undefined;
    if (!payload.isObject || isGkeRequest(payload)) return undefined;
    const service = payload.at('serviceName')?.text;
    if (service === undefined) return undefined;
    return { passed: service === GKE_ITSELF ? 'the API of GKE itself' : 'another service' };
  },
};
