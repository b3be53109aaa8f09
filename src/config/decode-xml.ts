import { ConfigError } from '../errors.ts'
import { fileProblem } from './collect.ts'

/**
 * The text of an XML file in the encoding that its first line or its byte order mark names, else UTF-8.
 *
 * Errors: `ERR_POLICY_XML` where the encoding is unknown or the bytes are not in it.
 */
export function decodeXml(bytes: Buffer, file: string): string {
  const label = labelOf(bytes)
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause
    const message = `\`${file}\` is not text in the encoding \`${label}\``
    const problem = fileProblem(
      file,
      'error',
      'encoding',
      message,
      'save it as UTF-8, and say so in its first line',
    )
    throw new ConfigError('ERR_POLICY_XML', message, { problems: [problem], cause })
  }
}

function labelOf(bytes: Buffer): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  const head = bytes.subarray(0, 128).toString('latin1')
  return /^<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1] ?? 'utf-8'
}
