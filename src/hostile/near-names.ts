/**
 * Names that are not this one but that a careless comparison takes for it: beginnings, longer names, other case,
 * wildcards.
 */
export function nearNames(name: string): readonly string[] {
  const [area = name] = name.split(/[:.]/)
  const near = [
    name.slice(0, -1),
    `${name}x`,
    `x${name}`,
    `${name}:all`,
    name.toUpperCase() === name ? name.toLowerCase() : name.toUpperCase(),
    `${area}:*`,
    area,
    '*',
    `${name},${name}`,
  ]
  return [...new Set(near)].filter((other) => other !== name && other !== '')
}
