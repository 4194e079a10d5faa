import bcrypt from 'bcryptjs'
import pg from 'pg'

export const OLD_PASSWORD = 'a sentence of before'
export const ANN = { email: 'ann@example.com', login: 'ann', confirmed: true } as const
export const BOB = { email: 'bob@example.com', login: null, confirmed: false } as const

/** The people whom an application had before it had us. */
export async function insertPeople(url: string, table: string, hashColumn: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const hash = await bcrypt.hash(OLD_PASSWORD, 4)
    for (const { email, login, confirmed } of [ANN, BOB]) {
      await client.query(
        `INSERT INTO "${table}" (email, login, "${hashColumn}", confirmed) VALUES ($1, $2, $3, $4)`,
        [email, login, hash, confirmed],
      )
    }
  } finally {
    await client.end()
  }
}
