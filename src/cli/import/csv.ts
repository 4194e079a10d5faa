/** The records of a CSV text (RFC 4180), one line at a time: a quoted field may hold commas, quotes and line ends. */
export function createCsvReader(): {
  /** Takes a line; the record that it ends, or undefined where a quoted field goes on. */
  read(line: string): readonly string[] | undefined
} {
  let fields: string[] = []
  let field = ''
  let isQuoted = false
  return {
    read(line) {
      const text = isQuoted ? `\n${line}` : line
      for (let at = 0; at < text.length; at++) {
        const character = text[at] ?? ''
        if (isQuoted) {
          if (character !== '"') field += character
          else if (text[at + 1] === '"') {
            field += '"'
            at += 1
          } else isQuoted = false
        } else if (character === '"' && field === '') isQuoted = true
        else if (character === ',') {
          fields.push(field)
          field = ''
        } else field += character
      }
      if (isQuoted) return undefined
      const record = [...fields, field]
      fields = []
      field = ''
      return record
    },
  }
}
