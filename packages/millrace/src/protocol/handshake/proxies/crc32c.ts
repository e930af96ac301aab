/** The polynomial of Castagnoli, reversed. */
const POLYNOMIAL = 0x82f6_3b78;

/** Makes the CRC-32C of bytes, bit by bit: the few that a header has. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
