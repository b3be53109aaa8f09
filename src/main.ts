#!/usr/bin/env node
import { holdHangups } from './cli/hangups.ts'

const { argv, env, execArgv, stderr, stdin, stdout } = process
// Only what runs on outlives a SIGHUP; every other command ends with its terminal.
if (argv[2] === 'serve') holdHangups()
// Everything else is read in behind that: it takes long enough for a reload to be asked for meanwhile.
const { outputTo } = await import('./cli/output.ts')
const { run } = await import('./cli/run.ts')

const environment = new Map(
  Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
)

const code = await run(argv.slice(2), {
  stdin,
  stdout: outputTo(stdout),
  stderr: outputTo(stderr),
  environment,
  nodeOptions: [...execArgv, ...(environment.get('NODE_OPTIONS') ?? '').split(/\s+/).filter(Boolean)],
})
// What is still open, such as a stdin that nobody ends, must not hold the process.
process.exit(code)
