import { createHash } from 'node:crypto'

const BYTES_PER_CRC = 512
/** Castagnoli's polynomial, reversed. */
const POLYNOMIAL = 0x82_f6_3b_78

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
  return value
})

function crc32c(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}

const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest()

/**
 * The checksum of a file as HDFS has it: an MD5 over the MD5s of all blocks, each over the CRC32C of every 512 bytes.
 *
 * Shape: the outer MD5 covers the buffer in which Java collected the inner ones, with the zeros behind them; the
 * buffer has 32 bytes and doubles when it is full.
 * Source: org.apache.hadoop.hdfs.FileChecksumHelper, org.apache.hadoop.fs.MD5MD5CRC32FileChecksum.
 */
export function fileChecksum(content: Buffer, blockSize: number): object {
  const blocks: Buffer[] = []
  for (let at = 0; at < content.length; at += blockSize)
    blocks.push(blockChecksum(content.subarray(at, at + blockSize)))
  let size = 32
  while (size < blocks.length * 16) size *= 2
  const collected = Buffer.alloc(size)
  collected.set(Buffer.concat(blocks))
  const crcPerBlock = blocks.length > 1 ? Math.ceil(blockSize / BYTES_PER_CRC) : 0
  const head = Buffer.alloc(12)
  head.writeUInt32BE(blocks.length === 0 ? 0 : BYTES_PER_CRC, 0)
  head.writeBigUInt64BE(BigInt(crcPerBlock), 4)
  const algorithm =
    blocks.length === 0 ? 'MD5-of-0MD5-of-0CRC32' : `MD5-of-${crcPerBlock}MD5-of-${BYTES_PER_CRC}CRC32C`
  const bytes = Buffer.concat([head, md5(collected)]).toString('hex')
  return { FileChecksum: { algorithm, bytes, length: 28 } }
}

function blockChecksum(block: Buffer): Buffer {
  const sums = Buffer.alloc(Math.ceil(block.length / BYTES_PER_CRC) * 4)
  for (let index = 0; index * 4 < sums.length; index += 1) {
    const at = index * BYTES_PER_CRC
    sums.writeUInt32BE(crc32c(block.subarray(at, at + BYTES_PER_CRC)), index * 4)
  }
  return md5(sums)
}
