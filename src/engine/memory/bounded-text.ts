import { hash } from 'node:crypto';

/** Longer keys and values are kept as their beginning and a hash. */
const LONGEST = 256;
const PREFIX = 192;

/**
 * The text itself up to 256 characters, else its first 192 and its SHA-256: 257 characters, so that no short text can be taken for a
 * long one.
 */
export const boundedText = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, PREFIX)}~${hash('sha256', Buffer.from(text, 'utf16le'))}`;

/** Heap bytes of a string on a 64-bit V8: two bytes a character once one of them lies beyond Latin-1. */
export const bytesOfText = (text: string): number => {
  const narrow = !/[^\0-\xff]/.test(text);
  return 24 + (narrow ? text.length : text.length * 2);
};

/** A copy that shares no memory: a part of a long text would keep all of it. */
export const ownText = (text: string): string => JSON.parse(JSON.stringify(text)) as string;
