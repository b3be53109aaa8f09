import { AnswerCache } from './answer-cache.ts'
import type { Decision } from './request.ts'

/** The last decisions of one policy. */
export class DecisionCache extends AnswerCache<Decision> {
  get(key: string): Decision | undefined {
    return this.find(key)
  }

  set(key: string, decision: Decision): void {
    this.keep(key, decision)
  }
}
