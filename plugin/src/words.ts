/** Options as words of a command line. */

/** One word, so that a value that begins with a dash stays a value; none when it was left out. */
export function option(name: string, value: string | number | null | undefined): string[] {
  return value === undefined || value === null ? [] : [`${name}=${value}`];
}

export function options(name: string, values: readonly string[] = []): string[] {
  return values.flatMap((value) => option(name, value));
}
