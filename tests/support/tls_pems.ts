import { CLIENT, SERVER, Workshop } from "./workshop.ts";

/** PEM texts for tests of TLS: an authority, a server and a client of it. */
export interface TlsPems {
  readonly ca: string;
  readonly server: Pem;
  readonly client: Pem;
  /** A client that no authority knows. */
  readonly stranger: Pem;
}

/** A certificate and its key. */
export interface Pem {
  readonly cert: string;
  readonly key: string;
}

/** Makes them; nothing is left on the disk. */
export async function makeTlsPems(): Promise<TlsPems> {
  await using shop = await Workshop.open();
  const authority = await shop.authority("test-ca");
  const read = async ({ cert, key }: Pem) => ({
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  });
  return {
    ca: await Deno.readTextFile(authority.files.cert),
    server: await read(
      await authority.issue("localhost", { extensions: SERVER }),
    ),
    client: await read(await authority.issue("client", { extensions: CLIENT })),
    stranger: await read(
      await shop.selfSigned("stranger", { extensions: CLIENT }),
    ),
  };
}
