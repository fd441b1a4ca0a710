/** Opens `url` in the user's browser; resolves to whether that is possible. */
export async function browse(url: string): Promise<boolean> {
  const program = programFor(Deno.build.os, Deno.env.toObject());
  if (program === null) return false;
  const [command, ...args] = program;
  try {
    const { success } = await new Deno.Command(command, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** Returns the program that opens an address; null where no screen is. */
export function programFor(
  system: typeof Deno.build.os,
  { DISPLAY, WAYLAND_DISPLAY }: Readonly<Record<string, string | undefined>>,
): readonly string[] | null {
  switch (system) {
    case "darwin":
      return ["open"];
    case "windows":
      return ["rundll32", "url.dll,FileProtocolHandler"];
  }
  return DISPLAY || WAYLAND_DISPLAY ? ["xdg-open"] : null;
}
