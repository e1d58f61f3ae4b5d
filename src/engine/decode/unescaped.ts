const BACKSLASH = 92;
const UNICODE = 117;
/** By the letter behind the backslash the byte that is meant. */
const PLAIN = new Uint8Array(256);
for (const [letter, byte] of [
  ['"', 34],
  ['\\', 92],
  ['/', 47],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
] as const)
  PLAIN[letter.charCodeAt(0)] = byte;

/** Texts up to this length share room. */
const SHARED = 16 * 1024;
const ROOM = 256 * 1024;
const SLASHES = 0x5c5c5c5c;
const ONES = 0x01010101;
const TOPS = 0x80808080 | 0;

let room = Buffer.allocUnsafeSlow(ROOM);
let view = new DataView(room.buffer);
let taken = 0;

/** The bytes of a JSON string that was checked, without its quotes, as UTF-8: half of a surrogate pair becomes U+FFFD. */
export function unescaped(bytes: Buffer, source: DataView, from: number, to: number): Buffer {
  const length = to - from;
  // No escape is shorter than what it stands for.
  if (length > SHARED) {
    const target = Buffer.allocUnsafeSlow(length);
    return target.subarray(0, write(bytes, source, from, to, target, new DataView(target.buffer), 0));
  }
  if (taken + length > ROOM) {
    room = Buffer.allocUnsafeSlow(ROOM);
    view = new DataView(room.buffer);
    taken = 0;
  }
  const start = taken;
  taken = write(bytes, source, from, to, room, view, start);
  return room.subarray(start, taken);
}

/** Writes from `end` on, and tells where that ended. */
function write(
  bytes: Buffer,
  source: DataView,
  from: number,
  to: number,
  target: Buffer,
  into: DataView,
  end: number,
): number {
  for (let at = from; at < to;) {
    while (at + 4 <= to) {
      const word = source.getInt32(at, true);
      const slash = word ^ SLASHES;
      if (((slash - ONES) & ~slash & TOPS) !== 0) break;
      into.setInt32(end, word, true);
      at += 4;
      end += 4;
    }
    while (at < to && bytes[at] !== BACKSLASH) target[end++] = bytes[at++]!;
    if (at >= to) break;
    const letter = bytes[at + 1]!;
    if (letter !== UNICODE) {
      target[end++] = PLAIN[letter]!;
      at += 2;
      continue;
    }
    // A run of such escapes is read at once: two of them may be one character.
    let behind = at + 6;
    while (bytes[behind] === BACKSLASH && bytes[behind + 1] === UNICODE && behind + 6 <= to) behind += 6;
    end += target.write(JSON.parse(`"${bytes.toString('latin1', at, behind)}"`) as string, end, 'utf8');
    at = behind;
  }
  return end;
}
