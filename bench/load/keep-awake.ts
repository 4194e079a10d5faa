/**
 * A client that sleeps between answers has to be woken by the server, which on a virtual machine costs it more than the
 * answer does, and only where it is not fast enough to keep the client busy: what is compared would be something else.
 */
export function keepAwake(goesOn: () => boolean): void {
  setImmediate(() => {
    if (goesOn()) keepAwake(goesOn)
  })
}
