import { X509Certificate } from "node:crypto";

/**
 * Returns whether Mosquitto sends something of `cafile` to clients: OpenSSL
 * completes a chain from there that `certfile` leaves unfinished. A root is not
 * counted, as clients have it themselves. False when one of the files cannot be
 * read: the start tells that.
 */
export async function isSentAlong(
  cafile: string,
  certfile: string,
): Promise<boolean> {
  try {
    const last = (await certificatesOf(certfile)).at(-1);
    if (last === undefined || last.checkIssued(last)) return false;
    const above = await certificatesOf(cafile);
    return above.some((one) => last.checkIssued(one) && !one.checkIssued(one));
  } catch {
    return false;
  }
}

async function certificatesOf(path: string): Promise<X509Certificate[]> {
  const text = await Deno.readTextFile(path);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END/g) ?? [];
  return blocks.map((block) =>
    new X509Certificate(`${block} CERTIFICATE-----\n`)
  );
}
