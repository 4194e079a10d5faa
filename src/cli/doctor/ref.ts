import { redact } from '../../doctor/redact.ts'
import { diagnoseRefusal } from '../../doctor/refusal-finding.ts'
import { isPlainName } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'
import { withAuth } from '../with-auth.ts'
import { type DoctorOptions, nowOf, tell } from './answer.ts'

/** What was behind the reference that a client was given. Works on the database that is configured here. */
export async function refCommand(reference: string, options: DoctorOptions): Promise<void> {
  await withAuth(async (auth) => {
    const record = await auth.refusals.find(reference.trim())
    if (record === undefined) {
      throw new NoVerdict(
        `Nothing is known of ${isPlainName(reference) ? reference : 'that'}: older than the newest 20,000 refusals, of another issuer, or one of too many in a flood. The log line under it names the cause.`,
      )
    }
    tell(redact(diagnoseRefusal(record, await auth.refusals.contextOf(record), nowOf(options)), {}), options)
  })
}
