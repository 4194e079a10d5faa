import type { Refusal } from '../errors/refusal.ts'

/** The part of the OpenTelemetry API that is used; the package is an optional peer. */
interface OpenTelemetryApi {
  readonly metrics: {
    getMeter(name: string): {
      createCounter(
        name: string,
        options: { readonly description: string },
      ): { add(value: number, attributes: Attributes): void }
    }
  }
  readonly trace: {
    getActiveSpan(): { setAttributes(attributes: Attributes): unknown } | undefined
  }
}

type Attributes = Readonly<Record<string, string>>

/** Counts a refusal, and writes its cause and reference on the span of its request, if there is one. Never throws. */
export type NoteRefusal = (refusal: Refusal, reference: string) => void

/** Looks for the API once. Never rejects: without it there is nothing to do. */
export async function connectOpenTelemetry(
  load: () => Promise<unknown> = () => import('@opentelemetry/api' as string),
): Promise<NoteRefusal | undefined> {
  try {
    const { metrics, trace } = (await load()) as OpenTelemetryApi
    const counter = metrics.getMeter('countersign').createCounter('countersign.refusals', {
      description: 'Refused requests by cause.',
    })
    return ({ code, clientCode }, reference) => {
      counter.add(1, { code, client_code: clientCode })
      trace.getActiveSpan()?.setAttributes({ 'countersign.code': code, 'countersign.reference': reference })
    }
  } catch {
    return undefined
  }
}
