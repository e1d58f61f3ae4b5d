import { z } from 'zod';
import { parseBlock, splitObject, type Detector, type Exception, type Micros } from '../model/index.ts';

/** Each is held against every finding. */
const MOST_EXCEPTIONS = 500;
const MOST_ENTRIES = 200;

const PATTERN = 'exact text, or text in which * stands for any characters';

const pattern = z.string().min(1).max(300);
const listOf = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(MOST_ENTRIES).optional();

/** `exceptions` of the configuration: what is known and is not to be told. */
export const exceptionList = (detectors: readonly Detector[]) =>
  z
    .array(exceptionOf(detectors))
    .max(MOST_EXCEPTIONS)
    .superRefine((exceptions, context) => {
      const ids = exceptions.map(({ id }) => id);
      for (const [index, id] of ids.entries())
        if (ids.indexOf(id) < index)
          context.addIssue({ code: 'custom', path: [index, 'id'], message: 'another exception has this id already' });
    })
    .default([])
    .describe(
      'Findings that are known and not to be told: they stay in the store as muted alerts. All scopes of one that are given must match; the first exception that matches mutes.',
    );

const exceptionOf = (detectors: readonly Detector[]) =>
  z
    .strictObject({
      id: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'an id has lower-case letters, digits and dashes, at most 63')
        .describe('A name of its own; muted alerts carry it. What is counted of hits belongs to it.'),
      detectors: listOf(z.enum(detectors.map(({ id }) => id))).describe('Only findings of these detectors.'),
      clusters: listOf(pattern).describe(`Only of these clusters: ${PATTERN}.`),
      namespaces: listOf(pattern).describe(
        `Only where the object is in one of these namespaces: ${PATTERN}. A request across namespaces is in none.`,
      ),
      identities: listOf(z.union([pattern, z.strictObject({ user: pattern, as: pattern })])).describe(
        `Only what these users do: ${PATTERN}. Who acts as another is written { user: …, as: … }, and matched by nothing else.`,
      ),
      objects: listOf(
        pattern.refine((text) => splitObject(text) !== undefined, 'must be a type and a name, such as secrets/db-*'),
      ).describe('Only these objects: type/name such as secrets/db-* or pods/exec/web-*. The name * takes in lists.'),
      sources: listOf(
        z
          .string()
          .refine(
            (text) => parseBlock(text) !== undefined,
            'must be an address or a block such as 10.2.0.0/16 or fd00::/8, with no bit set past its length',
          ),
      ).describe('Only from these addresses or blocks (the last hop; what a client claims counts for nothing).'),
      reason: z.string().min(3).max(500).describe('Why this is fine.'),
      author: z.string().min(1).max(200).describe('Who answers for it.'),
      expires: z
        .string()
        .refine((text) => parseExpiry(text) !== undefined, 'must be a date or a time such as 2027-03-31T18:00:00Z')
        .transform((text) => parseExpiry(text)!)
        .describe('From then on it mutes nothing: a date (its beginning, UTC) or an RFC 3339 time.'),
    })
    .refine(
      ({ detectors, clusters, namespaces, identities, objects, sources }) =>
        [detectors, clusters, namespaces, identities, objects, sources].some((scope) => scope !== undefined),
      'names no scope, and would mute everything: give some of detectors, clusters, namespaces, identities, objects, sources',
    ) satisfies z.ZodType<Exception>;

/** A date, or a time with its offset, in microseconds; undefined for anything else, and for days that no month has. */
function parseExpiry(text: string): Micros | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  if (!match) return undefined;
  const day = new Date(`${match[1]}T00:00:00Z`);
  // Date takes the 30th of February for the 2nd of March.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== match[1]) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time * 1_000;
}
