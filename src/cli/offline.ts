import { statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { LivePermissions } from '../app/live-permissions.ts'
import { fileProblem } from '../config/collect.ts'
import { type ComponentGate, type GateSettings, gatesOf } from '../config/gates.ts'
import { Inputs } from '../config/inputs.ts'
import { HostNames, systemLookup } from '../config/host-names.ts'
import { type LoadedHadoop, loadHadoop, offlineSource } from '../config/load-hadoop.ts'
import type { HadoopSource } from '../config/compile-hadoop.ts'
import { DEFAULT_SETTINGS_FILE, loadSettings, type Settings } from '../config/settings.ts'
import { createSnapshot, type Snapshot } from '../decision/snapshot.ts'
import { ConfigError } from '../errors.ts'
import { createGroupService } from '../identity/group-service.ts'
import { type GroupSettings, readGroupMapping } from '../identity/groups/settings.ts'
import { nameNodesIn } from '../hadoop/hdfs-addresses.ts'
import { parityOf } from '../policy/divergences.ts'
import type { CustomRoute } from '../routes/table.ts'
import { UsageError } from './command.ts'
import type { Flags, FlagSpec } from './flags.ts'
import { CONFIG_FLAG } from './settings-file.ts'

/** Flags that say which files a command works on. */
export const SOURCE_FLAGS: FlagSpec = {
  ...CONFIG_FLAG,
  'hadoop-conf': { value: 'DIR', help: "folder of Hadoop's files, without any settings" },
  parity: { value: null, help: 'decide as Hadoop does, divergences switched off' },
}

/**
 * Hadoop's files and what the settings add to them.
 *
 * Shape: `groups`, `customRoutes` and `gates` are empty without settings, `settings` null.
 */
export interface Source {
  readonly hadoop: HadoopSource
  readonly groups: GroupSettings
  readonly customRoutes: readonly CustomRoute[]
  readonly gates: GateSettings
  readonly settings: Settings | null
}

/**
 * Finds what to read: `file` (a policy file) or `--hadoop-conf` alone, else the settings of `--config`, else those of
 * the default file, else the folder in `HADOOP_CONF_DIR`.
 *
 * Errors: `UsageError` where they contradict each other; `ConfigError` for settings that cannot be used and for a
 * folder that is not there.
 */
export function sourceOf(
  flags: Flags,
  environment: ReadonlyMap<string, string>,
  file: string | null = null,
): Source {
  const named = [file, flags.text('hadoop-conf'), flags.text('config')].filter((text) => text)
  if (named.length > 1) throw new UsageError('give one of `--config`, `--hadoop-conf` and a file')
  const parity = flags.has('parity') ? 'all' : null
  if (file !== null) return offline(dirname(resolve(file)), parity, basename(file))
  const folder = flags.text('hadoop-conf') ?? folderOfEnvironment(flags, environment)
  if (folder !== null) return offline(resolve(folder), parity)
  const settings = loadSettings(flags.text('config') ?? DEFAULT_SETTINGS_FILE, environment)
  return {
    hadoop: parity === null ? settings : { ...settings, parity },
    groups: settings.groups,
    customRoutes: settings.services.flatMap(({ kind, routes }) => (kind === 'custom' ? routes : [])),
    gates: settings,
    settings,
  }
}

function folderOfEnvironment(flags: Flags, environment: ReadonlyMap<string, string>): string | null {
  const folder = environment.get('HADOOP_CONF_DIR') ?? ''
  if (folder === '' || flags.has('config') || exists(DEFAULT_SETTINGS_FILE)) return null
  return folder
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

const NO_GATES: GateSettings = { services: [], identity: { delegationParameter: 'refuse' } }

function offline(folder: string, parity: 'all' | null, policyFile?: string): Source {
  checkFolder(folder)
  const source = offlineSource(folder, policyFile)
  return {
    hadoop: parity === null ? source : { ...source, parity },
    groups: {},
    customRoutes: [],
    gates: NO_GATES,
    settings: null,
  }
}

function checkFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) return
  const what = stats === undefined ? 'does not exist' : 'is not a folder'
  const hint = "name the folder of Hadoop's files"
  const problem = fileProblem(folder, 'error', 'not_a_folder', what, hint)
  throw new ConfigError('ERR_CONFIG_READ', `\`${folder}\` ${what}`, { problems: [problem] })
}

/** Files that were loaded for questions, who knows the groups of users, and what listeners refuse by themselves. */
export interface Loaded {
  readonly hadoop: LoadedHadoop
  readonly snapshot: Snapshot
  readonly gates: readonly ComponentGate[]
  readonly nameNodes: ReadonlySet<string>
  readonly groupsOf: (user: string) => readonly string[] | null | Promise<readonly string[] | null>
}

const CACHE_MAX = 50_000

/**
 * Loads the files of a source. Ranger's policies are those of its files, or what was downloaded last: Ranger Admin is not
 * asked.
 *
 * Errors: `ConfigError` with every problem. `groupsOf` throws one for a group provider that this version lacks, which
 * does not matter as long as every question brings its groups.
 */
export async function load(source: Source, environment: ReadonlyMap<string, string>): Promise<Loaded> {
  const { settings } = source
  const permissions =
    settings === null
      ? null
      : await new LivePermissions({ asksAdmin: false }).load(settings, new Inputs(), null)
  const hadoop = await loadHadoop(source.hadoop, new HostNames(systemLookup), environment)
  const skipFailed = parityOf(source.hadoop.parity).has('D-4')
  let groups: ReturnType<typeof createGroupService> | null = null
  return {
    hadoop,
    gates: gatesOf(source.gates, hadoop.configuration),
    nameNodes: nameNodesIn(hadoop.configuration),
    snapshot: createSnapshot(hadoop.policy, { cacheMax: CACHE_MAX, permissions }),
    groupsOf(user) {
      groups ??= createGroupService(readGroupMapping(hadoop.configuration, source.groups, { skipFailed }))
      return groups.groupsOf(user)
    },
  }
}
