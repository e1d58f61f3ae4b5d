import { VERSION, type Logger } from '../model/index.ts';
import type { Connection } from './elasticsearch-connection.ts';
import { MAPPINGS, TEMPLATE_VERSION } from './elasticsearch-mapping.ts';

export interface TemplateOptions {
  /** Alias, name of the template, and beginning of the indices' names. */
  readonly prefix: string;
  readonly shards?: number;
  readonly replicas?: number;
}

/** The index template: what every monthly index is made from. `<prefix>@custom` is the operator's, and may be missing. */
export const templateOf = ({ prefix, shards, replicas }: TemplateOptions) => ({
  index_patterns: [`${prefix}-*`],
  priority: 200,
  version: TEMPLATE_VERSION,
  _meta: { product: 'lapwing', version: VERSION },
  composed_of: [`${prefix}@custom`],
  ignore_missing_component_templates: [`${prefix}@custom`],
  template: {
    aliases: { [prefix]: {} },
    settings: {
      index: {
        ...(shards !== undefined && { number_of_shards: shards }),
        ...(replicas !== undefined && { number_of_replicas: replicas }),
        mapping: { total_fields: { limit: 1_000 } },
      },
    },
    mappings: MAPPINGS,
  },
});

/** Puts the template where it is missing or older, and brings indices that exist up to its fields; never replaces a newer one. */
export async function ensureTemplate(
  connection: Connection,
  options: TemplateOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { prefix } = options;
  const present = await connection.call('reading the index template', signal, [404], (client, how) =>
    client.indices.getIndexTemplate({ name: prefix }, how),
  );
  const version = present.status === 404 ? undefined : versionIn(present.body);
  if (version !== undefined && version >= TEMPLATE_VERSION) {
    if (version > TEMPLATE_VERSION)
      log.warn(
        { template: prefix, version, ours: TEMPLATE_VERSION },
        'a newer Lapwing wrote the index template: left as it is',
      );
    return;
  }
  const template = templateOf(options);
  await connection.call('writing the index template', signal, [], (client, how) =>
    client.indices.putIndexTemplate({ name: prefix, ...template } as never, how),
  );
  log.info({ template: prefix, version: TEMPLATE_VERSION, before: version ?? null }, 'index template written');
  // The current month was made from the older template: fields that are new would not be searchable until the next month.
  await connection
    .call('adding fields to the indices', signal, [], (client, how) =>
      client.indices.putMapping(
        { index: `${prefix}-*`, allow_no_indices: true, ignore_unavailable: true, ...MAPPINGS } as never,
        how,
      ),
    )
    .catch((error: unknown) => {
      if (signal.aborted) throw error;
      log.warn({ err: error }, 'older indices keep their older fields; new months have the new ones');
    });
}

function versionIn(body: unknown): number {
  const found = (body as { index_templates?: { index_template?: { version?: number } }[] }).index_templates?.[0];
  return found?.index_template?.version ?? 0;
}
