/** Of Prisma 7, which generates the client here and connects to nothing. */
export default { schema: 'schema.prisma' }
