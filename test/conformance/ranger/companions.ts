import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Json, type JsonObject, objectOf, optionalText } from '../areas/area.ts'
import { objectsOf } from './checked.ts'

const OWN_DEFINITIONS = resolve(import.meta.dirname, '../cases/servicedefs.json')
const OWN_INDEX = resolve(import.meta.dirname, 'INDEX.json')

/** Tests of Ranger's fixtures that are left out, by `tests/<index>` or `updatedTests/<index>`, and why. */
export type Skips = ReadonlyMap<string, { readonly name: string; readonly why: string }>

/** The service definition of a name, from the `servicedefs.json` that is nearest to a file. */
export function definitionNear(file: string, name: string): JsonObject {
  const document = readNearest(file, 'servicedefs.json', OWN_DEFINITIONS)
  return objectOf(objectOf(document['serviceDefs'])[name])
}

/** What the `INDEX.json` that is nearest to a fixture says about it. */
export function skipsNear(file: string): Skips {
  const files = Object.entries(objectOf(readNearest(file, 'INDEX.json', OWN_INDEX)['files'] ?? {}))
  const [, entry = null] = files.find(([path]) => basename(path) === basename(file)) ?? []
  const skips = entry === null ? [] : objectsOf(objectOf(entry)['skip'])
  return new Map(
    skips.map((skip) => {
      const text = (key: string): string => optionalText(skip[key]) ?? ''
      return [text('test'), { name: text('name'), why: text('why') }]
    }),
  )
}

function readNearest(file: string, name: string, own: string): JsonObject {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const path = join(folder, name)
    if (existsSync(path)) return objectOf(JSON.parse(readFileSync(path, 'utf8')) as Json)
    if (folder === dirname(folder)) return objectOf(JSON.parse(readFileSync(own, 'utf8')) as Json)
  }
}
