import type { JsonView } from '../json-view.ts';
import { aksEvent, aksLog } from './aks-log.ts';
import type { Shape } from './shape.ts';

/** One record of the audit log of AKS, whose event somebody on the way has parsed. */
export const aksObject: Shape = {
  id: 'aks-object',
  title: 'AKS: one record, the event as an object in `properties.log`',
  marks: ['category'],
  unwrap(value: JsonView) {
    const piece = aksLog(value) === 'object' ? aksEvent(value) : undefined;
    return piece === undefined ? undefined : { pieces: [piece] };
  },
};
