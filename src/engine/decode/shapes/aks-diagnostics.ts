import type { JsonView } from '../json-view.ts';
import { azureCluster } from './azure-cluster.ts';
import type { Shape } from './shape.ts';
import { parseTime } from '../timestamp.ts';

/** A row of the table AzureDiagnostics, as Log Analytics exports it: the event as a string, cut at 32 KiB. */
export const aksDiagnostics: Shape = {
  id: 'aks-diagnostics',
  title: 'AKS: a row of the table AzureDiagnostics, the event as a string in `log_s`',
  marks: ['log_s'],
  unwrap(value: JsonView) {
    const category = value.at('Category')?.text;
    const log = value.at('log_s')?.text;
    if (category === undefined || log === undefined) return undefined;
    if (category !== 'kube-audit' && category !== 'kube-audit-admin') return { passed: 'another log' };
    if (!/^\s*\{/.test(log)) return { broken: 'rest of a cut record' };
    const cluster = azureCluster(value.at('ResourceId')) ?? azureCluster(value.at('_ResourceId'));
    const time = parseTime(value.at('TimeGenerated')?.text ?? '');
    return { pieces: [{ bytes: Buffer.from(log), cluster, time, mayBeCut: true }] };
  },
};
