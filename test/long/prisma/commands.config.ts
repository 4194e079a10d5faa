import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum, type Query, type SqlDriverAdapter } from '@prisma/driver-adapter-utils'

const TEXT = 25
/** Types of the tables in which PostgreSQL describes itself. The driver knows none of them (prisma/prisma#27403). */
const OF_CATALOG = new Map([
  [18, ColumnTypeEnum.Character],
  [19, ColumnTypeEnum.Text],
  [1003, ColumnTypeEnum.TextArray],
])

class CatalogPg extends PrismaPg {
  override async connect() {
    return readCatalog(await super.connect())
  }
  override async connectToShadowDb() {
    return readCatalog(await super.connectToShadowDb())
  }
}

function readCatalog(adapter: SqlDriverAdapter): SqlDriverAdapter {
  const { performIO, queryRaw } = adapter
  adapter.queryRaw = async (query: Query) => {
    const result = await performIO.call(adapter, query)
    const types = result.fields.map(({ dataTypeID }) => OF_CATALOG.get(dataTypeID))
    const fields = result.fields.map((field, index) =>
      types[index] === undefined ? field : { ...field, dataTypeID: TEXT },
    )
    const known = async () => ({ ...result, rows: result.rows, fields })
    const answer = await queryRaw.call(Object.create(adapter, { performIO: { value: known } }), query)
    return { ...answer, columnTypes: answer.columnTypes.map((type, index) => types[index] ?? type) }
  }
  return adapter
}

/** Of Prisma 6: its schema engine as WebAssembly, over a driver in JavaScript, so that no program is downloaded. */
export default {
  engine: 'js',
  experimental: { adapter: true },
  schema: 'commands.prisma',
  migrations: { path: 'migrations' },
  adapter: async () => new CatalogPg({ connectionString: process.env.DATABASE_URL }),
}
