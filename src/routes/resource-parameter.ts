import { badParameter, type QueryParameter } from './query.ts'
import { meansParameter } from './reserved.ts'

/**
 * The value of a parameter that says what a request does to which resource; null where it is not given.
 *
 * Shape: `isExact`: the daemon knows the name in one spelling, and would not see it in another one.
 * Errors: `ERR_HTTP_PARAMETER` (`ambiguous_parameter`) where it comes twice, or in a spelling that one reader takes for it
 * and another one does not: the NameNode lower-cases names, HttpFS and DataNodes compare them.
 * Source: org.apache.hadoop.hdfs.web.ParamFilter.
 */
export function resourceParameter(
  parameters: readonly QueryParameter[],
  name: string,
  isExact: boolean,
): string | null {
  let found: string | null = null
  for (const parameter of parameters) {
    const meaning = meansParameter(parameter.name, name)
    if (meaning === null) continue
    if (meaning === 'doubtful' || (isExact && parameter.name !== name))
      throw badParameter('ambiguous_parameter', `a parameter looks like \`${name}\` and is spelled otherwise`)
    if (found !== null) throw badParameter('ambiguous_parameter', `\`${name}\` is given more than once`)
    found = parameter.value
  }
  return found
}
