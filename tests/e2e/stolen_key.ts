import {
  derOf,
  type Made,
  openssl,
  type Workshop,
} from "../support/workshop.ts";

/** Bytes of a point on P-256, uncompressed. */
const POINT = 65;

/**
 * What a thief would show: the certificate of `victim` with the key of `thief`.
 * The key names the victim's public key as its own, else no client would take
 * the two together.
 */
export async function stolen(
  workshop: Workshop,
  victim: Made,
  thief: Made,
): Promise<Made> {
  const bytes = async (key: string) => {
    const path = workshop.path("sec1.key");
    await openssl(["ec", "-in", key, "-out", path]);
    return await derOf(path);
  };
  const forged = await bytes(thief.key);
  const point = (await bytes(victim.key)).slice(-POINT);
  forged.set(point, forged.length - POINT);
  const key = workshop.path("stolen.key");
  const lines = forged.toBase64().match(/.{1,64}/g)!.join("\n");
  await Deno.writeTextFile(
    key,
    `-----BEGIN EC PRIVATE KEY-----\n${lines}\n-----END EC PRIVATE KEY-----\n`,
  );
  return { cert: victim.cert, key };
}
