import type { Refusal } from '../errors/refusal.ts'

/** The part of the OpenTelemetry API that is used; the package is an optional peer. */
interface OpenTelemetryApi {
  readonly metrics: {
    getMeter(name: string): {
      createCounter(
        name: string,
        options: { readonly description: string },
      ): { add(value: number, attributes: Readonly<Record<string, string>>): void }
    }
  }
}

/** Counts refusals where the application has the OpenTelemetry API; does nothing where it has not. */
export type CountRefusal = (refusal: Refusal) => void

/** Looks for the API once. Never rejects: without it there is nothing to do. */
export async function connectOpenTelemetry(
  load: () => Promise<unknown> = () => import('@opentelemetry/api' as string),
): Promise<CountRefusal | undefined> {
  try {
    const { metrics } = (await load()) as OpenTelemetryApi
    const counter = metrics.getMeter('countersign').createCounter('countersign.refusals', {
      description: 'Refused requests by cause.',
    })
    return ({ code, clientCode }) => counter.add(1, { code, client_code: clientCode })
  } catch {
    return undefined
  }
}
