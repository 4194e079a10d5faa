/** A package that only some set-ups need, and this one does, is not installed. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError'

  constructor(name: string, neededFor: string) {
    super(`${neededFor} needs the package \`${name}\`, which is not installed: npm install ${name}`)
  }
}

/** Loads an optional package. Rejects with a MissingPackageError that says what to do where it is not installed. */
export async function loadOptional<Module>(
  name: string,
  neededFor: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    // A package of its own that is missing would carry another name in the message.
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (missing && error.message.includes(`'${name}'`)) throw new MissingPackageError(name, neededFor)
    throw error
  }
}
