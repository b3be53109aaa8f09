import { RE2JS } from 're2js'
import { replaceGroups } from './java-replacement.ts'

/** Line ends of Java's `.` and `$`; JavaScript and RE2 know fewer. */
const LINE_ENDS = String.raw`\n\r\x{85}\x{2028}\x{2029}`
const ENDS_LINE = /[\n\r\u0085\u2028\u2029]$/
const HAS_NON_ASCII = /[^\0-\x7f]/

const SETS: Readonly<Record<string, string>> = {
  d: '0-9',
  D: String.raw`\x{0}-/:-\x{10ffff}`,
  w: '0-9A-Z_a-z',
  W: String.raw`\x{0}-/:-@\x{5b}-\x{5e}\x{60}\x{7b}-\x{10ffff}`,
  s: String.raw`\x{9}-\x{d}\x{20}`,
  S: String.raw`\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{10ffff}`,
}
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

/** An expression of Java's that a linear-time engine cannot run, or that Java itself refuses. */
export class JavaRegexError extends Error {}

/** What a translated expression means only on some texts: there, a guess would be needed. */
interface Hazards {
  lineEnds: boolean
  nonAscii: boolean
}

/**
 * A regular expression of Java, run in linear time.
 *
 * Shape: the common part of both languages, translated so that it means what it means in Java: `.` stops at Java's
 * line ends, `\s` holds Java's whitespace. Look-around, back-references, possessive quantifiers, inline flags,
 * `\p{…}` and class arithmetic are refused rather than guessed at (D-16).
 * Errors: `JavaRegexError`.
 * Source: java.util.regex.Pattern.
 */
export class JavaRegex {
  readonly #compiled: RE2JS
  readonly #names: ReadonlyMap<string, number>
  readonly #hazards: Hazards

  constructor(text: string) {
    const translator = new Translator(text)
    const source = translator.translate()
    try {
      this.#compiled = RE2JS.compile(source)
    } catch (cause) {
      throw new JavaRegexError(`\`${text}\` is not a regular expression that can be used`, { cause })
    }
    this.#names = translator.names
    this.#hazards = translator.hazards
  }

  /**
   * Whether `$` or `\b` could mean something else here than in Java: `$` before a final line end, `\b` beside letters
   * that are not ASCII. Such texts have to be refused.
   */
  isUnsure(text: string): boolean {
    return (
      (this.#hazards.lineEnds && ENDS_LINE.test(text)) || (this.#hazards.nonAscii && HAS_NON_ASCII.test(text))
    )
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    return this.#compiled.matches(text)
  }

  /**
   * Replaces the first match, or all of them, wherever they are.
   *
   * Errors: `JavaReplacementError` for a faulty `replacement`, and only where something matches, as in Java.
   */
  replace(text: string, replacement: string, all: boolean): string {
    const matcher = this.#compiled.matcher(text)
    let result = ''
    let copied = 0
    let from = 0
    while (from <= text.length && matcher.find(from)) {
      const group = (index: number): string => matcher.group(index) ?? ''
      result += text.slice(copied, matcher.start())
      result += replaceGroups(replacement, group, matcher.groupCount(), this.#names)
      copied = matcher.end()
      from = copied === matcher.start() ? copied + 1 : copied
      if (!all) break
    }
    return result + text.slice(copied)
  }
}

/** A translated piece: whether a quantifier may follow, whether it can match nothing, and whether it never does else. */
interface Piece {
  readonly source: string
  readonly quantifiable: boolean
  readonly blank: boolean
  readonly anchor?: true
}

/** The alternatives of an open group: whether the current one, or an earlier one, can match nothing. */
interface Alternatives {
  blank: boolean
  anyBlank: boolean
}

const one = (source: string): Piece => ({ source, quantifiable: true, blank: false })
const anchor = (source: string): Piece => ({ source, quantifiable: true, blank: true, anchor: true })
const syntax = (source: string): Piece => ({ source, quantifiable: false, blank: true })
const NOTHING = syntax('')

/** Walks the expression once and writes it in RE2's language, every literal as a number. */
class Translator {
  readonly names = new Map<string, number>()
  readonly hazards: Hazards = { lineEnds: false, nonAscii: false }
  readonly #text: string
  #at = 0
  #groups = 0
  readonly #open: Alternatives[] = [{ blank: true, anyBlank: false }]

  constructor(text: string) {
    this.#text = text
  }

  translate(): string {
    let source = ''
    let last = NOTHING
    while (this.#at < this.#text.length) {
      const quantifier = this.#take(/[*+?]|\{\d+(?:,\d*)?\}/y)
      if (quantifier === null) {
        this.#consume(last)
        last = this.#piece()
        source += last.source
      } else {
        source += this.#quantifier(quantifier, last)
        this.#consume({ ...last, blank: last.blank || /^(?:[*?]|\{0)/.test(quantifier) })
        last = NOTHING
      }
    }
    return source
  }

  /** Adds a piece to the alternative it stands in: only pieces that may be empty leave it possibly empty. */
  #consume({ blank }: Piece): void {
    const alternatives = this.#open.at(-1)
    if (alternatives !== undefined) alternatives.blank &&= blank
  }

  #quantifier(quantifier: string, { quantifiable, blank, anchor: isAnchor }: Piece): string {
    if (!quantifiable) this.#refuse('a quantifier without anything to repeat')
    const once = quantifier === '?' || /^\{[01](?:,1)?\}$/.test(quantifier)
    // What a group holds after a round that took nothing is where the two languages differ.
    if (blank && !once && isAnchor !== true) this.#refuse('a repetition of something that may be empty')
    const lazy = this.#take(/\?/y) ?? ''
    if (this.#text[this.#at] === '+') this.#refuse('a possessive quantifier')
    return quantifier + lazy
  }

  #piece(): Piece {
    const char = this.#take(/[\s\S]/uy) ?? ''
    if (char === '\\') return this.#escapeOutside()
    if (char === '[') return one(this.#class())
    if (char === '.') return one(`[^${LINE_ENDS}]`)
    if (char === '(') return syntax(this.#group())
    if (char === ')') return this.#closeGroup()
    if (char === '|') return this.#alternative()
    if (char === '^') return anchor(char)
    if (char === '$') return this.#endOfText()
    if (char === '{') return this.#refuse('a brace that is no repetition')
    return one(literal(char))
  }

  #alternative(): Piece {
    const alternatives = this.#open.at(-1)
    if (alternatives !== undefined) {
      alternatives.anyBlank ||= alternatives.blank
      alternatives.blank = true
    }
    return syntax('|')
  }

  #closeGroup(): Piece {
    const closed = this.#open.pop()
    if (closed === undefined || this.#open.length === 0) return this.#refuse('a parenthesis too many')
    return { source: ')', quantifiable: true, blank: closed.blank || closed.anyBlank }
  }

  #endOfText(): Piece {
    this.hazards.lineEnds = true
    return anchor(String.raw`\z`)
  }

  #group(): string {
    this.#open.push({ blank: true, anyBlank: false })
    if (this.#take(/\?:/y) !== null) return '(?:'
    const name = this.#take(/\?<[A-Za-z][A-Za-z0-9]*>/y)
    if (name === null && this.#text[this.#at] === '?') this.#refuse('look-around or an inline flag')
    this.#groups += 1
    if (name !== null) {
      if (this.names.has(name.slice(2, -1))) this.#refuse('a group name twice')
      this.names.set(name.slice(2, -1), this.#groups)
    }
    return '('
  }

  #escapeOutside(): Piece {
    const kind = this.#take(/[bBAzZ]/y)
    if (kind === 'Z') return this.#endOfText()
    if (kind !== null) {
      if (kind === 'b' || kind === 'B') this.hazards.nonAscii = true
      return anchor(`\\${kind}`)
    }
    if (this.#take(/Q/y) !== null) return this.#quoted()
    const set = this.#set()
    return one(set === null ? numbered(this.#escaped()) : `[${set}]`)
  }

  #quoted(): Piece {
    const quoted = this.#take(/[\s\S]*?(?=\\E)|[\s\S]*/y) ?? ''
    this.#take(/\\E/y)
    return quoted === '' ? NOTHING : one(Array.from(quoted, literal).join(''))
  }

  #class(): string {
    const negated = this.#take(/\^/y) ?? ''
    if (this.#text[this.#at] === ']') this.#refuse('a class that begins with `]`')
    let source = ''
    while (this.#take(/\]/y) === null) {
      if (this.#at >= this.#text.length) this.#refuse('a class without an end')
      source += this.#classItem()
    }
    return `[${negated}${source}]`
  }

  #classItem(): string {
    if (this.#take(/&&/y) !== null) this.#refuse('an intersection of classes')
    const set = this.#text[this.#at] === '\\' ? this.#setInClass() : null
    if (set !== null) return set
    const low = this.#classChar()
    if (this.#take(/-(?!\])/y) === null) return numbered(low)
    const high = this.#classChar()
    if (high < low) this.#refuse('a range that runs backwards')
    return `${numbered(low)}-${numbered(high)}`
  }

  #setInClass(): string | null {
    this.#at += 1
    const set = this.#set()
    if (set === null) this.#at -= 1
    return set
  }

  #classChar(): number {
    const char = this.#take(/[\s\S]/uy) ?? this.#refuse('a class without an end')
    if (char === '[') this.#refuse('a class inside a class')
    return char === '\\' ? this.#escaped() : (char.codePointAt(0) ?? 0)
  }

  #set(): string | null {
    const name = this.#take(/[dDwWsS]/y)
    return name === null ? null : (SETS[name] ?? null)
  }

  /** The one character that an escape stands for, backslash already taken. */
  #escaped(): number {
    const control = this.#take(/[tnrfae]/y)
    if (control !== null) return CONTROLS[control] ?? 0
    const hex = this.#take(/x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}/y)
    if (hex !== null) return this.#checked(Number.parseInt(hex.replace(/[xu{}]/g, ''), 16))
    const octal = this.#take(/0(?:[0-3][0-7]{2}|[0-7]{1,2})/y)
    if (octal !== null) return Number.parseInt(octal, 8)
    const letter = this.#take(/c[\s\S]/y)
    if (letter !== null) return letter.charCodeAt(1) ^ 64
    const char = this.#take(/[^A-Za-z0-9]/uy) ?? this.#refuse('an escape that is not available')
    return char.codePointAt(0) ?? 0
  }

  #checked(code: number): number {
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) this.#refuse('half a character')
    return code
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    this.#at += found?.length ?? 0
    return found
  }

  #refuse(what: string): never {
    throw new JavaRegexError(`\`${this.#text}\` has ${what}`)
  }
}

const numbered = (code: number): string => `\\x{${code.toString(16)}}`
const literal = (char: string): string => numbered(char.codePointAt(0) ?? 0)
