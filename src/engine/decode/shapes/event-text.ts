import { JsonView } from '../json-view.ts';
import { cut } from '../raw-text.ts';
import { Scanner } from '../scanner.ts';

/** What goes into an event as it is: longer than any limit of its fields. */
const LONGEST = 16_384;

type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain | undefined };
/** A part of an event to be: plain data, whole JSON as it stands in its bytes, or nothing. */
export type Part = Plain | JsonView | undefined;

/** The text of an event from its parts; those that are undefined are left out. */
export function eventText(parts: readonly (readonly [name: string, part: Part])[]): Buffer {
  const pieces: Buffer[] = [];
  let text = '{';
  for (const [name, part] of parts) {
    if (part === undefined) continue;
    text += `${text === '{' && pieces.length === 0 ? '' : ','}${JSON.stringify(name)}:`;
    if (part instanceof JsonView) {
      pieces.push(Buffer.from(text), part.raw);
      text = '';
    } else text += JSON.stringify(part);
  }
  return Buffer.concat([...pieces, Buffer.from(`${text}}`)]);
}

/** The text of a member, cut; undefined where it is none. */
export function textIn(value: JsonView | undefined, ...path: readonly string[]): string | undefined {
  const text = value?.at(...path)?.text;
  return text === undefined ? undefined : cut(text, LONGEST);
}

/** An object or array that is a member, or whose text is one; undefined for anything else. */
export function bodyIn(value: JsonView, name: string): JsonView | undefined {
  const member = value.at(name);
  return member?.isText === true ? bodyOf(member.text!) : member !== undefined && isBody(member) ? member : undefined;
}

/** What is spliced into an event must be one value, whole: it could end the event and begin another. */
function bodyOf(text: string): JsonView | undefined {
  const bytes = Buffer.from(text);
  const scanner = new Scanner();
  scanner.reset(bytes);
  scanner.lines = false;
  const from = scanner.space(0);
  const to = scanner.value(from);
  if (to < 0 || scanner.space(to) < bytes.length) return undefined;
  const body = new JsonView(bytes, from, to);
  return isBody(body) ? body : undefined;
}

const isBody = (value: JsonView): boolean => value.isObject || value.isArray;
