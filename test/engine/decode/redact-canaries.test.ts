import { describe, expect, it } from 'vitest';
import { redactObject } from '../../../src/engine/decode/redact-object.ts';
import { redactArgs, redactName, redactText, redactUri } from '../../../src/engine/decode/redact.ts';
import { CANARIES, formsOf } from '../../redaction/canaries.ts';

/** Places where a text may stand, each with what redaction makes of it. */
const PLACES: readonly (readonly [place: string, seen: (text: string) => unknown])[] = [
  ['as it is', (text) => redactText(text)],
  ['among words', (text) => redactText(`it said ${JSON.stringify(text)} and went`)],
  ['after words', (text) => redactText(`it said ${text}`)],
  ['as a parameter', (text) => redactUri(`/x?note=${encodeURIComponent(text)}&b=c`)],
  ['as a command', (text) => redactUri(`/x/exec?command=sh&command=-c&command=${encodeURIComponent(`echo ${text}`)}`)],
  ['escaped', (text) => redactText(`Mozilla/5.0 (https://a/${encodeURIComponent(text)})`)],
  ['twice escaped', (text) => redactUri(`/x?note=${encodeURIComponent(encodeURIComponent(text))}`)],
  ['as arguments', (text) => redactArgs(/\n|invalid:|Cookie:|'/.test(text) ? [text] : text.split(' '), redactText)],
  ['in an object', (text) => redactObject({ metadata: { annotations: { note: text } } }, undefined)],
  ['in JSON in an object', (text) => redactObject({ status: { note: JSON.stringify({ a: [text] }) } }, undefined)],
  ['in a list', (text) => redactObject({ rows: [{ cells: ['a', text, 3] }] }, undefined)],
  ['in a patch', (text) => redactObject([{ op: 'add', path: '/metadata/annotations/a', value: text }], undefined)],
];

describe.each(CANARIES)('$kind', ({ secret, text }) => {
  it('is a secret of its own', () => {
    expect(secret.length).toBeGreaterThanOrEqual(16);
    expect(formsOf(secret).some((each) => text.includes(each))).toBe(true);
  });

  it.each(PLACES)('is gone %s', (_, seen) => {
    const left = JSON.stringify(seen(text));
    expect(
      formsOf(secret)
        .filter((each) => left.includes(each))
        .map(() => left),
    ).toEqual([]);
    expect(left).toContain('[redacted]');
  });
});

it.each(CANARIES.filter(({ isForm }) => isForm))('$kind is gone where a name stands', ({ secret, text }) => {
  expect(redactName(text)).not.toContain(secret);
  expect(JSON.stringify(redactObject({ metadata: { labels: { [text]: 'a' } } }, undefined))).not.toContain(secret);
});
