import type { Exchange } from '../../doctor/evidence.ts'
import { exchangeInQuestion } from '../../doctor/facts.ts'
import { readExchanges } from '../../doctor/gather/exchange-text.ts'
import { header } from '../../doctor/http-facts.ts'
import { NoVerdict } from '../no-verdict.ts'
import { answer, type DoctorOptions, readInput } from './answer.ts'
import type { ProposalOptions } from './proposals.ts'

export interface ExchangeOptions extends DoctorOptions, ProposalOptions {
  /** A second file: the same call as the service received it. */
  readonly received?: string
  readonly audience?: string
  readonly issuer?: string
}

/** A call as it was seen, compared with what arrived where that was seen too. */
export async function exchangeCommand(file: string, options: ExchangeOptions): Promise<void> {
  const [first, ...others] = parse(await readInput(file), file)
  const received =
    options.received === undefined ? undefined : parse(await readInput(options.received), options.received)[0]
  const arrived = received?.as_received ?? received?.as_sent
  const { issuer, audience } = options
  const config = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) }
  const evidence = {
    exchanges: [
      {
        ...first,
        ...(arrived !== undefined && { as_received: arrived }),
        ...(received?.response !== undefined && { response: received.response }),
      },
      ...others,
    ],
    ...(Object.keys(config).length > 0 && { config }),
  }
  const now = options.now ?? timeOf(evidence.exchanges)
  answer(evidence, { ...options, ...(now !== undefined && { now }) })
}

/** When the call was made, by the service's own answer: a record is looked at later, and nothing in it is late by that. */
function timeOf(exchanges: readonly Exchange[]): string | undefined {
  const { response } = exchangeInQuestion(exchanges) ?? {}
  const seconds = Date.parse(header(response, 'date') ?? '') / 1000
  const age = Number(header(response, 'age') ?? 0)
  return seconds + age > 0 ? String(seconds + age) : undefined
}

function parse(text: string, file: string) {
  try {
    return readExchanges(text)
  } catch (error) {
    throw new NoVerdict(`${file}: ${error instanceof Error ? error.message : 'not readable'}`)
  }
}
