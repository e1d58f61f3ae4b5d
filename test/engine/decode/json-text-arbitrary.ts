import * as fc from 'fast-check';

/** JSON text, and the value that it must be read as. */
export interface Pair {
  readonly text: string;
  readonly value: unknown;
  /** A name stands twice in one object. */
  readonly isTwice?: boolean;
  /** An integer stands as text. */
  readonly isLarge?: boolean;
}

const BLANKS = ['', '', '', '', ' ', '\n', '\t', '\r\n', '  '];
export const blank = fc.constantFrom(...BLANKS);
const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['/', '\\/'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Text as an audit log may hold it, or an attacker send it; any UTF-16 unit, alone or not. */
export const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'name',
    'kind',
    'items',
    '__proto__',
    'constructor',
    'toString',
    '}],{"',
    '\\',
    '9007199254740993',
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '/',
      '\n',
      '\0',
      '\u007f',
      '\u2028',
      '\u2029',
      '\ufeff',
      'é',
      '€',
      '😀',
      '\ud83d',
      '\ude00',
      '{',
      ']',
    ),
    maxLength: 8,
  }),
);

/** One JSON string for a text: each character as itself (where that is allowed) or escaped, in either case. */
export const stringText = (text: string): fc.Arbitrary<string> =>
  fc.infiniteStream(fc.nat({ max: 5 })).map((dice) => {
    let json = '';
    for (let index = 0; index < text.length; index += 1) {
      const unit = text[index]!;
      const hex = text.charCodeAt(index).toString(16).padStart(4, '0');
      const roll = dice.next().value as number;
      const mayStand = unit >= ' ' && unit !== '"' && unit !== '\\' && !/[\ud800-\udfff]/.test(unit);
      if (roll === 0) json += `\\u${hex}`;
      else if (roll === 1) json += `\\u${hex.toUpperCase()}`;
      else if (roll === 2 && SHORT.has(unit)) json += SHORT.get(unit)!;
      else if (mayStand) json += unit;
      else if (/[\ud800-\udbff]/.test(unit) && /[\udc00-\udfff]/.test(text[index + 1] ?? ''))
        json += unit + text[++index]!;
      else json += SHORT.get(unit) ?? `\\u${hex}`;
    }
    return `"${json}"`;
  });

/** A number gives back an integer of at most 2^53; beyond, where its shortest form is those digits. */
const integer = (text: string): Pair => {
  const held = Number(text);
  const isSmall = BigInt(text) <= 2n ** 53n && BigInt(text) >= -(2n ** 53n);
  const isHeld = isSmall || JSON.stringify(held) === text;
  return { text, value: isHeld ? held : text, isLarge: !isHeld };
};
const digits = fc
  .tuple(fc.constantFrom('', '-'), fc.constantFrom(...'123456789'), fc.integer({ min: 0, max: 24 }))
  .chain(([sign, first, more]) =>
    fc
      .string({ unit: fc.constantFrom(...'0012456789'), minLength: more, maxLength: more })
      .map((rest) => sign + first + rest),
  );

const number: fc.Arbitrary<Pair> = fc.oneof(
  { weight: 2, arbitrary: fc.integer().map((value) => ({ text: String(value), value })) },
  { weight: 2, arbitrary: digits.map(integer) },
  fc
    .constantFrom(
      '0',
      '-0',
      '1.0',
      '1e5',
      '1E+2',
      '-2.5e-3',
      '0.1e1',
      '1e400',
      '-1e400',
      '5e-400',
      '123456789012345678.5',
      '12345678901234567890e1',
    )
    .map((text) => ({ text, value: Number(text) })),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((value) => !/^-?\d{16,}$/.test(String(value)))
    .map((value) => ({ text: String(value), value: Number(String(value)) })),
);

const string: fc.Arbitrary<Pair> = anyText.chain((value) => stringText(value).map((text) => ({ text, value })));
const word: fc.Arbitrary<Pair> = fc
  .constantFrom('null', 'true', 'false')
  .map((text) => ({ text, value: JSON.parse(text) as unknown }));
const spaced = (open: string, parts: readonly string[], close: string, gap: string): string =>
  open + gap + parts.join(`${gap},${gap}`) + gap + close;

const oddOf = (parts: readonly Pair[]): Pick<Pair, 'isTwice' | 'isLarge'> => ({
  isTwice: parts.some(({ isTwice }) => isTwice),
  isLarge: parts.some(({ isLarge }) => isLarge),
});

function arrayOf(list: readonly Pair[], gap: string): Pair {
  const texts = list.map(({ text }) => text);
  return { text: spaced('[', texts, ']', gap), value: list.map(({ value }) => value), ...oddOf(list) };
}

/** An object of these members, in this order. */
export function objectOf(members: readonly (readonly [name: Pair, each: Pair])[], gap: string): Pair {
  const texts = members.map(([name, each]) => `${name.text}${gap}:${gap}${each.text}`);
  const names = members.map(([{ value }]) => value as string);
  const odd = oddOf(members.map(([, each]) => each));
  return {
    text: spaced('{', texts, '}', gap),
    value: Object.fromEntries(members.map(([, { value }], index) => [names[index]!, value])),
    ...odd,
    isTwice: odd.isTwice === true || new Set(names).size < names.length,
  };
}

/** Any JSON value in any spelling, names given twice among it; what it must read as comes from the rules, not from a parser. */
export const jsonText: fc.Arbitrary<Pair> = fc.letrec<{ node: Pair }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 2, arbitrary: fc.oneof(word, number, string) },
    fc.tuple(fc.array(tie('node'), { maxLength: 4 }), blank).map(([list, gap]) => arrayOf(list, gap)),
    fc
      .tuple(fc.array(fc.tuple(string, tie('node')), { maxLength: 5 }), blank)
      .map(([members, gap]) => objectOf(members, gap)),
  ),
})).node;
