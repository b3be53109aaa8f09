import { readFileSync } from 'node:fs'

/** The version of the package, from its `package.json`; the same two folders up in a checkout and in a build. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const value: unknown = JSON.parse(text)
  const isObject = typeof value === 'object' && value !== null && 'version' in value
  return isObject && typeof value.version === 'string' ? value.version : '0.0.0'
}
