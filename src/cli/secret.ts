import { systemRandom } from '../base/random.ts'
import { newSecretKey } from '../config/secret-key.ts'
import { type OutputOptions, print, printJson } from './output.ts'

export function secretCommand({ json }: OutputOptions): void {
  const secret = newSecretKey(systemRandom)
  if (json) printJson({ secret })
  else print(secret)
}
