import type { User } from '../../model/index.ts';
import type { Annotations } from './annotation-scanner.ts';
import { NAME } from './interner.ts';
import { cut } from './raw-text.ts';
import { cutRedacted, redactName, redactText } from './redact.ts';
import { isLastApplied, isSecretName, REDACTED } from './secret-names.ts';

/** Longest value of an annotation, in characters. */
const ANNOTATION = 4_096;

type Members = Readonly<Record<string, unknown>>;

/** A user from its JSON, redacted. Members of other types than they should be count as absent. */
export function readUser(json: string): User {
  const raw = JSON.parse(json) as Members;
  return {
    name: nameOf(textOf(own(raw, 'username'))),
    uid: nameOf(textOf(own(raw, 'uid'))),
    groups: stringsOf(own(raw, 'groups')),
    extra: new Map(
      Object.entries(objectOf(own(raw, 'extra'))).map(([name, each]) => [
        nameOf(name),
        stringsOf(each, isSecretName(name) ? hide : valueOf),
      ]),
    ),
  };
}

/** The strings of a JSON array, others left out; redacted as names are. */
export const readStrings = (json: string): readonly string[] => stringsOf(JSON.parse(json));

/** Annotations from their JSON, values redacted. */
export function readAnnotations(json: string): Annotations {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(JSON.parse(json) as Members))
    if (typeof value === 'string')
      values.set(
        nameOf(name),
        isLastApplied(name) ? REDACTED : cutRedacted(redactText(cut(value, 2 * ANNOTATION)), ANNOTATION),
      );
  return values;
}

const own = (members: Members, name: string): unknown => (Object.hasOwn(members, name) ? members[name] : undefined);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const objectOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};

const stringsOf = (value: unknown, read: (text: string) => string = nameOf): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string').map(read) : [];

/** What must stay as it is, however it sounds ("system:serviceaccount:secret-store:reader"), unless it is a credential itself. */
const nameOf = (text: string): string => cutRedacted(redactName(cut(text, 2 * NAME)), NAME, redactName);

const valueOf = (text: string): string => cutRedacted(redactText(cut(text, 2 * NAME)), NAME);

const hide = (text: string): string => (text === '' ? '' : REDACTED);
