/**
 * Calls `reload` at each SIGHUP, by which the process would else end. Windows
 * knows the signal, but only for a console that is closed: there it is left.
 */
export function onReloadSignal(reload: () => void): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGHUP", reload);
}
