/** A package of npm in `deno.lock`. */
interface LockedPackage {
  /** `sha512-` and the sum in base64. */
  readonly integrity: string;
  /** Names, with their versions where the lock has several. */
  readonly dependencies?: readonly string[];
}

/** The parts of `deno.lock` that are read here. */
export interface Lock {
  /** Versions by what is imported, as `npm:zod@4.6.7`. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** By name and version. */
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** The facts of a bill of materials. */
export interface SbomParts {
  readonly version: string;
  /** Version of Deno. */
  readonly runtime: string;
  readonly lock: Lock;
  /** Packages that the program imports: names, with or without versions. */
  readonly imports: readonly string[];
}

/**
 * Returns the bill of materials in CycloneDX 1.6: the packages that the program
 * imports, those that they need, and the runtime. Packages of tests alone do not
 * ship, and are left out.
 */
export function sbomOf(
  { version, runtime, lock, imports }: SbomParts,
): Readonly<Record<string, unknown>> {
  const direct = imports.map((name) => keyOf(name, lock)).sort();
  const shipped = closureOf(direct, lock);
  const own = purlOf(`dunlin@${version}`);
  const deno = purlOf(`deno@${runtime}`);
  return {
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
    metadata: {
      component: {
        ...{ type: "application", name: "dunlin", version },
        ...{ "bom-ref": own, purl: own },
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components: [
      {
        ...{ type: "platform", name: "deno", version: runtime },
        ...{ "bom-ref": deno, purl: deno },
      },
      ...shipped.map((key) => componentOf(key, lock.npm[key])),
    ],
    dependencies: [
      { ref: own, dependsOn: [deno, ...direct.map(purlOf)] },
      ...shipped.map((key) => ({
        ref: purlOf(key),
        dependsOn: needsOf(key, lock).map(purlOf),
      })),
    ],
  };
}

/**
 * Returns the packages that the program imports, also lazily, as
 * `name@version`. `info` is what `deno info --json main.ts` prints.
 */
export function importsIn(info: string): string[] {
  const { modules } = JSON.parse(info) as {
    modules: readonly { readonly specifier: string }[];
  };
  const keys = modules.flatMap(({ specifier }) =>
    /^npm:\/?((?:@[^/]+\/)?[^/]+)/.exec(specifier)?.[1] ?? []
  );
  return [...new Set(keys)].sort();
}

function componentOf(key: string, { integrity }: LockedPackage) {
  const at = key.lastIndexOf("@");
  const name = key.slice(0, at);
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/")) : null;
  const purl = purlOf(key);
  const sum = Uint8Array.fromBase64(integrity.replace(/^sha512-/, ""));
  return {
    type: "library",
    ...(scope === null ? {} : { group: scope }),
    name: scope === null ? name : name.slice(scope.length + 1),
    version: key.slice(at + 1),
    ...{ "bom-ref": purl, purl },
    hashes: [{ alg: "SHA-512", content: sum.toHex() }],
  };
}

/** Returns the package URL of `name@version`. */
function purlOf(key: string): string {
  return `pkg:npm/${key.replace(/^@/, "%40")}`;
}

/** All packages that `keys` need, themselves included, in order. */
function closureOf(keys: readonly string[], lock: Lock): string[] {
  const found = new Set(keys);
  for (const key of found) {
    for (const needed of needsOf(key, lock)) found.add(needed);
  }
  return [...found].sort();
}

function needsOf(key: string, lock: Lock): string[] {
  return (lock.npm[key].dependencies ?? []).map((one) => keyOf(one, lock));
}

/** Returns `name@version` of a name, with or without a version. */
function keyOf(name: string, lock: Lock): string {
  if (name in lock.npm) return name;
  const imported = Object.entries(lock.specifiers).find(([specifier]) =>
    specifier.startsWith(`npm:${name}@`)
  );
  if (imported !== undefined) return `${name}@${imported[1]}`;
  const [key, ...others] = Object.keys(lock.npm).filter((one) =>
    one.startsWith(`${name}@`)
  );
  if (key === undefined || others.length > 0) {
    throw new Error(`deno.lock does not name one version of ${name}`);
  }
  return key;
}
