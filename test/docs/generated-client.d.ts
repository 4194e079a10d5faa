// As much of what `prisma generate` writes as the pages use; test/long compiles them with what it really writes.
import type { PrismaPg } from '@prisma/adapter-pg'

interface Person {
  readonly email: string
  readonly login: string | null
  readonly passwordHash: string
  readonly confirmed: boolean
}

interface Tables {
  readonly person: { findFirst(query: { where: { OR: Partial<Person>[] } }): Promise<Person | null> }
  readonly shop: { create(row: { data: { owner: string; name: string } }): Promise<unknown> }
  $queryRaw<Rows>(text: TemplateStringsArray, ...values: unknown[]): Promise<Rows>
}

export declare class PrismaClient {
  constructor(options: { adapter: PrismaPg })
  readonly person: Tables['person']
  readonly shop: Tables['shop']
  $transaction<Value>(
    work: (tx: Tables) => Promise<Value>,
    options: { maxWait: number; timeout: number },
  ): Promise<Value>
}
