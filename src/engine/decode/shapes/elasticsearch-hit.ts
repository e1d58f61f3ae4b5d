import type { JsonView } from '../json-view.ts';
import type { Piece, Shape } from './shape.ts';

/** Documents in one answer: as many as a search gives out unless told otherwise, ten times over. */
const MOST = 100_000;

/** Documents as Elasticsearch and OpenSearch give them out, one by one or as the answer of a search: the record is in `_source`. */
export const elasticsearchHit: Shape = {
  id: 'elasticsearch-hit',
  title: 'Documents read back from Elasticsearch or OpenSearch: the record in `_source`',
  marks: ['_source', 'hits'],
  unwrap(value: JsonView) {
    const one = sourceOf(value);
    if (one !== undefined) return { pieces: [one] };
    const hits = value.at('hits', 'hits');
    if (hits?.isArray !== true) return undefined;
    const pieces: Piece[] = [];
    for (const hit of hits.elements()) {
      if (pieces.push(sourceOf(hit) ?? { bytes: hit.raw }) > MOST) return { broken: 'too many records' };
    }
    return { pieces };
  },
};

function sourceOf(hit: JsonView): Piece | undefined {
  const source = hit.at('_source');
  return source?.isObject === true && hit.at('_index')?.isText === true ? { bytes: source.raw } : undefined;
}
