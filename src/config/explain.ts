import type { z } from 'zod';
import { shapeAt, variantsOf, type Shape } from './shape.ts';
import { valuesOf } from './values.ts';

/** One problem of a configuration in a line: the path, what is wrong, what is allowed. Never the value: it may be a credential. */
export function explain(issue: z.core.$ZodIssue, top: Shape, given: unknown): readonly string[] {
  const path = issue.path.map((key) => safeKey(String(key)));
  const at = path.join('.') || '(top)';
  const shape = shapeAt(top, issue.path, given);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = Object.keys(shape?.properties ?? {});
      const allowed = known.length === 0 ? '' : `; there are ${known.join(', ')}`;
      return issue.keys.map((key) => `  ${[...path, safeKey(key)].join('.')}: no such setting${allowed}`);
    }
    case 'invalid_value':
      return [`  ${at}: must be one of ${issue.values.map(String).join(', ')}`];
    case 'invalid_key':
      return [`  ${at}: ${issue.issues.map(({ message }) => message).join('; ')}`];
    case 'invalid_union':
      if (issue.discriminator !== undefined) {
        const types = variantsOf(shapeAt(top, issue.path.slice(0, -1), undefined) ?? {}).map(
          (variant) => variant.properties?.[issue.discriminator!]?.const,
        );
        return [`  ${at}: must be one of ${types.map(String).join(', ')}`];
      }
      return [`  ${at}: ${mustBe(shape)}`];
    case 'invalid_type':
      return [`  ${at}: ${isMissing(issue.path, given) ? 'is missing; it ' : ''}${mustBe(shape)}`];
    case 'too_small':
    case 'too_big':
      return [
        `  ${at}: ${issue.code === 'too_small' && issue.origin === 'array' ? 'must not be empty; it ' : ''}${mustBe(shape)}${lengthOf(issue)}`,
      ];
    default:
      return [`  ${at}: ${issue.message}`];
  }
}

const mustBe = (shape: Shape | undefined): string => {
  const values = shape === undefined ? '' : valuesOf(shape);
  if (values === '') return 'must be something else';
  return `must be ${/^(list|whole|number|mapping|duration|size)/.test(values) ? 'a ' : ''}${values}`;
};

const lengthOf = (issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string => {
  if (issue.origin === 'array' && issue.code === 'too_big') return `, at most ${issue.maximum} of them`;
  if (issue.origin !== 'string') return '';
  return issue.code === 'too_small'
    ? `, at least ${issue.minimum} characters`
    : `, at most ${issue.maximum} characters`;
};

function isMissing(path: readonly PropertyKey[], given: unknown): boolean {
  let value = given;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return true;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value === undefined;
}

/** A key as it can stand in a line. */
const safeKey = (key: string): string => (/^[\w.-]{1,80}$/.test(key) ? key : JSON.stringify(key.slice(0, 80)));
