import { errorIn, sayError, type Connection, type ServerError } from './elasticsearch-connection.ts';
import type { Draft } from './elasticsearch-draft.ts';
import { isGone, type Outcome, type Standing } from './elasticsearch-read.ts';

/** Bytes of one bulk request, unless a single document is larger. */
const MOST_BYTES = 5 * 1_024 ** 2;

/**
 * Writes the drafts, whole, with the analysts' `workflow` as it was read; an item whose document changed since then is a
 * conflict and nothing is written for it.
 */
export async function writeDrafts(
  connection: Connection,
  drafts: readonly Draft[],
  standing: ReadonlyMap<string, Standing>,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let part: [draft: Draft, lines: string[]][] = [];
  let bytes = 0;
  for (const draft of drafts) {
    const lines = linesOf(draft, standing.get(draft.id));
    const more = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    if (part.length > 0 && bytes + more > MOST_BYTES) {
      outcomes.push(...(await send(connection, part, signal)));
      part = [];
      bytes = 0;
    }
    part.push([draft, lines]);
    bytes += more;
  }
  if (part.length > 0) outcomes.push(...(await send(connection, part, signal)));
  return outcomes;
}

function linesOf({ id, index, document }: Draft, standing: Standing | undefined): string[] {
  if (standing === undefined) return [JSON.stringify({ create: { _index: index, _id: id } }), JSON.stringify(document)];
  const { seqNo, primaryTerm, workflow } = standing;
  return [
    JSON.stringify({ index: { _index: standing.index, _id: id, if_seq_no: seqNo, if_primary_term: primaryTerm } }),
    JSON.stringify(workflow === undefined ? document : { ...document, workflow }),
  ];
}

async function send(
  connection: Connection,
  part: readonly (readonly [draft: Draft, lines: readonly string[]])[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { status, body } = await connection.call('writing alerts', signal, [413], (client, how) =>
    client.bulk({ operations: part.flatMap(([, lines]) => lines) as never }, how),
  );
  if (status === 413) {
    // A proxy in between may take less than we send: halves, until it is one document that is too large.
    if (part.length === 1)
      return [
        {
          draft: part[0]![0],
          verdict: 'refused',
          reason: `the document is too large: HTTP 413 ${connection.clean(sayError(errorIn(body)))}`,
        },
      ];
    const half = Math.ceil(part.length / 2);
    return [
      ...(await send(connection, part.slice(0, half), signal)),
      ...(await send(connection, part.slice(half), signal)),
    ];
  }
  const items = (body as { items?: Record<string, BulkItem>[] } | null)?.items;
  if (!Array.isArray(items) || items.length !== part.length)
    throw connection.failure('writing alerts', 'the answer does not match the question');
  return part.map(([draft], at) => {
    const item = Object.values(items[at]!)[0] ?? {};
    return { draft, verdict: verdictOf(item), reason: connection.clean(sayError(item.error)) };
  });
}

interface BulkItem {
  readonly status?: number;
  readonly error?: ServerError;
}

/** What can heal is tried again; what the cluster says of this very document, or of an index closed on purpose, is final. */
function verdictOf({ status = 0, error }: BulkItem): Outcome['verdict'] {
  if (status >= 200 && status < 300) return 'done';
  if (status === 409) return 'conflict';
  if (error !== undefined && isGone(error)) return 'refused';
  return (status === 400 && error?.type !== 'validation_exception') || status === 413 ? 'refused' : 'later';
}
