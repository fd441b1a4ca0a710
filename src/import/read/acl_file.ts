/** One rule of an access control list of Mosquitto. */
export interface AclLine {
  /** From 1. */
  readonly number: number;
  /** Clients of the rule: one user, anonymous clients, or all clients. */
  readonly who: { readonly user: string } | "anonymous" | "everybody";
  readonly access: "read" | "write" | "readwrite" | "deny";
  /** With `%u` and `%c` where it is everybody's. */
  readonly topic: string;
}

/** Content of an access control list. */
export interface AclFile {
  /** As Mosquitto looks at them: what denies before what allows. */
  readonly rules: readonly AclLine[];
  /** Lines that Mosquitto would have refused, from 1. */
  readonly misread: readonly number[];
}

const ACCESS = ["read", "write", "readwrite", "deny"] as const;

/** Reads the text of an access control list. */
export function parseAclFile(text: string): AclFile {
  const rules: AclLine[] = [];
  const misread: number[] = [];
  let who: AclLine["who"] = "anonymous";
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const [, keyword, rest] = /^(\S+)\s*(.*)$/.exec(line)!;
    if (keyword === "user" && rest !== "") who = { user: rest };
    else if ((keyword === "topic" || keyword === "pattern") && rest !== "") {
      const word = rest.split(/\s/, 1)[0];
      const access = ACCESS.find((one) => one === word && one !== rest);
      rules.push({
        number: index + 1,
        who: keyword === "pattern" ? "everybody" : who,
        access: access ?? "readwrite",
        topic: access === undefined ? rest : rest.slice(word.length).trim(),
      });
    } else misread.push(index + 1);
  });
  // A client's own rules come before those for everybody.
  const rank = ({ who, access }: AclLine) =>
    (who === "everybody" ? 2 : 0) + (access === "deny" ? 0 : 1);
  return { rules: rules.sort((a, b) => rank(a) - rank(b)), misread };
}
