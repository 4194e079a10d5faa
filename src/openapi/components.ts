import { z } from 'zod'

export type JsonObject = Readonly<Record<string, unknown>>

/** A schema as it goes in, or as it comes out: defaults and transforms make the two differ. */
export type Direction = 'input' | 'output'

/** The parts of a description that are written once and referred to. */
export interface Components {
  /** The JSON schema of a Zod schema. Those with an id become components; what comes back refers to them. */
  schema(schema: z.ZodType, direction: Direction): JsonObject
  /** Shares a schema under this name. Throws a TypeError if another one has it. */
  shareSchema(name: string, schema: JsonObject): JsonObject
  /** Shares a response. The name is a wish: another response that has it already keeps it. */
  shareResponse(name: string, response: JsonObject): JsonObject
  readonly schemas: ReadonlyMap<string, JsonObject>
  readonly responses: ReadonlyMap<string, JsonObject>
}

export function createComponents(): Components {
  const schemas = new Map<string, JsonObject>()
  const responses = new Map<string, JsonObject>()

  const shareSchema = (name: string, schema: JsonObject): JsonObject => {
    const there = schemas.get(name)
    if (there !== undefined && !sameJson(there, schema)) {
      throw new TypeError(`two schemas of the API description have the id ${name}`)
    }
    schemas.set(name, schema)
    return { $ref: `#/components/schemas/${name}` }
  }

  return {
    schemas,
    responses,
    shareSchema,
    shareResponse(name, response) {
      let free = name
      for (let count = 2; ; count += 1) {
        const there = responses.get(free)
        if (there === undefined || sameJson(there, response)) break
        free = `${name}${count}`
      }
      responses.set(free, response)
      return { $ref: `#/components/responses/${free}` }
    },
    schema(schema, direction) {
      const { $schema: _, $defs = {}, ...root } = toJsonSchema(schema, direction)
      for (const [name, definition] of Object.entries($defs)) {
        shareSchema(name, relocate(definition, '#/$defs/', '#/components/schemas/'))
      }
      return relocate(root, '#/$defs/', '#/components/schemas/')
    },
  }
}

function toJsonSchema(schema: z.ZodType, direction: Direction) {
  return z.toJSONSchema(schema, {
    io: direction,
    unrepresentable: 'any',
    override({ zodSchema: { _zod }, jsonSchema }) {
      // The format says it; the pattern that stands for it is longer than the rest of the schema.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      // What a record and a whole number are anyway.
      if (_zod.def.type === 'record') delete jsonSchema.propertyNames
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // An answer may gain members; a client that refuses unknown ones would break.
      const { def } = _zod
      if (direction === 'output' && def.type === 'object' && !('catchall' in def && def.catchall)) {
        delete jsonSchema.additionalProperties
      }
    },
  })
}

/** A copy of a schema whose references begin elsewhere. */
export function relocate(schema: object, from: string, to: string): JsonObject {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && value.startsWith(from)
      ? to + value.slice(from.length)
      : value,
  )
}

function sameJson(one: JsonObject, other: JsonObject): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
