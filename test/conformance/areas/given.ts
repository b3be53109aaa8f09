import { decodeXml } from '../../../src/config/decode-xml.ts'
import { addressText, parseJavaAddress } from '../../../src/hadoop/addresses.ts'
import { type ConfigurationResource, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { javaTrim } from '../../../src/hadoop/java-text.ts'
import { type Json, type JsonObject, optionalText } from './area.ts'

/**
 * Properties as a program sets them: over every file, final ones too. Laying them under the files as final properties
 * comes to the same. Names are trimmed, and of two that become the same the later counts.
 */
export function propertiesResource(properties: JsonObject): ConfigurationResource {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(properties)) {
    const text = optionalText(value)
    if (text !== null) texts.set(javaTrim(name), text)
  }
  const place = { file: 'properties', line: 1, column: 1, final: true }
  const entries = [...texts].map(([key, value]) => ({ key, value, ...place }))
  return { file: 'properties', entries, unset: [], problems: [] }
}

/** The text of a file, read as a file would be, so that an encoding that nobody knows is noticed. */
export function xmlResource(text: string, file: string): ConfigurationResource {
  return parseConfigurationXml(decodeXml(Buffer.from(text), file), file, { anyRoot: true })
}

/** The address of a case in the spelling of the engine; a numeric zone stays, because Hadoop prints it. */
export function addressOf(given: Json | undefined): string | null {
  const text = optionalText(given)
  const numeric = text === null ? null : parseJavaAddress(text)
  if (text === null || numeric === null) return text
  const zone = numeric.v6 === null ? '' : (/%\d+/.exec(text)?.[0] ?? '')
  return addressText(numeric) + zone
}
