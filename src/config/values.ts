import { parseDuration } from '../model/index.ts';
import { variantsOf, type Shape } from './shape.ts';

/** The values that a setting takes, in a few words: "duration", "list of text", "whole number, 2 to 1000", "json, text". */
export function valuesOf(shape: Shape): string {
  if (shape.const !== undefined) return String(shape.const);
  if (shape.enum) return shape.enum.map(String).join(', ');
  const variants = variantsOf(shape);
  const types = variants.flatMap((variant) => variant.properties?.['type']?.const ?? []);
  if (types.length > 0) return 'mapping with type '.concat(types.map(String).join(', '));
  if (variants.length > 0) return [...new Set(variants.map(valuesOf))].join(' or ');
  switch (shape.type) {
    case 'array':
      return `list of ${shape.items ? valuesOf(shape.items) : 'anything'}`;
    case 'object':
      return shape.properties ? `{ ${Object.keys(shape.properties).join(', ')} }` : 'mapping of names';
    case 'boolean':
      return 'true, false';
    case 'integer':
      return `whole number${rangeOf(shape)}`;
    case 'number':
      return `number${rangeOf(shape)}`;
    case 'string':
      return textOf(shape);
    default:
      return '';
  }
}

function textOf({ default: byDefault, pattern }: Shape): string {
  if (pattern?.includes('KiB')) return 'size';
  return typeof byDefault === 'string' && parseDuration(byDefault) !== undefined ? 'duration' : 'text';
}

function rangeOf({ minimum, maximum }: Shape): string {
  const [low, high] = [minimum, maximum].map((end) => (Number.isSafeInteger(end) && isOpen(end!) ? undefined : end));
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}`;
  if (low !== undefined) return `, ${low} or more`;
  return high === undefined ? '' : `, ${high} or less`;
}

const isOpen = (end: number): boolean => Math.abs(end) === Number.MAX_SAFE_INTEGER;
