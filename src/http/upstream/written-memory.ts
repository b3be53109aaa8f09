/** Below this size it costs more to give memory back than to leave it to the collector. */
const MIN_BYTES = 16_384

/**
 * What to call once a piece of a body is written: it gives the memory back at once. Node takes new memory for each
 * 64 KiB that it reads, and collecting that takes more than half of the time of a large body.
 *
 * Shape: undefined where the piece is small, or is not all there is in its memory: then another piece may be in it.
 * Whoever looks at the piece afterwards finds it empty.
 */
export function giveBack(piece: Buffer): (() => void) | undefined {
  const { buffer } = piece
  if (piece.length < MIN_BYTES || piece.length !== buffer.byteLength || !(buffer instanceof ArrayBuffer))
    return undefined
  return () => {
    if (!buffer.detached) buffer.transfer(0)
  }
}
