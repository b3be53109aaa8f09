import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import { ConfigError, type Problem } from '../errors.ts'
import { javaTrim } from './java-text.ts'

const MAX_DEPTH = 32
const MAX_INCLUDE_DEPTH = 4
const MAX_INCLUDES = 64

/**
 * One property as a file has it.
 *
 * Shape: `value` is raw: not trimmed, `${…}` not expanded. `line` and `column` count from 1 and point at the value.
 */
export interface ConfigurationEntry {
  readonly key: string
  readonly value: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly final: boolean
}

/**
 * A property without a value (`<value/>`, only a comment, none at all): the key stays unset, and where it is final
 * nobody may set it any more. `after` tells how many entries of the resource stand before it.
 */
export interface UnsetProperty extends Omit<ConfigurationEntry, 'value'> {
  readonly after: number
}

/** One file, read. Entries are in order, repeated keys included; included files stand where they were included. */
export interface ConfigurationResource {
  readonly file: string
  readonly entries: readonly ConfigurationEntry[]
  readonly unset: readonly UnsetProperty[]
  readonly problems: readonly Problem[]
}

/**
 * What a reader may do.
 *
 * Shape: `include` gives the text of a file named by `xi:include` in `fromFile`, null where there is none; without
 * it includes are errors (D-10). `anyRoot` takes every root element, as Hadoop does (D-1). `maxDepth` counts nested
 * elements.
 */
export interface XmlOptions {
  readonly maxDepth?: number
  readonly include?: (href: string, fromFile: string) => string | null
  readonly anyRoot?: boolean
}

/**
 * Reads a Hadoop configuration file.
 *
 * Shape: `problems` are warnings of `final` that is neither `true` nor `false`. Elements count by local name wherever they stand, as in Hadoop: the last `name`, `value` and `final` of a
 * `property` win, over its attributes too. Names are trimmed in element form only, values never.
 * Errors: `ERR_POLICY_XML` with file, line and column: not well-formed, a DOCTYPE, another root than
 * `configuration`, nested too deeply, an include that is not followed.
 * Source: org.apache.hadoop.conf.Configuration.Parser (3.4).
 */
export function parseConfigurationXml(
  text: string,
  file: string,
  options: XmlOptions = {},
): ConfigurationResource {
  const collected: Collected = { entries: [], unset: [], problems: [], includes: 0 }
  new Reader(file, options, collected, 0).read(text)
  return { file, entries: collected.entries, unset: collected.unset, problems: collected.problems }
}

interface Collected {
  readonly entries: ConfigurationEntry[]
  readonly unset: UnsetProperty[]
  readonly problems: Problem[]
  includes: number
}

interface Property {
  key: string | null
  value: string | null
  final: string | null
  line: number
  column: number
}

/** Hadoop's own state machine over the events of one file: text collects from the last `name`, `value` or `final`. */
class Reader {
  readonly #file: string
  readonly #options: XmlOptions
  readonly #collected: Collected
  readonly #includeDepth: number
  readonly #parser: SaxesParser<{ xmlns: true; position: true }>
  #depth = 0
  #token = ''
  #tokenPlace = { line: 1, column: 1 }
  #property: Property = { key: null, value: null, final: null, line: 1, column: 1 }
  /** Behind its end a property is no longer to blame, but Hadoop goes on filling it. */
  #isPropertyOpen = false
  #fallbackAllowed = false
  #fallbackEntered = false

  constructor(file: string, options: XmlOptions, collected: Collected, includeDepth: number) {
    this.#file = file
    this.#options = options
    this.#collected = collected
    this.#includeDepth = includeDepth
    this.#parser = new SaxesParser({ xmlns: true, position: true })
  }

  read(text: string): void {
    const parser = this.#parser
    parser.on('error', (error) => this.#fail('malformed', bareMessage(error), 'mend the file here'))
    parser.on('doctype', () => {
      this.#fail('doctype', 'the file has a DOCTYPE', 'remove it; entities are never expanded')
    })
    parser.on('processinginstruction', ({ body }) => {
      // The parser lets `<?target?…?>` pass, which is not XML.
      if (body.startsWith('?')) this.#fail('malformed', 'a processing instruction is unclear', 'remove it')
    })
    parser.on('opentag', ({ local, attributes }) => this.#open(local, attributes))
    parser.on('text', (piece) => (this.#token += piece))
    parser.on('cdata', (piece) => (this.#token += piece))
    parser.on('closetag', ({ local }) => this.#close(local))
    parser.write(text).close()
  }

  #open(name: string, attributes: Record<string, SaxesAttributeNS>): void {
    this.#depth += 1
    const root = this.#depth === 1
    if (root && name !== 'configuration' && this.#options.anyRoot !== true)
      this.#fail(
        'wrong_root',
        `the root element is \`${name}\``,
        'the root element has to be `configuration`',
      )
    if (this.#depth > (this.#options.maxDepth ?? MAX_DEPTH))
      this.#fail('too_deep', 'elements are nested too deeply', 'properties stand directly in `configuration`')
    if (name === 'property') this.#openProperty(attributes)
    else if (name === 'include') this.#include(attributes)
    else if (name === 'fallback') this.#fallbackEntered = true
    else if (name === 'name' || name === 'value' || name === 'final' || name === 'source' || name === 'tag') {
      this.#token = ''
      this.#tokenPlace = this.#place()
    }
  }

  #openProperty(attributes: Record<string, SaxesAttributeNS>): void {
    const read = (name: string): string | null =>
      Object.values(attributes).findLast((attribute) => attribute.local === name)?.value ?? null
    this.#isPropertyOpen = true
    this.#property = {
      key: read('name'),
      value: read('value'),
      final: read('final'),
      ...this.#place(),
    }
  }

  #close(name: string): void {
    this.#depth -= 1
    const property = this.#property
    if (name === 'name' && this.#token !== '') property.key = javaTrim(this.#token)
    else if (name === 'value' && this.#token !== '') {
      property.value = this.#token
      Object.assign(property, this.#tokenPlace)
    } else if (name === 'final') property.final = this.#token
    else if (name === 'property') this.#closeProperty(property)
    else if (name === 'include') this.#closeInclude()
  }

  #closeProperty({ key, value, ...rest }: Property): void {
    this.#isPropertyOpen = false
    if (key === null || (!this.#fallbackAllowed && this.#fallbackEntered)) return
    const { entries, unset } = this.#collected
    const place = { key, file: this.#file, line: rest.line, column: rest.column }
    const common = { ...place, final: rest.final === 'true' }
    if (rest.final !== null && !/^(?:true|false|)$/.test(rest.final))
      this.#collected.problems.push({
        ...place,
        severity: 'warning',
        code: 'final_value',
        message: `\`${key}\` is not final: its \`final\` is \`${rest.final}\`, and only \`true\` counts`,
        hint: 'write `<final>true</final>`, or remove it',
      })
    if (value === null) unset.push({ ...common, after: entries.length })
    else entries.push({ ...common, value })
  }

  #include(attributes: Record<string, SaxesAttributeNS>): void {
    const href = Object.values(attributes).find((attribute) => attribute.local === 'href')?.value
    if (href === undefined) return
    const shown = `\`xi:include\` of \`${href}\``
    const follow = this.#options.include
    if (follow === undefined)
      this.#fail('include', `${shown} is not followed`, 'copy the properties, or set `hadoop.xinclude`')
    else if (!staysInside(href))
      this.#fail(
        'include',
        `${shown} leaves the folder`,
        'name a file in the same folder, by a relative path',
      )
    else if (this.#includeDepth >= MAX_INCLUDE_DEPTH || this.#collected.includes >= MAX_INCLUDES)
      this.#fail('include', `${shown} goes too deep`, 'files may include files four levels deep')
    else {
      const text = follow(href, this.#file)
      this.#collected.includes += 1
      this.#fallbackAllowed = text === null
      if (text === null) return
      const file = this.#file.slice(0, this.#file.lastIndexOf('/') + 1) + href
      new Reader(file, this.#options, this.#collected, this.#includeDepth + 1).read(text)
    }
  }

  #closeInclude(): void {
    if (this.#fallbackAllowed && !this.#fallbackEntered)
      this.#fail('include', 'an included file is missing', 'add the file or an `xi:fallback`')
    this.#fallbackAllowed = false
    this.#fallbackEntered = false
  }

  #place(): { line: number; column: number } {
    return { line: this.#parser.line, column: this.#parser.columnIndex + 1 }
  }

  #fail(code: string, message: string, hint: string): never {
    const { line, column } = this.#place()
    const key = this.#isPropertyOpen ? this.#property.key : null
    const text = `${this.#file}:${line}:${column}: ${message}`
    throw new ConfigError('ERR_POLICY_XML', text, {
      file: this.#file,
      problems: [{ file: this.#file, line, column, key, severity: 'error', code, message, hint }],
    })
  }
}

/** A relative path without a scheme, a drive, a way up or an empty name. */
const staysInside = (href: string): boolean =>
  href !== '' && !/^[/\\]|^[A-Za-z][A-Za-z0-9+.-]*:|\\|[?#%]|(?:^|\/)\.\.(?:\/|$)/.test(href)

/** The parser's own text without its leading file and place, which the problem carries apart. */
const bareMessage = (error: Error): string =>
  error.message.replace(/^(?:[^:]*:)?\d+:\d+: /, '').replace(/\.$/, '')
