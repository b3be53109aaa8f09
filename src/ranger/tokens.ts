import type { MatcherOptions } from './model.ts'

/** The values of the tokens of a request, by name: `USER`, and `OWNER`, `FILENAME`, `BASE_FILENAME` where known. */
export type Tokens = ReadonlyMap<string, string>

/** The characters that make a token, and what stands before its name. */
export interface TokenSyntax {
  readonly start: string
  readonly end: string
  readonly escape: string
  readonly prefix: string
}

/**
 * The way in which tokens are written; null where they are not replaced: switched off, or written so that nobody could
 * tell a token from an escape.
 *
 * Source: org.apache.ranger.plugin.resourcematcher.RangerAbstractResourceMatcher#init (2.9).
 */
export function tokenSyntax(options: MatcherOptions): TokenSyntax | null {
  const { tokenStart: start, tokenEnd: end, tokenEscape: escape, tokenPrefix: prefix } = options
  const isAmbiguous =
    escape === start || escape === end || [start, end, escape].some((mark) => prefix.includes(mark))
  return !options.replaceTokens || isAmbiguous ? null : { start, end, escape, prefix }
}

/** Reports whether a text can change when its tokens are replaced. */
export function hasTokens(text: string, syntax: TokenSyntax | null): boolean {
  if (syntax === null) return false
  return text.includes(syntax.escape) || (text.includes(syntax.start) && text.includes(syntax.end))
}

/**
 * Puts values in place of tokens: `/home/{USER}` becomes `/home/ada`.
 *
 * Shape: `\{` is a brace that starts no token, `\}` one in the name of a token, `\\` a backslash; any other backslash
 * stays. A token without a value, without the prefix or without an end stays as it is written. Without any values the
 * text stays as it is, escapes too.
 * Source: org.apache.ranger.plugin.util.StringTokenReplacer (2.9).
 */
function replaceTokens(text: string, syntax: TokenSyntax, tokens: Tokens): string {
  if (tokens.size === 0) return text
  let replaced = ''
  let name: string | null = null
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at] ?? ''
    if (mark === syntax.escape) {
      at += 1
      const unit = unescaped(text[at] ?? '', syntax, name === null ? syntax.start : syntax.end)
      if (name === null) replaced += unit
      else name += unit
    } else if (name === null) {
      if (mark === syntax.start) name = ''
      else replaced += mark
    } else if (mark === syntax.end) {
      replaced += valueOf(name, syntax, tokens)
      name = null
    } else name += mark
  }
  return name === null ? replaced : replaced + syntax.start + name
}

/** What an escape and the unit after it, possibly none, stand for. */
const unescaped = (unit: string, { escape }: TokenSyntax, delimiter: string): string =>
  unit === escape || unit === delimiter ? unit : escape + unit

function valueOf(name: string, syntax: TokenSyntax, tokens: Tokens): string {
  const value = name.startsWith(syntax.prefix) ? tokens.get(name.slice(syntax.prefix.length)) : undefined
  return value ?? syntax.start + name + syntax.end
}

/**
 * Compiles a text once where its tokens cannot change it, when it is first wanted, and for each request where they can.
 *
 * Shape: what comes back gives what `compile` made of the text after replacement.
 */
export function compileText<Compiled>(
  text: string,
  syntax: TokenSyntax | null,
  compile: (text: string) => Compiled,
): (tokens: Tokens) => Compiled {
  if (syntax !== null && hasTokens(text, syntax)) {
    return (tokens) => compile(replaceTokens(text, syntax, tokens))
  }
  let compiled: Compiled | null = null
  return () => (compiled ??= compile(text))
}
