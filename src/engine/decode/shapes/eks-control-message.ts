import type { JsonView } from '../json-view.ts';
import type { Shape } from './shape.ts';

/** CloudWatch Logs asks now and then whether the receiver of a subscription is there. */
export const eksControlMessage: Shape = {
  id: 'eks-control-message',
  title: 'EKS: a probe of a CloudWatch Logs subscription',
  marks: ['messageType'],
  unwrap: (value: JsonView) =>
    value.at('messageType')?.text === 'CONTROL_MESSAGE' ? { passed: 'a probe of the subscription' } : undefined,
};
