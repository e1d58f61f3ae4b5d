import type { JsonView } from '../json-view.ts';
import { aksEvent, aksLog } from './aks-log.ts';
import type { Shape } from './shape.ts';

/** One record of the audit log of AKS, the event as a string. Azure cuts that string at 16 KiB. */
export const aksRecord: Shape = {
  id: 'aks-record',
  title: 'AKS: one record, the event as a string in `properties.log`',
  marks: ['category'],
  unwrap(value: JsonView) {
    if (aksLog(value) !== 'text') return undefined;
    const piece = aksEvent(value);
    if (piece !== undefined) return { pieces: [piece] };
    const properties = value.at('properties');
    const text = properties?.text ?? properties?.at('log')?.text ?? '';
    return { broken: text === '' ? 'no properties.log' : 'rest of a cut record' };
  },
};
