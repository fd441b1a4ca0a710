import { CLIENT, type Made, SERVER } from "../../support/workshop.ts";
import type { LoginPlace, LoginTable } from "./table.ts";

function shows(name: string, more: { username?: string; password?: string }) {
  return ({ made }: LoginPlace) => ({
    ...more,
    certificate: made[name] as Made,
  });
}

/** Clients of certificates that give the user name. */
export const clientCertificate: LoginTable = {
  type: "client-certificate",
  async prepare(workshop) {
    const authority = await workshop.authority("ca");
    const server = await authority.issue("server", {
      extensions: [...SERVER],
    });
    const friend = await authority.issue("friend", { extensions: CLIENT });
    const { cert: ca } = authority.files;
    const text = JSON.stringify;
    return {
      auth: "",
      ca,
      made: { friend },
      listener: `
type = "tls"
cert = ${text(server.cert)}
key = ${text(server.key)}
ca = [${text(ca)}]
client_certificates = "optional"
username_from = "cn"
`,
    };
  },
  cells: [
    {
      kind: "right",
      name: "certificate",
      login: shows("friend", {}),
      code: 0,
    },
    {
      kind: "right",
      name: "certificate, whatever else is said",
      login: shows("friend", { username: "admin", password: "x" }),
      code: 0,
    },
    { kind: "absent", name: "certificate", login: {}, code: 0x87 },
    {
      kind: "wrong",
      name: "certificate missing, its name given",
      login: { username: "friend" },
      code: 0x86,
    },
  ],
};
