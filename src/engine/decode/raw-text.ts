/**
 * The text between the quotes of a validated JSON string, escapes resolved, cut at that many UTF-16 units (never within a
 * surrogate pair). Bytes that are not UTF-8 read as U+FFFD.
 */
export function rawText(bytes: Buffer, ascii: boolean, from: number, to: number, limit: number): string {
  if (to <= from) return '';
  const raw = bytes.toString(ascii ? 'latin1' : 'utf8', from, to);
  return cut(raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw, limit);
}

/** The first units of a text, never ending within a surrogate pair. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}
