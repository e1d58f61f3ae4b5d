import type { Hours } from './hours.ts';
import { TRAITS } from './person.ts';

/** A row's key: [identity] for when it was seen, [identity, trait, value] for a value. */
export const rowOf = (key: string, trait: number, value: string): string =>
  JSON.stringify(trait < 0 ? [key] : [key, trait, value]);

/** What a row's key stands for (trait −1 for the identity itself), undefined where it cannot be read. */
export function readRow(row: string): { key: string; trait: number; value: string } | undefined {
  const [key, trait = -1, value = ''] = listOf(row);
  if (typeof key !== 'string' || typeof trait !== 'number' || typeof value !== 'string') return undefined;
  return Number.isInteger(trait) && trait >= -1 && trait < TRAITS.length ? { key, trait, value } : undefined;
}

export const writeHours = ({ count, since, last, before }: Hours): string =>
  JSON.stringify([count, since, last, Number(before)]);

export function readHours(text: Uint8Array | string): Hours | undefined {
  const numbers = listOf(typeof text === 'string' ? text : new TextDecoder().decode(text));
  if (numbers.length !== 4 || !numbers.every(Number.isSafeInteger)) return undefined;
  const [count, since, last, before] = numbers as [number, number, number, number];
  return { count, since, last, before: before === 1 };
}

function listOf(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
