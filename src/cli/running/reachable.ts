/** Returns an address to connect to, where `bind` stands for all of them. */
export function reachable(bind: string): string {
  return bind === "0.0.0.0" || bind === "::" ? "localhost" : bind;
}
