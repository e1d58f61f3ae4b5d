import type { JsonView } from '../json-view.ts';

/**
 * The bytes of an object with some of its members set to other JSON: where they stand if it has them (of those given twice the last
 * one, which counts), else at its end. All other bytes stay as they are.
 */
export function withMembers(object: JsonView, members: ReadonlyMap<string, string | Buffer>): Buffer {
  const edits: Edit[] = [];
  let added = object.members.size === 0 ? '' : ',';
  for (const [name, json] of members) {
    const there = object.members.get(name);
    if (there !== undefined) edits.push({ from: there.from, to: there.to, bytes: Buffer.from(json) });
    else {
      const bytes = Buffer.concat([Buffer.from(`${added}${JSON.stringify(name)}:`), Buffer.from(json)]);
      edits.push({ from: object.to - 1, to: object.to - 1, bytes });
      added = ',';
    }
  }
  edits.sort((left, right) => left.from - right.from);
  const parts: Buffer[] = [];
  let from = object.from;
  for (const edit of edits) {
    parts.push(object.bytes.subarray(from, edit.from), edit.bytes);
    from = edit.to;
  }
  return Buffer.concat([...parts, object.bytes.subarray(from, object.to)]);
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
}
