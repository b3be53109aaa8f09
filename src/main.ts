#!/usr/bin/env node
import { outputTo } from './cli/output.ts'
import { run } from './cli/run.ts'

const { argv, env, execArgv, stderr, stdin, stdout } = process
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
