import type { JsonView } from '../json-view.ts';
import type { Piece, Shape } from './shape.ts';

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
    return { pieces: piecesOf(hits) };
  },
};

function* piecesOf(hits: JsonView): Generator<Piece, undefined> {
  for (const hit of hits.elements()) yield sourceOf(hit) ?? { bytes: hit.raw };
  return undefined;
}

function sourceOf(hit: JsonView): Piece | undefined {
  const source = hit.at('_source');
  return source?.isObject === true && hit.at('_index')?.isText === true ? { bytes: source.raw } : undefined;
}
