/** A value of plain JSON in OTLP's typed form, as collectors write it: integers of 64 bits in quotes. */
export function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value === null || typeof value !== 'object') return {};
  return { kvlistValue: { values: attributesOf(value) } };
}

/** A list of attributes. */
export const attributesOf = (value: object): object[] =>
  Object.entries(value).map(([key, item]) => ({ key, value: anyValue(item) }));
