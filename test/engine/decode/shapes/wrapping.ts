/** How a shape wraps what it carries, for tests that go through all of them: from the text of an event to a record of one line. */
export interface Wrapping {
  /** The sample of the shape. */
  readonly sample: string;
  /** The wrappers that the sample's events come in, then their own form. */
  readonly chain: readonly string[];
  /** How many events the sample holds. */
  readonly events: number;
  readonly wrap: (line: string) => string;
  /** The same with the name of a cluster, where the shape can carry one. */
  readonly named?: (line: string, cluster: string) => string;
}

const json = JSON.stringify;
const merged = (line: string, beside: object): string => `${line.slice(0, -1)},${json(beside).slice(1)}`;
const otlpOf = (line: string, attributes: readonly object[]): string =>
  json({
    resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [{ body: { stringValue: line } }] }] }],
  });
const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

export const WRAPPINGS: Readonly<Record<string, Wrapping>> = {
  'elastic-agent': {
    sample: 'elastic-agent.ndjson',
    chain: ['elastic-agent', 'raw-event'],
    events: 1,
    wrap: (line) => `{"@timestamp":"2026-11-21T10:20:11.000Z","kubernetes":{"audit":${line}}}`,
    named: (line, name) => `{"orchestrator":{"cluster":${json({ name })}},"kubernetes":{"audit":${line}}}`,
  },
  fluentbit: {
    sample: 'fluentbit.ndjson',
    chain: ['fluentbit', 'raw-event'],
    events: 1,
    wrap: (line) => json({ date: 1795256410.5, log: line }),
    named: (line, name) => json({ cluster_name: name, log: line }),
  },
  vector: {
    sample: 'vector.ndjson',
    chain: ['vector', 'raw-event'],
    events: 1,
    wrap: (line) => json({ file: '/var/log/audit.log', message: line, source_type: 'file' }),
    named: (line, name) => json({ cluster: name, message: line }),
  },
  'vector-merged': {
    sample: 'vector-merged.ndjson',
    chain: ['vector-merged', 'raw-event'],
    events: 1,
    wrap: (line) => merged(line, { host: 'cp-1', source_type: 'file' }),
    named: (line, name) => merged(line, { fields: { cluster_name: name } }),
  },
  openshift: {
    sample: 'openshift.ndjson',
    chain: ['openshift', 'raw-event'],
    events: 1,
    wrap: (line) => merged(line, { k8s_audit_level: 'Request', viaq_msg_id: 'x', message: null }),
    named: (line, name) => merged(line, { k8s_audit_level: 'Request', openshift: { cluster_id: name } }),
  },
  'openshift-nodelogs': {
    sample: 'openshift-nodelogs.log',
    chain: ['openshift-nodelogs', 'raw-event'],
    events: 1,
    wrap: (line) => `cp-0.example.com ${line}`,
  },
  cri: {
    sample: 'cri.log',
    chain: ['cri', 'raw-event'],
    events: 1,
    wrap: (line) => `2026-11-21T10:20:10.010500000Z stdout F ${line}`,
  },
  syslog: {
    sample: 'syslog.log',
    chain: ['syslog', 'raw-event'],
    events: 3,
    wrap: (line) => `<134>1 2026-11-21T10:20:10.010500+00:00 cp-0 kube-apiserver 1 - - ${line}`,
  },
  otlp: {
    sample: 'otlp.json',
    chain: ['otlp', 'raw-event'],
    events: 1,
    wrap: (line) => otlpOf(line, []),
    named: (line, name) => otlpOf(line, [attribute('k8s.cluster.name', name)]),
  },
  'splunk-hec': {
    sample: 'splunk-hec.ndjson',
    chain: ['splunk-hec', 'raw-event'],
    events: 1,
    wrap: (line) => `{"sourcetype":"kube:apiserver-audit","event":${line}}`,
    named: (line, name) => `{"event":${line},"fields":${json({ 'k8s.cluster.name': name })}}`,
  },
  'elasticsearch-hit': {
    sample: 'elasticsearch-hit.ndjson',
    chain: ['elasticsearch-hit', 'elastic-agent', 'raw-event'],
    events: 1,
    wrap: (line) => `{"_index":"audit","_source":${line}}`,
  },
  datadog: {
    sample: 'datadog.ndjson',
    chain: ['datadog', 'raw-event'],
    events: 1,
    wrap: (line) => merged(line.replace('"verb":', '"verb_":'), { http: { method: 'get' } }),
    named: (line, name) =>
      `{"tags":[${json(`kube_cluster_name:${name}`)}],"attributes":${merged(line.replace('"verb":', '"verb_":'), { http: { method: 'get' } })}}`,
  },
  v1alpha1: {
    sample: 'v1alpha1.ndjson',
    chain: ['v1alpha1', 'raw-event'],
    events: 1,
    wrap: (line) =>
      merged(line.replace('audit.k8s.io/v1"', 'audit.k8s.io/v1alpha1"').replaceAll('Timestamp"', 'Timestamp_"'), {
        metadata: { creationTimestamp: '2026-11-21T10:20:10Z' },
      }),
  },
};

/** The samples that need no unwrapping: their form, and how many events they hold. */
export const PLAIN_SAMPLES: Readonly<Record<string, { readonly chain: readonly string[]; readonly events: number }>> = {
  'raw-event.ndjson': { chain: ['raw-event'], events: 1 },
  'v1beta1.ndjson': { chain: ['raw-event'], events: 1 },
  'eventlist.json': { chain: ['eventlist'], events: 2 },
  'jsonl.ndjson': { chain: ['raw-event'], events: 2 },
  'array.json': { chain: ['array'], events: 2 },
  'malformed-kind.json': { chain: [], events: 0 },
};
