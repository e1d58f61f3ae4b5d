import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import {
  AppError,
  defineSpec,
  messageOf,
  MILLISECOND,
  type Alert,
  type Context,
  type Logger,
  type Refusal,
  type Sink,
} from '../model/index.ts';
import { draftOf, type Draft } from './elasticsearch-draft.ts';
import { Connection, errorIn, sayError, type Credentials } from './elasticsearch-connection.ts';
import { isThere, readStanding, type Outcome } from './elasticsearch-read.ts';
import { settings } from './elasticsearch-settings.ts';
import { ensureTemplate, type TemplateOptions } from './elasticsearch-template.ts';
import { writeDrafts } from './elasticsearch-write.ts';

/** Alerts of one reading and one writing. */
const BATCH = 500;
/** How often a document that others change at the same time is read anew. */
const ROUNDS = 5;

/**
 * Writes alerts as documents of monthly indices behind one alias. Each is read, then written whole on the condition that nobody
 * changed it since: analysts' `workflow` survives, fields that a revision no longer has go, and a late request never brings
 * back an older revision.
 */
class ElasticsearchSink implements Sink {
  readonly name: string;
  readonly keepsMuted = true;
  readonly #connection: Connection;
  readonly #template: TemplateOptions;
  readonly #managesTemplate: boolean;
  readonly #log: Logger;
  #hasTemplate = false;
  #isClosed = false;

  constructor(name: string, connection: Connection, template: TemplateOptions, managesTemplate: boolean, log: Logger) {
    this.name = name;
    this.#connection = connection;
    this.#template = template;
    this.#managesTemplate = managesTemplate;
    this.#log = log;
  }

  async write(alerts: readonly Alert[], signal: AbortSignal): Promise<readonly Refusal[]> {
    if (alerts.length === 0) return [];
    if (this.#isClosed) throw this.#connection.failure('writing alerts', 'the sink is closed');
    if (!this.#hasTemplate) await this.#ensureTemplate(signal);
    const refusals: Refusal[] = [];
    const drafts: Draft[] = [];
    for (const alert of newestOf(alerts)) {
      const draft = draftOf(alert, this.#template.prefix);
      if ('reason' in draft) refusals.push(draft);
      else drafts.push(draft);
    }
    const later: Outcome[] = [];
    for (let at = 0; at < drafts.length; at += BATCH)
      for (const outcome of await this.#writeBatch(drafts.slice(at, at + BATCH), signal)) {
        if (outcome.verdict === 'refused') refusals.push({ id: outcome.draft.id, reason: outcome.reason });
        else if (outcome.verdict !== 'done') later.push(outcome);
      }
    if (later.length > 0)
      throw this.#connection.failure(
        'writing alerts',
        `${later.length} of ${alerts.length} must wait: ${later[0]!.reason}`,
      );
    return refusals;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection.close();
  }

  async #writeBatch(batch: readonly Draft[], signal: AbortSignal): Promise<Outcome[]> {
    const settled: Outcome[] = [];
    let open = batch;
    let conflicts: Outcome[] = [];
    for (let round = 0; round < ROUNDS && open.length > 0; round += 1) {
      const { standing, missing, outcomes } = await readStanding(this.#connection, open, signal);
      settled.push(...outcomes);
      const decided = new Set(outcomes.map(({ draft }) => draft.id));
      const fresh = open.filter((draft) => !decided.has(draft.id) && !isThere(draft, standing.get(draft.id)));
      for (const index of new Set(fresh.filter(({ id }) => !standing.has(id)).map((draft) => draft.index)))
        if (missing.has(index)) await this.#createIndex(index, signal);
      const written = await writeDrafts(this.#connection, fresh, standing, signal);
      conflicts = written.filter(({ verdict }) => verdict === 'conflict');
      settled.push(...written.filter(({ verdict }) => verdict !== 'conflict'));
      open = conflicts.map(({ draft }) => draft);
    }
    return [...settled, ...conflicts];
  }

  async #ensureTemplate(signal: AbortSignal): Promise<void> {
    if (this.#managesTemplate) await ensureTemplate(this.#connection, this.#template, this.#log, signal);
    this.#hasTemplate = true;
  }

  /** A month's first alert. Made by name, because clusters may forbid that indices come into being by a write. */
  async #createIndex(index: string, signal: AbortSignal): Promise<void> {
    // The template may have been lost since the start, and a month without it could not be mended.
    await this.#ensureTemplate(signal);
    const what = `making the index ${index}`;
    const { status, body } = await this.#connection.call(what, signal, [400], (client, how) =>
      client.indices.create({ index }, how),
    );
    const error = errorIn(body);
    if (status === 400 && error?.type !== 'resource_already_exists_exception')
      throw this.#connection.failure(what, sayError(error));
  }
}

/** Each id once, in its highest revision, in the order given. */
function newestOf(alerts: readonly Alert[]): Iterable<Alert> {
  const newest = new Map<string, Alert>();
  for (const alert of alerts) if ((newest.get(alert.id)?.revision ?? -1) < alert.revision) newest.set(alert.id, alert);
  return newest.values();
}

export const elasticsearchSink = defineSpec({
  type: 'elasticsearch',
  description: 'Writes alerts as ECS documents to Elasticsearch 8 or 9, one document an alert.',
  settings,
  create(name, config, context): Sink {
    const { nodes, indexPrefix: prefix, shards, replicas } = config;
    const credentials = credentialsOf(config.auth, context);
    if (credentials !== undefined && nodes.some(isOpen))
      context.log.warn({ sink: name }, 'credentials go over plain http to another machine: use https');
    const connection = new Connection({
      nodes,
      compression: config.compression,
      timeout: Math.max(1, Math.round(config.requestTimeout / MILLISECOND)),
      ...(credentials !== undefined && { credentials }),
      ...(config.ca !== undefined && { ca: readAuthority(name, config.ca) }),
    });
    const template = { prefix, ...(shards !== undefined && { shards }), ...(replicas !== undefined && { replicas }) };
    return new ElasticsearchSink(name, connection, template, config.manageTemplate, context.log);
  },
});

function credentialsOf(auth: z.output<typeof settings>['auth'], context: Context): Credentials | undefined {
  if (auth?.apiKey !== undefined) return { apiKey: context.reveal(auth.apiKey) };
  if (auth?.username === undefined || auth.password === undefined) return undefined;
  return { username: auth.username, password: context.reveal(auth.password) };
}

function readAuthority(sink: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new AppError('config', `sinks.${sink}.ca: cannot read ${path}: ${messageOf(thrown)}`);
  }
}

/** Plain http beyond this machine. */
function isOpen(node: string): boolean {
  const { protocol, hostname } = new URL(node);
  return protocol === 'http:' && !/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
