import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Inflation } from '../../../../src/engine/decode/inflation.ts';
import { JsonView } from '../../../../src/engine/decode/json-view.ts';
import { SHAPES } from '../../../../src/engine/decode/shapes/index.ts';
import { sampleOf } from './unwrapping.ts';

const means = new Inflation();

/** For each value, from the outside in, the shapes that take it for theirs: one path for each piece that is found. */
function claims(bytes: Buffer): readonly (readonly string[])[] {
  let members: unknown;
  try {
    members = JSON.parse(bytes.toString());
  } catch {
    return [[]];
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) return [[]];
  const view = new JsonView(bytes, 0, bytes.length);
  const found = SHAPES.flatMap((shape) => {
    if (!shape.marks.some((mark) => view.members.has(mark))) return [];
    const unwrapped = shape.unwrap(view, means);
    return unwrapped === undefined ? [] : [{ id: shape.id, unwrapped }];
  });
  if (found.length === 0) return [[]];
  const ids = found.map(({ id }) => id).join(' and ');
  const { unwrapped } = found[0]!;
  const within = 'pieces' in unwrapped ? Array.from(unwrapped.pieces, (piece) => claims(piece.bytes)).flat() : [[]];
  return within.map((path) => [ids, ...path]);
}

it('keeps the table short enough for a word of bits', () => expect(SHAPES.length).toBeLessThan(32));

/** The paths of all values of a sample. */
function paths(name: string): readonly string[] {
  means.reset();
  const lines = name.endsWith('.ndjson')
    ? sampleOf(name).toString().trimEnd().split('\n')
    : [sampleOf(name).toString()];
  return lines.flatMap((text) => claims(Buffer.from(text.trimEnd())).map((path) => path.join(' > ')));
}

const CLOUDS: Readonly<Record<string, readonly string[]>> = {
  'aks-eventhub.json': ['aks-eventhub', 'aks-eventhub'],
  'aks-record.ndjson': ['aks-record', 'aks-record'],
  'aks-object.json': ['aks-object'],
  'aks-klog.json': ['aks-eventhub > aks-klog'],
  'aks-resource-specific.ndjson': ['aks-resource-specific', 'aks-resource-specific'],
  'aks-diagnostics.ndjson': ['aks-diagnostics', 'aks-diagnostics'],
  'eks-cloudwatch.json': Array.from({ length: 3 }, () => 'eks-cloudwatch > eks-cloudwatch'),
  'eks-control-message.json': ['eks-cloudwatch > eks-control-message'],
  'gke-cloud-audit.json': ['gke-cloud-audit'],
  'gke-denied.json': ['gke-cloud-audit'],
  'gcp-not-k8s.json': ['gcp-not-k8s'],
  'pubsub.json': ['pubsub > gke-cloud-audit'],
  'rancher.json': ['rancher'],
};

describe('shapes exclude each other', () => {
  it.each(Object.entries(CLOUDS))('%s is of one shape on each level', (name, expected) =>
    expect(paths(name)).toEqual(expected),
  );

  it('takes no sample of another shape for one of a cloud', () => {
    const ids = new Set(
      Object.values(CLOUDS)
        .flat()
        .flatMap((path) => path.split(' > ')),
    );
    const others = readdirSync(new URL('../../../../samples/shapes/', import.meta.url)).filter(
      (name) => name.endsWith('json') && !(name in CLOUDS),
    );
    expect(others.length).toBeGreaterThan(3);
    for (const name of others)
      for (const path of paths(name)) expect(path.split(/ > | and /).filter((id) => ids.has(id))).toEqual([]);
  });
});
