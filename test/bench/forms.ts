import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from './corpus.ts';
import { root } from './root.ts';

const LIST = 400;
const samples = join(root, 'samples', 'shapes');

/** The same events as the webhook sends them: 400 in an EventList. */
export function asLists(corpus: Corpus): readonly Buffer[] {
  const lists: Buffer[] = [];
  for (let from = 0; from < corpus.texts.length; from += LIST)
    lists.push(Buffer.from(listOf(corpus.texts.slice(from, from + LIST))));
  return lists;
}

const listOf = (texts: readonly string[]): string =>
  `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${texts.join(',')}]}`;

/** Ordinary events whose request object is filled up until each has about that many bytes. */
export function ofSize(corpus: Corpus, bytes: number, events: number): readonly string[] {
  return corpus.texts.slice(0, events).map((text, index) => {
    const filling = containers(Math.max(0, bytes - text.length), index);
    const object = `{"kind":"ConfigMap","metadata":{"name":"x"},"spec":{"list":[${filling}]}}`;
    return text.replace(/,"requestReceivedTimestamp"/, `,"requestObject":${object},"requestReceivedTimestamp"`);
  });
}

function containers(bytes: number, index: number): string {
  const each = (turn: number): string =>
    `{"name":"part-${turn}","image":"registry.example.com/team/app:${index}","ports":[{"containerPort":8080,"protocol":"TCP"}],"ready":true,"note":"lorem \\"ipsum\\" dolor"}`;
  const length = each(100).length + 1;
  return Array.from({ length: Math.ceil(bytes / length) }, (_, turn) => each(turn)).join(',');
}

/** Each shape's sample, repeated until it is worth measuring. */
export function wrapped(bytes: number): ReadonlyMap<string, readonly Buffer[]> {
  const shapes = new Map<string, readonly Buffer[]>();
  for (const file of readdirSync(samples).toSorted()) {
    const sample = readFileSync(join(samples, file));
    const isOneLine = sample.indexOf(10) >= sample.length - 1;
    const times = Math.max(1, Math.round(bytes / sample.length));
    // Lines may stand together; a document that spans lines is a record of its own.
    const records = isOneLine
      ? [Buffer.from(`${sample.toString('utf8').trimEnd()}\n`.repeat(times))]
      : Array.from({ length: times }, () => sample);
    shapes.set(file.replace(/\.\w+$/, ''), records);
  }
  return shapes;
}
