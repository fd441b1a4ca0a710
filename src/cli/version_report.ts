import { VERSION } from "../config/mod.ts";

/** The record that `tools/build.ts` writes beside the chunks. */
interface BuildRecord {
  readonly commit: string;
  readonly kind: "bundle" | "executable";
}

/**
 * Returns the answer to `--version --verbose`: version, commit, runtime, and
 * whether the program runs as sources, as a bundle, or as an executable.
 */
export async function versionReport(): Promise<string> {
  const { commit, kind } = await readBuild();
  const { deno, v8 } = Deno.version;
  return `dunlin ${VERSION}
commit   ${commit}
runtime  Deno ${deno}, V8 ${v8}, ${Deno.build.target}
kind     ${kind}
`;
}

async function readBuild(): Promise<
  BuildRecord | { readonly commit: string; readonly kind: "sources" }
> {
  try {
    const url = new URL("./build.json", import.meta.url);
    return JSON.parse(await Deno.readTextFile(url));
  } catch (error) {
    // The sources have no such file.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { commit: "not recorded", kind: "sources" };
  }
}
