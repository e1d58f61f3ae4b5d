import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Triggers } from '../../../src/engine/decode/triggers.ts';

it('never says no to a text with one of the words, and no to plain ones', () => {
  const words = ['secr', 'token', '://', 'sk-'];
  const triggers = new Triggers(words);
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom(...words),
      fc.string({ minLength: 1 }),
      fc.boolean(),
      (head, word, tail, upper) => {
        expect(triggers.mayMeet(head + (upper ? word.toUpperCase() : word) + tail)).toBe(true);
      },
    ),
  );
  for (const plain of ['', 'a', 'abc', '/api/v1/namespaces/dev/pods', 'kubectl/v1.36.3'])
    expect(triggers.mayMeet(plain)).toBe(false);
});
