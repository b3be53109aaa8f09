import type { Area } from './area.ts'
export const serviceAuthorization: Area = () => {
  throw new Error('not yet')
}
