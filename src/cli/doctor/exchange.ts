import { readExchanges } from '../../doctor/gather/exchange-text.ts'
import { NoVerdict } from '../no-verdict.ts'
import { answer, type DoctorOptions, readInput } from './answer.ts'
import { type ProposalOptions, propose } from './proposals.ts'

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
  await propose(answer(evidence, options), evidence, options)
}

function parse(text: string, file: string) {
  try {
    return readExchanges(text)
  } catch (error) {
    throw new NoVerdict(`${file}: ${error instanceof Error ? error.message : 'not readable'}`)
  }
}
