/**
 * Rewrites the JSON that operators write into settings of one line, with single quotes, as strict JSON.
 *
 * Shape: texts in double quotes stay as they are; in single ones `\'` is a quote. What is not understood stays, and fails
 * when it is parsed.
 */
export function strictJson(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/gsu, (whole, inner: string | undefined) =>
    inner === undefined ? whole : `"${inner.replaceAll(/\\'/g, "'").replaceAll(/(?<!\\)"/g, '\\"')}"`,
  )
}
