import type { JsonView } from '../json-view.ts';
import { azureCluster } from './azure-cluster.ts';
import type { Shape } from './shape.ts';
import { bodyIn, eventText, textIn } from './event-text.ts';

/**
 * A row of the tables AKSAudit and AKSAuditAdmin, as Log Analytics exports it. Its dynamic columns are objects, or the same as
 * strings. In place of large objects Azure writes a word: those count as absent. The impersonated user has no column.
 */
export const aksResourceSpecific: Shape = {
  id: 'aks-resource-specific',
  title: 'AKS: a row of the table AKSAudit or AKSAuditAdmin',
  marks: ['AuditId'],
  unwrap(value: JsonView) {
    if (value.at('Verb')?.isText !== true || value.at('RequestUri')?.isText !== true) return undefined;
    const bytes = eventText([
      ['kind', 'Event'],
      ['apiVersion', 'audit.k8s.io/v1'],
      ['level', textIn(value, 'Level')],
      ['auditID', textIn(value, 'AuditId')],
      ['stage', textIn(value, 'Stage')],
      ['requestURI', textIn(value, 'RequestUri')],
      ['verb', textIn(value, 'Verb')],
      ['user', bodyIn(value, 'User')],
      ['sourceIPs', bodyIn(value, 'SourceIps')],
      ['userAgent', textIn(value, 'UserAgent')],
      ['objectRef', bodyIn(value, 'ObjectRef')],
      ['responseStatus', bodyIn(value, 'ResponseStatus')],
      ['requestObject', bodyIn(value, 'RequestObject')],
      ['responseObject', bodyIn(value, 'ResponseObject')],
      ['requestReceivedTimestamp', textIn(value, 'RequestReceivedTime')],
      ['stageTimestamp', textIn(value, 'StageReceivedTime')],
      ['annotations', bodyIn(value, 'Annotations')],
    ]);
    return { pieces: [{ bytes, cluster: azureCluster(value.at('_ResourceId')) }] };
  },
};
