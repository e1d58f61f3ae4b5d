import { VERSION } from '../model/index.ts';
import { sayError, type Connection, type ServerError } from './elasticsearch-connection.ts';
import type { Draft } from './elasticsearch-draft.ts';

/** What stands in the cluster under an alert's id. */
export interface Standing {
  readonly index: string;
  readonly seqNo: number;
  readonly primaryTerm: number;
  readonly revision: number;
  readonly version: string;
  /** What analysts wrote; undefined where nobody did. */
  readonly workflow: unknown;
}

/** One draft and what its item of the bulk answer says. */
export interface Outcome {
  readonly draft: Draft;
  readonly verdict: 'done' | 'conflict' | 'refused' | 'later';
  readonly reason: string;
}

/** Reads what stands under the drafts' ids: not through search, so that a write of a moment ago is seen. */
export async function readStanding(
  connection: Connection,
  drafts: readonly Draft[],
  signal: AbortSignal,
): Promise<{ standing: Map<string, Standing>; missing: Set<string>; outcomes: Outcome[] }> {
  const wanted = drafts.flatMap((draft) => draft.candidates.map((index) => ({ draft, index })));
  const { body } = await connection.call('reading alerts', signal, [], (client, how) =>
    client.mget(
      {
        docs: wanted.map(({ draft, index }) => ({ _index: index, _id: draft.id })),
        _source_includes: ['workflow', 'lapwing.revision', 'observer.version'],
      },
      how,
    ),
  );
  const docs = (body as { docs?: MgetItem[] } | null)?.docs;
  if (!Array.isArray(docs) || docs.length !== wanted.length)
    throw connection.failure('reading alerts', 'the answer does not match the question');
  const standing = new Map<string, Standing>();
  const missing = new Set<string>();
  const outcomes: Outcome[] = [];
  for (const [at, { draft, index }] of wanted.entries()) {
    const { found, error, _source: source, _seq_no: seqNo, _primary_term: primaryTerm } = docs[at]!;
    if (error?.type === 'index_not_found_exception') missing.add(index);
    else if (error !== undefined)
      outcomes.push({ draft, verdict: isGone(error) ? 'refused' : 'later', reason: connection.clean(sayError(error)) });
    else if (found === true && seqNo !== undefined && primaryTerm !== undefined) {
      const revision = Number(source?.lapwing?.revision ?? 0);
      if ((standing.get(draft.id)?.revision ?? -1) >= revision) continue;
      standing.set(draft.id, {
        index,
        seqNo,
        primaryTerm,
        revision,
        version: source?.observer?.version ?? '',
        workflow: source?.workflow,
      });
    }
  }
  return { standing, missing, outcomes };
}

interface MgetItem {
  readonly found?: boolean;
  readonly error?: ServerError;
  readonly _seq_no?: number;
  readonly _primary_term?: number;
  readonly _source?: { lapwing?: { revision?: number }; observer?: { version?: string }; workflow?: unknown };
}

/** True where the cluster has this revision, or a newer one, already. */
export const isThere = (draft: Draft, standing: Standing | undefined): boolean =>
  standing !== undefined &&
  (standing.revision > draft.revision || (standing.revision === draft.revision && standing.version === VERSION));

/** An index that its owner closed or made read-only: an older month, as a rule. A full disk blocks it with another status (429). */
export const isGone = ({ type, reason = '' }: ServerError): boolean =>
  type === 'index_closed_exception' ||
  (type === 'cluster_block_exception' && /FORBIDDEN\/(?:4|5|8)\//.test(reason) && !reason.includes('FORBIDDEN/12/'));
