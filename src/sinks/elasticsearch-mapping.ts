/**
 * Raised with every change of the mapping or the settings below: a cluster with an older one is brought up to date, a cluster with
 * a newer one is left alone.
 */
export const TEMPLATE_VERSION = 2;

/** Longer text is kept and shown, but not indexed: no length of attacker's text makes a document impossible. */
const keyword = { type: 'keyword', ignore_above: 1_024 };
/** Exact and full text. */
const keywordAndText = { ...keyword, ignore_above: 4_096, fields: { text: { type: 'text', norms: false } } };
const text = { type: 'text', norms: false };
const ip = { type: 'ip', ignore_malformed: true };
const date = { type: 'date', ignore_malformed: true };
const long = { type: 'long', ignore_malformed: true };
/** One field for the whole object, whatever its keys. */
const flattened = { type: 'flattened', ignore_above: 1_024, depth_limit: 20 };
/** Kept and shown, neither parsed nor indexed. */
const opaque = { type: 'object', enabled: false };

const object = (properties: Record<string, object>) => ({ properties });
const idAndName = { id: keyword, name: keyword };

/** Every field of the alert document and of `workflow`. `dynamic: false`: what is not here is kept and never becomes a field. */
export const MAPPINGS = {
  dynamic: false,
  date_detection: false,
  numeric_detection: false,
  properties: {
    '@timestamp': date,
    ecs: object({ version: keyword }),
    message: text,
    event: object({
      kind: keyword,
      id: keyword,
      category: keyword,
      type: keyword,
      action: keyword,
      outcome: keyword,
      severity: long,
      reason: keyword,
      start: date,
      end: date,
    }),
    observer: object({ vendor: keyword, product: keyword, version: keyword }),
    related: object({ user: keyword, ip, hosts: keyword }),
    rule: object({
      ...idAndName,
      version: keyword,
      description: keyword,
      category: keyword,
      reference: keyword,
    }),
    threat: object({
      framework: keyword,
      tactic: object(idAndName),
      technique: object({ ...idAndName, subtechnique: object(idAndName) }),
    }),
    user: object({ name: keyword, effective: object({ name: keyword }), target: object({ name: keyword }) }),
    source: object({ address: keyword, ip }),
    user_agent: object({ original: keywordAndText }),
    http: object({ response: object({ status_code: long }) }),
    process: object({ command_line: keywordAndText }),
    orchestrator: object({
      type: keyword,
      cluster: object({ name: keyword }),
      namespace: keyword,
      resource: object({ type: keyword, name: keyword }),
      api_version: keyword,
    }),
    lapwing: object({
      severity: keyword,
      fingerprint: keyword,
      revision: long,
      count: long,
      actions: keyword,
      first_seen: date,
      last_seen: date,
      claimed_ips: ip,
      actor: object({ class: keyword, groups: keyword }),
      incident: object({ id: keyword }),
      exception: object({ id: keyword }),
      detector: object({
        key: keyword,
        window: keyword,
        observed: flattened,
        threshold: flattened,
        baseline: object({ events: long, since: date, usual: text }),
        contributions: flattened,
      }),
      evidence: object({ total: long, audit_ids: keyword, sample: opaque }),
      next_steps: opaque,
    }),
    workflow: object({ status: keyword, reason: keyword, assignees: keyword, tags: keyword, notes: text }),
  },
};
