import type { JsonView } from '../json-view.ts';
import { clusterName } from './cluster-name.ts';
import type { Shape } from './shape.ts';

/**
 * Fluent Bit and Fluentd hand a line on as a string named `log`, with what their filters add beside it. The time beside it is the
 * one of shipping.
 */
export const fluentbit: Shape = {
  id: 'fluentbit',
  title: 'Fluent Bit, Fluentd: the line as a string in `log`',
  marks: ['log'],
  unwrap(value: JsonView) {
    const line = value.at('log')?.text;
    if (line === undefined || !/^\s*[{[]/.test(line)) return undefined;
    return {
      pieces: [{ bytes: Buffer.from(line), cluster: clusterName(value, 'cluster_name', 'cluster'), mayBeCut: true }],
    };
  },
};
