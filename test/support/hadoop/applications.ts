import { type Answer, ask } from './ask.ts'

const APPS = '/ws/v1/cluster/apps'
const HEADERS = { 'Content-Type': 'application/json' }

/** Answer of the ResourceManager at `base` about one application. */
export const application = (base: string, id: string, user: string): Promise<Answer> =>
  ask(base, 'GET', `${APPS}/${id}?user.name=${user}`)

/** A field of that answer, such as `user` or `state`; undefined where it has none. */
export const fieldOf = (answer: Answer, name: string): string | undefined =>
  new RegExp(`"${name}":"([^"]*)"`).exec(answer.text)?.[1]

/** Asks for the id of a new application. Errors: it was refused. */
export async function newApplication(base: string, user: string): Promise<string> {
  const answer = await ask(base, 'POST', `${APPS}/new-application?user.name=${user}`)
  const id = fieldOf(answer, 'application-id')
  if (id === undefined) throw new Error(`no application id: ${answer.status} ${answer.text}`)
  return id
}

/** Submits the smallest application there is: it sleeps, and no application master ever registers. */
export const submit = (
  base: string,
  id: string,
  user: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  ask(base, 'POST', `${APPS}?user.name=${user}`, {
    headers: { ...HEADERS, ...headers },
    body: JSON.stringify({
      'application-id': id,
      'application-name': 'keddah',
      queue: 'default',
      'max-app-attempts': 1,
      'am-container-spec': { commands: { command: 'sleep 60' } },
      resource: { memory: 64, vCores: 1 },
      'application-type': 'TEST',
    }),
  })

/** Asks to kill an application: 202, or 200 once it is dead. */
export const kill = (base: string, id: string, user: string): Promise<Answer> =>
  ask(base, 'PUT', `${APPS}/${id}/state?user.name=${user}`, { headers: HEADERS, body: '{"state":"KILLED"}' })
