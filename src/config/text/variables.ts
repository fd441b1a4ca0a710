/**
 * Returns whether an environment variable of this name holds a setting:
 * `DUNLIN_A__B` is `a.b`. Only names with `__` count: a container platform
 * makes up names like `DUNLIN_PORT` on its own. See `nearVariables` for the
 * others.
 */
export function isSettingVariable(name: string): boolean {
  return name.startsWith("DUNLIN_") && name.includes("__");
}
