import { ALLOWED, type DemoFiles, WITHOUT_ALICE } from './demo-files.ts'
import { curlLine, type DemoRequests } from './demo-requests.ts'

/** What the demo tells when it is ready. */
export function demoText(
  adminUrl: string,
  services: ReadonlyMap<string, string>,
  files: DemoFiles,
  { first, afterEdit }: DemoRequests,
): string {
  const places: [string, string][] = [
    ...services,
    ['admin', `${adminUrl}  (/metrics, /readyz, /admin/v1/policy)`],
    ['policy folder', files.policyDir],
    ['settings', files.configFile],
    ['audit', files.auditFile],
    ['log', files.logFile],
  ]
  const width = Math.max(...places.map(([name]) => name.length))
  const edit = `sed -i 's/<value>${ALLOWED}</<value>${WITHOUT_ALICE}</' ${files.policyFile}`
  const why = `keddah check --hadoop-conf ${files.policyDir} --user mallory --kind namenode --url GET '/webhdfs/v1/?op=LISTSTATUS'`
  return `\
A sandbox NameNode, ResourceManager and DataNode are running, with Keddah in front of each.

${places.map(([name, place]) => `  ${name.padEnd(width)}  ${place}`).join('\n')}

Requests to try:

${first.map((request) => `  # ${request.title}\n  ${curlLine(request)}\n`).join('\n')}
Change the policy; the folder is watched, so the next request is decided by the new one:

  ${edit}
  # ${afterEdit.title}
  ${curlLine(afterEdit)}

Ask why:

  ${why.replace('keddah', 'npm run -s keddah --')}

Ctrl-C ends it and removes the folder.
`
}
