import { gzipSync } from "node:zlib";
import { completion } from "../../src/cli/completion/completion.ts";
import { SHELLS } from "../../src/cli/completion/completion_program.ts";
import { type Commands, programOf } from "../../src/cli/program.ts";
import { VERSION } from "../../src/config/mod.ts";
import { manPages } from "../man/main.ts";

/** A file of the package. */
export interface PackagedFile {
  /** Where it will be, without the first slash. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** 0644 where it is left out. */
  readonly mode?: number;
}

/** What the package depends on, beside the sources. */
export interface ContentParts {
  readonly program: Uint8Array;
  /** When the sources were last changed. */
  readonly date: Date;
  /** Name and address of the maintainer. */
  readonly maintainer: string;
}

/** Files that dpkg keeps as the administrator has changed them. */
export const CONFFILES: readonly string[] = [
  "etc/dunlin/dunlin.toml",
  "etc/logrotate.d/dunlin",
];

/** The version in Debian's form: that of the program, then of the package. */
export const PACKAGE_VERSION = `${VERSION.replace("-", "~")}-1`;

const root = new URL("../../", import.meta.url);

function text(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

/** Returns all files of the package. */
export function contentsOf(
  { program, date, maintainer }: ContentParts,
): PackagedFile[] {
  const doc = "usr/share/doc/dunlin";
  return [
    { path: "usr/bin/dunlin", content: program, mode: 0o755 },
    { path: CONFFILES[0], content: text("packaging/deb/dunlin.toml") },
    { path: CONFFILES[1], content: text("packaging/deb/logrotate") },
    {
      path: "usr/lib/systemd/system/dunlin.service",
      content: text("packaging/systemd/dunlin.service"),
    },
    {
      path: "usr/lib/sysusers.d/dunlin.conf",
      content: text("packaging/systemd/sysusers.conf"),
    },
    { path: `${doc}/copyright`, content: copyright() },
    {
      path: `${doc}/changelog.Debian.gz`,
      content: packed(changelog(date, maintainer)),
    },
    { path: `${doc}/changelog.gz`, content: packed(text("CHANGELOG.md")) },
    {
      path: `${doc}/examples/dunlin.toml`,
      content: text("config.example.toml"),
    },
    { path: `${doc}/dunlin.schema.json`, content: text("dunlin.schema.json") },
    {
      path: "usr/share/lintian/overrides/dunlin",
      content: text("packaging/deb/lintian-overrides"),
    },
    ...pages(date),
    ...completions(),
  ];
}

function packed(content: string): Uint8Array {
  return gzipSync(content, { level: 9 });
}

function pages(date: Date): PackagedFile[] {
  return Object.entries(manPages(date.toISOString().slice(0, 10)))
    .map(([name, page]) => ({
      path: `usr/share/man/man${name.at(-1)}/${name}.gz`,
      content: packed(page),
    }));
}

const completionPaths = {
  bash: "usr/share/bash-completion/completions/dunlin",
  zsh: "usr/share/zsh/vendor-completions/_dunlin",
  fish: "usr/share/fish/vendor_completions.d/dunlin.fish",
};

function completions(): PackagedFile[] {
  return SHELLS.map((shell) => {
    let content = "";
    const output = { out: (one: string) => void (content += one), err() {} };
    const program = programOf({} as Commands, output, () => {});
    completion(shell, program, output);
    return { path: completionPaths[shell], content };
  });
}

/** The licence, indented as the format wants it. */
function copyright(): string {
  const [, , owner, , ...lines] = text("LICENSE").trim().split("\n");
  const terms = lines.map((line) => line === "" ? " ." : ` ${line}`);
  return text("packaging/deb/copyright")
    .replaceAll("@COPYRIGHT@", owner.replace("Copyright (c) ", ""))
    .replace("@LICENSE@", terms.join("\n"));
}

/** Returns the changes of the package itself; those of Dunlin are beside it. */
function changelog(date: Date, maintainer: string): string {
  const when = date.toUTCString().replace(/GMT$/, "+0000");
  return `dunlin (${PACKAGE_VERSION}) unstable; urgency=medium

  * Dunlin ${VERSION}; /usr/share/doc/dunlin/changelog.gz has its changes.

 -- ${maintainer}  ${when}
`;
}
