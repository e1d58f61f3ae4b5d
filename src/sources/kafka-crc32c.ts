const POLYNOMIAL = 0x82f6_3b78;

/** For each byte what it does to the checksum, when 0 to 3 bytes come behind it. */
const TABLES = [0, 1, 2, 3].map(() => new Int32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  TABLES[0]![byte] = value;
}
for (let byte = 0; byte < 256; byte++) {
  for (let behind = 1; behind < 4; behind++) {
    const value = TABLES[behind - 1]![byte]!;
    TABLES[behind]![byte] = (value >>> 8) ^ TABLES[0]![value & 255]!;
  }
}
const [T0, T1, T2, T3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array];

/** CRC-32C (Castagnoli), which guards Kafka's record batches; unsigned. */
export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = bytes.length & ~3;
  let sum = -1;
  for (let at = 0; at < words; at += 4) {
    sum ^= view.getInt32(at, true);
    sum = T3[sum & 255]! ^ T2[(sum >>> 8) & 255]! ^ T1[(sum >>> 16) & 255]! ^ T0[sum >>> 24]!;
  }
  for (let at = words; at < bytes.length; at++) sum = (sum >>> 8) ^ T0[(sum ^ bytes[at]!) & 255]!;
  return ~sum >>> 0;
}
