import { accessSync, constants, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Collected } from '../config/collect.ts'
import type { Settings } from '../config/settings.ts'
import { ConfigError, type Place, type Problem } from '../errors.ts'
import { LOCK_FILE } from './state-lock.ts'

/** Adding to a folder takes both. */
const MAY_ADD = constants.W_OK | constants.X_OK

/** What the system says, in words that tell what to look at. */
const WORDS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'the folder it should be in does not exist'],
  ['ENOTDIR', 'there is a file where a folder should be'],
  ['EEXIST', 'there is a file where a folder should be'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'the user of this process may not write there'],
  ['EPERM', 'the user of this process may not write there'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['ENXIO', 'it is a pipe that nobody reads'],
])

type WritableSetting = 'stateDir' | 'audit.file' | 'audit.rangerFile'

const AUDIT_FILE: Pick<Problem, 'code' | 'hint'> = {
  code: 'audit_file',
  hint: 'name a file in a folder that is there and that the user of this process may write to; `-` is stdout',
}

const SETTINGS: Readonly<Record<WritableSetting, Pick<Problem, 'code' | 'hint'>>> = {
  stateDir: {
    code: 'state_dir',
    hint: 'let `stateDir` be a folder that the user of this process may write to, or could make',
  },
  'audit.file': AUDIT_FILE,
  'audit.rangerFile': AUDIT_FILE,
}

/** What is told where something cannot be written: the setting that names it, why, and what to do. */
export function unwritable(key: WritableSetting, path: string, place: Place, cause: unknown): ConfigError {
  const message = `cannot write to \`${path}\` (${key}): ${whyOf(cause)}`
  const problem: Problem = { ...place, severity: 'error', ...SETTINGS[key], message }
  return new ConfigError('ERR_CONFIG_WRITE', message, { problems: [problem], cause })
}

/**
 * Looks whether a start could write all that it has to, and neither makes nor changes anything.
 *
 * Errors: `ERR_CONFIG_WRITE` with the files of the audit and `stateDir`, as far as they cannot be written.
 */
export function checkWritable({
  stateDir,
  audit,
  placeOf,
}: Pick<Settings, 'stateDir' | 'audit' | 'placeOf'>): void {
  const collected = new Collected()
  const check = (key: WritableSetting, path: string, look: (path: string) => void): unknown =>
    collected.try(() => {
      try {
        look(path)
      } catch (cause) {
        throw unwritable(key, path, placeOf(key), cause)
      }
    })
  check('stateDir', stateDir, checkStateFolder)
  if (audit.file !== null && audit.file !== '-') check('audit.file', audit.file, checkFile)
  if (audit.rangerFile !== null && audit.rangerFile !== '-')
    check('audit.rangerFile', audit.rangerFile, checkFile)
  collected.throwIfAny()
}

function checkStateFolder(stateDir: string): void {
  let folder = stateDir
  while (!exists(folder) && folder !== dirname(folder)) folder = dirname(folder)
  accessSync(`${folder}/.`, MAY_ADD)
  if (folder === stateDir && exists(join(stateDir, LOCK_FILE))) checkFile(join(stateDir, LOCK_FILE))
}

function checkFile(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) accessSync(`${dirname(file)}/.`, MAY_ADD)
  else if (stats.isDirectory()) throw new Error(WORDS.get('EISDIR'))
  else accessSync(file, constants.W_OK)
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

function whyOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const words = WORDS.get(code)
  if (words !== undefined) return `${words} (${String(code)})`
  return error instanceof Error ? error.message : String(error)
}

/** Says where an audit file that could not be opened is named. */
export function auditPlaced<T>(settings: Pick<Settings, 'audit' | 'placeOf'>, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { file, rangerFile } = settings.audit
    const isRanger = error.problems.some((problem) => problem.file === rangerFile)
    const key = isRanger ? 'audit.rangerFile' : 'audit.file'
    throw unwritable(key, (isRanger ? rangerFile : file) ?? '', settings.placeOf(key), error.cause)
  }
}
