/**
 * JSON that strangers wrote, to be looked at and put into sentences. Members called `toString` and `valueOf` are left out:
 * what holds one that is no function cannot be made a text. Throws an Error that quotes nothing of the text, which may be
 * a credential; the error of `JSON.parse` quotes what stands around the fault.
 */
export function parseForeignJson(text: string): unknown {
  try {
    return JSON.parse(text, (name, value) => (name === 'toString' || name === 'valueOf' ? undefined : value))
  } catch {
    throw new Error('It is no JSON, or was cut short.')
  }
}
