import type { JsonView } from '../json-view.ts';
import { aksLog } from './aks-log.ts';
import type { Shape } from './shape.ts';

const REASONS = { klog: 'klog text', other: 'another log', metric: 'a metric' } as const;

/** What shares the hub with the audit log: the logs of other parts of the control plane, of other resources, and metrics. */
export const aksKlog: Shape = {
  id: 'aks-klog',
  title: 'AKS: a record of another log, or a metric',
  marks: ['category', 'metricName'],
  unwrap(value: JsonView) {
    const log = aksLog(value);
    return log === undefined || log === 'object' || log === 'text' ? undefined : { passed: REASONS[log] };
  },
};
